#pragma once
// Random fault scripts, of every kind of fault.

#include <vector>

#include "chance.hpp"
#include "estate.hpp"
#include "sim/scenario.hpp"

namespace heald::campaign {

/// A scenario over these rules, whole: the seed decides everything else.
[[nodiscard]] sim::Scenario random_scenario(std::uint64_t seed, Rules rules);
[[nodiscard]] sim::Scenario random_scenario(std::uint64_t seed);

}  // namespace heald::campaign
