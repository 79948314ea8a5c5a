#pragma once
// Broken invariants.

#include <source_location>

namespace heald::detail {
[[noreturn]] void assertion_failed(const char* condition, std::source_location where);
}  // namespace heald::detail

/// Stops the program when the invariant does not hold, in release builds too: a supervisor in an
/// unknown state must not act, and the journal brings it back. Never for input or for faults.
#define HEALD_ASSERT(condition) \
  ((condition) ? void()         \
               : heald::detail::assertion_failed(#condition, std::source_location::current()))
