#include "groups.hpp"

#include <algorithm>
#include <cmath>

namespace heald {

std::uint32_t Group::floor() const {
  if (members_ <= 1) return 0;
  return static_cast<std::uint32_t>(std::floor(policy_.min_healthy.value * members_));
}

bool Group::turned_unhealthy(ServiceId service, Instant now) {
  const StormPolicy& rule = policy_.storm;
  std::erase_if(turns_, [&](const Turn& turn) {
    return turn.service == service || now - turn.at >= rule.within;
  });
  turns_.push_back({service, now});
  if (storm(now) || turns_.size() < rule.at_least) return false;
  if (static_cast<double>(turns_.size()) < rule.unhealthy.value * members_) return false;
  storm_until_ = now + rule.cool_down;
  let_.clear();
  return true;
}

void Group::judged(Instant now) {
  if (storm(now)) storm_until_ = now + policy_.storm.cool_down;
}

bool Group::storm(Instant now) const { return now < storm_until_; }

bool Group::lets(ServiceId service) const {
  return let_.size() < policy_.storm.let ||
         std::find(let_.begin(), let_.end(), service) != let_.end();
}

void Group::let(ServiceId service) {
  if (std::find(let_.begin(), let_.end(), service) == let_.end()) let_.push_back(service);
}

}  // namespace heald
