#pragma once
// Small rules out of a fuzzer's bytes.

#include "fuzz/input.hpp"
#include "heald/policy.hpp"

namespace heald::fuzz {

/// Up to four services `a` to `d` in the groups `all` and `pair`, which may depend on the ones
/// before; every kind of rung, of runtime and of limit occurs.
[[nodiscard]] Policy small_rules(Input& input);

}  // namespace heald::fuzz
