#include "sim/spending.hpp"

#include <algorithm>

namespace heald::sim {

void Spending::spend(const std::string& service, ActionId action, Instant at) {
  spent_.push_back({service, action, at});
}

void Spending::give_back(ActionId action) {
  const auto found = std::find_if(spent_.begin(), spent_.end(),
                                  [&](const Spent& each) { return each.action == action; });
  if (found != spent_.end()) spent_.erase(found);
}

std::size_t Spending::of(const std::string& service, Duration window, Instant now) const {
  return static_cast<std::size_t>(
      std::count_if(spent_.begin(), spent_.end(), [&](const Spent& each) {
        return each.service == service && now - each.at < window;
      }));
}

std::size_t Spending::in_all(Duration window, Instant now) const {
  return static_cast<std::size_t>(
      std::count_if(spent_.begin(), spent_.end(),
                    [&](const Spent& each) { return now - each.at < window; }));
}

}  // namespace heald::sim
