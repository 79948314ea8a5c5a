#pragma once
// Waiting for what nothing announces.

#include <poll.h>

#include <chrono>

namespace heald::test {

/// Looks until it holds; false after a time that only a defect reaches.
template <class Holds>
[[nodiscard]] bool eventually(const Holds& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

}  // namespace heald::test
