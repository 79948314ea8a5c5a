#pragma once
// The simulator's rehearsal, as the engine's tests use it: a breach of an invariant fails the test.

#include "rules.hpp"
#include "sim/rehearsal.hpp"

namespace heald::rehearsal {

using sim::Answer;
using sim::Course;
using sim::digest_of;
using sim::exit_with;
using sim::killed_by;
using sim::Ordered;
using sim::Patient;
using sim::Taken;

class Rehearsal : public sim::Rehearsal {
 public:
  explicit Rehearsal(Policy policy, std::uint64_t seed = 7);
};

}  // namespace heald::rehearsal
