#include "rehearsal.hpp"

#include <catch2/catch.hpp>
#include <utility>

namespace heald::rehearsal {

Rehearsal::Rehearsal(Policy policy, std::uint64_t seed)
    : sim::Rehearsal(std::make_shared<const Policy>(std::move(policy)), seed,
                     [](const std::string& breach) { FAIL_CHECK(breach); }) {}

}  // namespace heald::rehearsal
