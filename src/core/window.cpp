#include "window.hpp"

#include <algorithm>

namespace heald {
namespace {

auto first_inside(const std::vector<Instant>& window, Duration span, Instant now) {
  return std::find_if(window.begin(), window.end(),
                      [&](Instant instant) { return now - instant < span; });
}

}  // namespace

void prune(std::vector<Instant>& window, Duration span, Instant now) {
  window.erase(window.begin(), first_inside(window, span, now));
}

std::size_t count_within(const std::vector<Instant>& window, Duration span, Instant now) {
  return static_cast<std::size_t>(window.end() - first_inside(window, span, now));
}

Instant room_at(const std::vector<Instant>& window, std::size_t limit, Duration span,
                Instant now) {
  if (limit == 0) return never;
  if (count_within(window, span, now) < limit) return now;
  return window[window.size() - limit] + span;
}

}  // namespace heald
