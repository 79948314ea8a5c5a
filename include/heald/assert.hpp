#pragma once
// Broken invariants.

namespace heald::detail {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);
}  // namespace heald::detail

/// Stops the program when the invariant does not hold, in release builds too: a supervisor in an
/// unknown state must not act, and the journal brings it back. Never for input or for faults.
/// (A macro for the text of the condition; clang 14 knows no std::source_location.)
#define HEALD_ASSERT(condition) \
  ((condition) ? void() : heald::detail::assertion_failed(#condition, __FILE__, __LINE__))
