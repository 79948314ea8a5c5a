#include "rules.hpp"

#include <algorithm>
#include <utility>

#include "heald/assert.hpp"

namespace heald::rehearsal {

ProbePolicy probe(std::string name) {
  ProbePolicy made;
  made.name = std::move(name);
  made.kind = ExecProbe{};
  made.timeout = 1s;
  made.source = "loopback";
  made.address = made.name;
  return made;
}

ServicePolicy process(std::string name, std::vector<ProbePolicy> probes) {
  ServicePolicy made;
  made.name = std::move(name);
  ProcessRuntime runtime;
  runtime.exec.command = {made.name};
  made.runtime = runtime;
  made.probes = std::move(probes);
  made.remediation = {rung(RestartAction{}, 3)};
  made.notify.to = {"oncall"};
  return made;
}

ServicePolicy started_otherwise(std::string name) {
  ServicePolicy made = process(std::move(name));
  process_of(made).exec.environment.own()["A"] = "b";
  return made;
}

ServicePolicy external(std::string name, std::vector<ProbePolicy> probes) {
  ServicePolicy made = process(std::move(name), std::move(probes));
  ExternalRuntime runtime;
  runtime.start = runtime.stop = runtime.restart = runtime.reload = ExecPolicy{};
  made.runtime = runtime;
  return made;
}

RungPolicy rung(Action action, std::uint32_t attempts) {
  RungPolicy made;
  made.name = to_string(kind_of(action));
  made.destructive = kind_of(action) == ActionKind::reprovision;
  made.action = std::move(action);
  made.attempts = attempts;
  return made;
}

DependencyPolicy on(std::string service) {
  DependencyPolicy made;
  made.service = std::move(service);
  return made;
}

ProcessRuntime& process_of(ServicePolicy& service) {
  return std::get<ProcessRuntime>(service.runtime);
}

Policy rules(std::vector<ServicePolicy> services, std::vector<GroupPolicy> groups) {
  Policy made;
  made.revision = "1";
  GroupPolicy all;
  all.name = "all";
  all.max_concurrent = 100;
  all.storm.at_least = 100;
  made.groups = std::move(groups);
  const bool given = std::any_of(made.groups.begin(), made.groups.end(),
                                 [](const GroupPolicy& group) { return group.name == "all"; });
  if (!given) made.groups.push_back(all);
  for (ServicePolicy& service : services) {
    made.services.push_back(std::make_shared<const ServicePolicy>(std::move(service)));
  }
  return made;
}

Policy with(Policy policy, ServicePolicy service) {
  policy.revision += "+" + service.name;
  const auto same = [&](const auto& each) { return each->name == service.name; };
  const auto found = std::find_if(policy.services.begin(), policy.services.end(), same);
  auto shared = std::make_shared<const ServicePolicy>(std::move(service));
  if (found == policy.services.end()) {
    policy.services.push_back(std::move(shared));
  } else {
    *found = std::move(shared);
  }
  return policy;
}

Policy without(Policy policy, const std::string& service) {
  policy.revision += "-" + service;
  const auto removed =
      std::erase_if(policy.services, [&](const auto& each) { return each->name == service; });
  HEALD_ASSERT(removed == 1);
  return policy;
}

}  // namespace heald::rehearsal
