#include "estate.hpp"

#include <algorithm>
#include <utility>

#include "sim/book.hpp"

namespace heald::campaign {
namespace {

std::string name_of(std::size_t number) { return std::string(1, static_cast<char>('a' + number)); }

ProbePolicy random_probe(Chance& chance, std::string name, const std::string& service) {
  ProbePolicy made;
  made.kind = ExecProbe{};
  made.interval = chance.of<Duration>({2s, 5s, 10s, 10s, 10s, 30s});
  made.timeout = chance.of<Duration>({500ms, 1s, 3s});
  made.failure_threshold = static_cast<std::uint32_t>(1 + chance.below(4));
  made.success_threshold = static_cast<std::uint32_t>(chance.one_in(3) ? 1 + chance.below(3) : 1);
  made.start_period = chance.of<Duration>({0s, 0s, 5s, 20s, 60s});
  made.source = chance.one_in(3) ? "loopback" : "network";
  made.address = service + ":" + name;
  made.name = std::move(name);
  return made;
}

Action random_action(Chance& chance) {
  switch (chance.below(13)) {
    case 0:
    case 1: return ReloadAction{};
    case 2: return ReprovisionAction{};
    case 3: return StopAction{};
    case 4: return StartAction{};
    case 5: return NotifyAction{};
    case 6: return ExecAction{};
    case 7: return SignalAction{};
    case 8: return HttpAction{};
    default: return RestartAction{};
  }
}

std::vector<std::string> random_symptoms(Chance& chance, const ServicePolicy& service) {
  std::vector<std::string> words;
  for (const ProbePolicy& probe : service.probes) {
    if (chance.one_in(2)) words.push_back(probe.name);
  }
  if (service.process() == nullptr) return words;
  for (const char* word : {"process", "exited", "oom", "crash_loop"}) {
    if (chance.one_in(3)) words.emplace_back(word);
  }
  return words;
}

RungPolicy random_rung(Chance& chance, const ServicePolicy& service) {
  RungPolicy made;
  made.action = random_action(chance);
  const ActionKind kind = kind_of(made.action);
  made.name = std::string{to_string(kind)} + std::to_string(service.remediation.size());
  made.attempts = static_cast<std::uint32_t>(1 + chance.below(3));
  made.timeout = chance.of<Duration>({5s, 20s, 60s});
  made.verify.within = chance.of<Duration>({5s, 15s, 30s, 60s});
  made.verify.stable_for = chance.of<Duration>({0s, 2s, 10s, 30s});
  made.destructive = (kind == ActionKind::reprovision) != chance.one_in(5);
  if (kind == ActionKind::notify) made.verify = {{}, 0s, 0s};
  if (chance.one_in(4)) made.on = random_symptoms(chance, service);
  if (!service.probes.empty() && chance.one_in(5)) {
    made.verify.probes.push_back(service.probes[chance.below(service.probes.size())].name);
  }
  return made;
}

Runtime random_runtime(Chance& chance, const std::string& name) {
  if (chance.one_in(4)) {
    ExternalRuntime external;
    if (!chance.one_in(4)) external.start = external.stop = ExecPolicy{};
    if (chance.one_in(2)) external.restart = ExecPolicy{};
    if (chance.one_in(2)) external.reload = ExecPolicy{};
    return external;
  }
  ProcessRuntime process;
  process.exec.command = {name};
  if (chance.one_in(2)) process.exec.environment.own()["A"] = "b";
  process.stop.timeout = chance.of<Duration>({1s, 10s});
  if (chance.one_in(5)) process.ready = Readiness::started;
  if (chance.one_in(6)) process.exit.on_success = OnSuccess::done;
  if (chance.one_in(4)) process.exit.never_restart = {78};
  process.exit.crash_loop_exits = static_cast<std::uint32_t>(2 + chance.below(4));
  process.exit.crash_loop_within = chance.of<Duration>({10s, 1min, 10min});
  if (chance.one_in(8)) process.on_shutdown = OnShutdown::leave;
  return process;
}

void give_limits(Chance& chance, ServicePolicy& made) {
  made.backoff.initial = chance.of<Duration>({500ms, 1s, 5s});
  made.backoff.max = chance.of<Duration>({10s, 1min, 5min});
  made.backoff.factor = chance.of<double>({1, 2, 3});
  made.backoff.jitter = Share{chance.of<double>({0, 0.2, 0.5})};
  made.limits.actions = static_cast<std::uint32_t>(1 + chance.below(6));
  if (chance.one_in(3)) made.limits.actions = 60;
  if (chance.one_in(30)) made.limits.actions = 0;
  made.limits.per = chance.of<Duration>({1min, 10min, 1h, 24h});
  made.reset_after = chance.of<Duration>({2s, 1min, 10min});
  made.slow_retry = chance.of<Duration>({1min, 10min, 30min});
  if (chance.one_in(6)) made.slow_retry.reset();
  made.observe = chance.one_in(10);
  made.act_without_journal = chance.one_in(6);
  if (!chance.one_in(6)) made.notify.to = {"oncall"};
  made.notify.on = {Occasion::opened, Occasion::latched, Occasion::recovered};
  if (chance.one_in(5)) {
    auto& on = made.notify.on.own();
    on.erase(on.begin() + static_cast<int>(chance.below(3)));
  }
  made.notify.repeat = chance.of<Duration>({0s, 10min, 1h});
}

/// It may depend on those before it.
void give_needs(Chance& chance, ServicePolicy& made,
                const std::vector<std::shared_ptr<const ServicePolicy>>& others) {
  for (const auto& other : others) {
    if (!chance.one_in(4)) continue;
    DependencyPolicy need;
    need.service = other->name;
    need.gate = !chance.one_in(5);
    need.on_restart = static_cast<OnDependencyRestart>(chance.below(3));
    need.until = static_cast<DependencyUntil>(chance.below(2));
    const bool ends = other->process() && other->process()->exit.on_success == OnSuccess::done;
    if (ends && chance.one_in(2)) need.until = DependencyUntil::done;
    made.depends_on.push_back(std::move(need));
  }
}

/// Some have another receiver besides or instead, and tell of less. Drawn apart from the rest, so
/// that the seeds that found something go on finding it.
void vary_receivers(const Chance& chance, ServicePolicy& made) {
  Chance apart = chance;
  if (apart.one_in(3)) made.notify.to.emplace_back("team");
  if (made.notify.to.size() == 2 && apart.one_in(4)) {
    auto& to = made.notify.to.own();
    to.erase(to.begin());
  }
  while (made.notify.on.size() > 1 && apart.one_in(6)) {
    const auto left_out = apart.below(made.notify.on.size());
    auto& on = made.notify.on.own();
    on.erase(on.begin() + static_cast<int>(left_out));
  }
}

ServicePolicy random_service(Chance& chance, std::string name,
                             const std::vector<std::shared_ptr<const ServicePolicy>>& others) {
  ServicePolicy made;
  made.runtime = random_runtime(chance, name);
  if (!chance.one_in(6)) made.probes.push_back(random_probe(chance, "answers", name));
  if (chance.one_in(3)) {
    made.probes.push_back(random_probe(chance, "queue", name));
    if (chance.one_in(2)) made.probes.back().role = ProbeRole::ready;
  }
  made.name = std::move(name);
  const std::size_t rungs = chance.one_in(12) ? 0 : 1 + chance.below(4);
  while (made.remediation.size() < rungs) made.remediation.push_back(random_rung(chance, made));
  made.group = chance.of<const char*>({"all", "pair", "trio"});
  give_limits(chance, made);
  give_needs(chance, made, others);
  vary_receivers(chance, made);
  return made;
}

GroupPolicy random_group(Chance& chance, std::string name) {
  GroupPolicy made;
  made.name = std::move(name);
  made.max_concurrent = static_cast<std::uint32_t>(1 + chance.below(3));
  made.min_healthy = Share{chance.of<double>({0, 0.5, 0.5, 1})};
  made.storm.unhealthy = Share{chance.of<double>({0.3, 0.5})};
  made.storm.at_least = static_cast<std::uint32_t>(2 + chance.below(3));
  made.storm.within = chance.of<Duration>({10s, 1min, 5min});
  made.storm.let = static_cast<std::uint32_t>(chance.below(3));
  made.storm.cool_down = chance.of<Duration>({10s, 1min, 5min});
  return made;
}

std::vector<std::shared_ptr<const ServicePolicy>>::iterator find(Policy& policy,
                                                                 const std::string& name) {
  return std::find_if(policy.services.begin(), policy.services.end(),
                      [&](const auto& each) { return each->name == name; });
}

/// So many looked at from one vantage that it can be told to be blind.
void look_from_one_place(Policy& policy) {
  for (auto& each : policy.services) {
    ServicePolicy made = *each;
    for (ProbePolicy& probe : made.probes) probe.source = "network";
    each = std::make_shared<const ServicePolicy>(std::move(made));
  }
}

void add_service(Chance& chance, Policy& policy, std::string name) {
  ServicePolicy made = random_service(chance, std::move(name), policy.services);
  if (sim::group_of(policy, made.group) == nullptr) made.group = "all";  // of shipped rules
  policy.services.push_back(std::make_shared<const ServicePolicy>(std::move(made)));
}

}  // namespace

Rules random_rules(Chance& chance) {
  Policy made;
  made.revision = "1";
  made.daemon.start_concurrency = static_cast<std::uint32_t>(1 + chance.below(4));
  made.daemon.shutdown_timeout = 90s;
  for (const char* name : {"all", "pair", "trio"}) {
    made.groups.push_back(random_group(chance, name));
  }
  const std::size_t count = chance.one_in(8) ? 6 + chance.below(5) : 1 + chance.below(5);
  while (made.services.size() < count) {
    add_service(chance, made, name_of(made.services.size()));
  }
  if (count > 5 && chance.one_in(2)) look_from_one_place(made);
  return std::make_shared<const Policy>(std::move(made));
}

Rules rules_without(const Policy& before, const std::string& service) {
  Policy made = before;
  made.revision += "-" + service;
  std::erase_if(made.services, [&](const auto& each) { return each->name == service; });
  for (auto& each : made.services) {
    const bool needs = std::any_of(each->depends_on.begin(), each->depends_on.end(),
                                   [&](const auto& need) { return need.service == service; });
    if (!needs) continue;
    ServicePolicy without = *each;
    std::erase_if(without.depends_on, [&](const auto& need) { return need.service == service; });
    each = std::make_shared<const ServicePolicy>(std::move(without));
  }
  return std::make_shared<const Policy>(std::move(made));
}

Rules changed_rules(Chance& chance, const Policy& before) {
  const std::string name = before.services[chance.below(before.services.size())]->name;
  if (before.services.size() > 1 && chance.one_in(4)) return rules_without(before, name);
  Policy made = before;
  if (chance.one_in(4)) {
    const std::string added(1, static_cast<char>('p' + chance.below(10)));
    if (find(made, added) == made.services.end()) {
      made.revision += "+" + added;
      add_service(chance, made, added);
      return std::make_shared<const Policy>(std::move(made));
    }
  }
  made.revision += "+" + name;
  if (chance.one_in(4)) {
    GroupPolicy& group = made.groups[chance.below(made.groups.size())];
    group = random_group(chance, group.name);
  }
  const auto place = find(made, name);
  ServicePolicy changed = **place;
  switch (chance.below(4)) {
    case 0: give_limits(chance, changed); break;
    case 1: changed.runtime = random_runtime(chance, name); break;
    case 2:
      if (!changed.probes.empty()) {
        ProbePolicy& probe = changed.probes[chance.below(changed.probes.size())];
        const ProbeRole role = probe.role;
        probe = random_probe(chance, probe.name, name);
        probe.role = role;
      }
      break;
    default:
      if (!changed.remediation.empty()) changed.remediation.own().pop_back();
      changed.remediation.push_back(random_rung(chance, changed));
  }
  *place = std::make_shared<const ServicePolicy>(std::move(changed));
  return std::make_shared<const Policy>(std::move(made));
}

std::string describe_rules(const Policy& policy) {
  std::string text;
  for (const auto& each : policy.services) {
    text += "  " + each->name + (each->process() ? ": process" : ": external") + ", group " +
            each->group + ", probes";
    for (const ProbePolicy& probe : each->probes) text += " " + probe.name;
    text += ", ladder";
    for (const RungPolicy& rung : each->remediation) {
      text += " " + rung.name + "x" + std::to_string(rung.attempts);
    }
    for (const DependencyPolicy& need : each->depends_on) text += ", needs " + need.service;
    if (each->observe) text += ", observe";
    text += '\n';
  }
  return text;
}

}  // namespace heald::campaign
