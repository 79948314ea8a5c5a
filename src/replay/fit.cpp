#include "replay/fit.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "policy/scalars.hpp"

namespace heald {
namespace {

bool asks_the_same(const ProbePolicy& left, const ProbePolicy& right) {
  return left.kind == right.kind && left.timeout == right.timeout;
}

void fit_probes(ServicePolicy& service, const ServicePolicy& then, ServiceFit& fitted) {
  std::erase_if(service.probes, [&](const ProbePolicy& probe) {
    const ProbePolicy* same = find_probe(then, probe.name);
    if (same == nullptr || !asks_the_same(probe, *same)) {
      fitted.missing.insert(probe.name);
      return true;
    }
    fitted.probes.insert(probe.name);
    if (probe.interval < same->interval) {
      fitted.notes.insert("probe '" + probe.name + "' looks every " + to_text(probe.interval) +
                          ", and was recorded every " + to_text(same->interval));
    }
    return false;
  });
}

/// What named a probe that is left out must not come to mean "any".
void drop_names(ServicePolicy& service, const std::set<std::string>& missing) {
  const auto gone = [&](const std::string& name) { return missing.contains(name); };
  std::erase_if(service.remediation.own(), [&](RungPolicy& rung) {
    std::erase_if(rung.verify.probes, gone);
    return std::erase_if(rung.on, gone) > 0 && rung.on.empty();
  });
}

void fit_runtime(ServicePolicy& service, const ServicePolicy& then, ServiceFit& fitted) {
  auto* process = std::get_if<ProcessRuntime>(&service.runtime);
  if (process == nullptr) return;
  ProcessRuntime as_it_was = *then.process();
  as_it_was.exit = process->exit;
  as_it_was.ready = process->ready;
  if (as_it_was != *process) {
    fitted.notes.insert("its process is set up otherwise; what was recorded is of the one of then");
  }
  *process = std::move(as_it_was);
}

/// No name that a rule file can give.
constexpr const char* spectators_name = "(spectators)";

GroupPolicy spectators_group() {
  GroupPolicy group;
  group.name = spectators_name;
  return group;
}

void make_spectator(ServicePolicy& service) {
  service.group = spectators_name;
  service.observe = true;
  service.remediation.clear();
  service.depends_on.clear();
}

/// Empty: nothing of it was recorded.
std::optional<ServicePolicy> fit_service(const ServicePolicy& service, const ServicePolicy* then,
                                         ServiceFit& fitted) {
  if (then == nullptr) return std::nullopt;
  if (service.runtime.index() != then->runtime.index()) {
    fitted.notes.insert("it was no " + std::string{service.process() ? "process" : "external"} +
                        " service then");
    return std::nullopt;
  }
  fitted.recorded = true;
  ServicePolicy fitting = service;
  fit_probes(fitting, *then, fitted);
  drop_names(fitting, fitted.missing);
  fit_runtime(fitting, *then, fitted);
  return fitting;
}

}  // namespace

ServiceIndex index_of(const Policy& policy) {
  ServiceIndex index;
  for (const auto& service : policy.services) index.emplace(service->name, service.get());
  return index;
}

const ServicePolicy* find_service(const ServiceIndex& index, const std::string& name) {
  const auto found = index.find(name);
  return found == index.end() ? nullptr : found->second;
}

const ProbePolicy* find_probe(const ServicePolicy& service, const std::string& name) {
  const auto found = std::find_if(service.probes.begin(), service.probes.end(),
                                  [&](const ProbePolicy& probe) { return probe.name == name; });
  return found == service.probes.end() ? nullptr : &*found;
}

Fitted fit(const Policy& wanted, const Policy& recorded, const std::set<std::string>& spectators) {
  Fitted fitted{wanted, {}};
  auto& services = fitted.policy.services;
  services.clear();
  std::set<std::string> players;
  const ServiceIndex recorded_services = index_of(recorded);
  for (const auto& service : wanted.services) {
    ServiceFit& its = fitted.services[service->name];
    auto fitting = fit_service(*service, find_service(recorded_services, service->name), its);
    if (!fitting) continue;
    if (spectators.contains(service->name)) {
      make_spectator(*fitting);
    } else {
      players.insert(service->name);
    }
    services.push_back(std::make_shared<const ServicePolicy>(*std::move(fitting)));
  }
  for (auto& service : services) {
    auto copy = std::make_shared<ServicePolicy>(*service);
    std::erase_if(copy->depends_on,
                  [&](const auto& rule) { return !players.contains(rule.service); });
    service = std::move(copy);
  }
  if (players.size() < services.size()) fitted.policy.groups.push_back(spectators_group());
  return fitted;
}

}  // namespace heald
