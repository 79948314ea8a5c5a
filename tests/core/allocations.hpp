#pragma once
// How often this binary has asked for memory.

#include <cstddef>

namespace heald::rehearsal {

/// Allocations by `new` so far, on any thread.
[[nodiscard]] std::size_t allocations();

}  // namespace heald::rehearsal
