// What goes wrong when nobody says what should.

#include "drill/script.hpp"

namespace heald {

namespace {

/// Long enough for an incident to be closed, and past `reset_after` by default: each fault finds a
/// fresh ladder.
constexpr Duration apart = 30min;

}  // namespace

std::vector<sim::Fault> default_faults(const Policy& rules) {
  std::vector<sim::Fault> faults;
  Duration next = apart;
  const auto add = [&](sim::FaultKind kind, std::vector<std::string> services) {
    faults.push_back({.at = next, .kind = std::move(kind), .services = std::move(services),
                      .lasting = {}, .cured_by = {}});
    next += apart;
  };
  std::size_t count = 0;
  for (const auto& service : rules.services) {
    if (++count > most_by_default) break;
    add(sim::Crash{}, {service->name});
    if (service->probes.empty()) continue;
    add(sim::Hang{}, {service->name});
    add(sim::AnswerBadly{}, {service->name});
  }
  add(sim::KillHeald{.down_for = 30s, .boot = Restarted::Boot::another}, {});
  return faults;
}

}  // namespace heald
