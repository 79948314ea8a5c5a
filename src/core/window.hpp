#pragma once
// Sliding windows of instants: budgets, crash loops, storms.

#include <cstddef>
#include <vector>

#include "heald/time.hpp"

namespace heald {

/// Drops what lies `span` or longer before `now`. `window` is in the order of time.
void prune(std::vector<Instant>& window, Duration span, Instant now);

/// How many lie less than `span` before `now`.
[[nodiscard]] std::size_t count_within(const std::vector<Instant>& window, Duration span,
                                       Instant now);

/// When there is room for one more under `limit` in any window of `span`; `now` or earlier: at
/// once. With a limit of 0: `never`.
[[nodiscard]] Instant room_at(const std::vector<Instant>& window, std::size_t limit, Duration span,
                              Instant now);

}  // namespace heald
