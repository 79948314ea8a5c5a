#include "replay/comebacks.hpp"

#include <algorithm>
#include <utility>

namespace heald {

void Comebacks::look(const std::string& service, const std::string& probe,
                     const Observation& seen) {
  vitals_[service].latest[probe] = {seen.outcome, seen.begun};
}

void Comebacks::process(const std::string& service, Process process) {
  Vital& vital = vitals_[service];
  if (std::exchange(vital.process, process) != process) vital.latest.clear();
}

bool Comebacks::is_back(const ServicePolicy& policy, Instant since) const {
  const auto found = vitals_.find(policy.name);
  if (found == vitals_.end() || found->second.process == Process::missing) return false;
  const auto& latest = found->second.latest;
  bool told = false;
  for (const ProbePolicy& probe : policy.probes) {
    if (probe.role != ProbeRole::alive) continue;
    const auto sight = latest.find(probe.name);
    if (sight == latest.end() || sight->second.outcome != Outcome::pass) return false;
    if (sight->second.begun < since) return false;
    told = true;
  }
  return told;
}

void Comebacks::acted(const std::string& service) {
  std::erase_if(hopes_, [&](const Hope& hope) { return hope.helpers.contains(service); });
}

std::vector<Hope> Comebacks::came_true(Instant now) {
  std::erase_if(hopes_, [&](const Hope& hope) { return now > hope.until; });
  std::vector<Hope> came;
  std::erase_if(hopes_, [&](const Hope& hope) {
    if (!is_back(*hope.policy, hope.from)) return false;
    came.push_back(hope);
    return true;
  });
  return came;
}

}  // namespace heald
