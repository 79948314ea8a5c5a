#include "fuzz/small_rules.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace heald::fuzz {

namespace {

std::string name_of(std::size_t number) { return std::string(1, static_cast<char>('a' + number)); }

ProbePolicy small_probe(Input& input, std::string name) {
  ProbePolicy probe;
  probe.name = std::move(name);
  probe.kind = ExecProbe{};
  probe.source = "loopback";
  probe.address = probe.name;
  probe.role = static_cast<ProbeRole>(input.below(2));
  probe.failure_threshold = static_cast<std::uint32_t>(1 + input.below(3));
  probe.success_threshold = static_cast<std::uint32_t>(1 + input.below(2));
  probe.start_period = std::chrono::seconds{input.below(3) * 10};
  return probe;
}

Action small_action(std::size_t kind) {
  switch (static_cast<ActionKind>(kind)) {
    case ActionKind::restart: return RestartAction{};
    case ActionKind::start: return StartAction{};
    case ActionKind::stop: return StopAction{};
    case ActionKind::reload: return ReloadAction{};
    case ActionKind::signal: return SignalAction{};
    case ActionKind::exec: return ExecAction{};
    case ActionKind::http: return HttpAction{};
    case ActionKind::reprovision: return ReprovisionAction{};
    case ActionKind::notify: break;
  }
  return NotifyAction{};
}

void add_rungs(Input& input, ServicePolicy& service) {
  for (std::size_t rungs = input.below(4); rungs > 0; --rungs) {
    RungPolicy rung;
    rung.action = small_action(input.below(std::variant_size_v<Action>));
    rung.name = name_of(service.remediation.size()) + "-rung";
    rung.attempts = static_cast<std::uint32_t>(1 + input.below(3));
    rung.destructive = input.one_in(3);
    if (input.one_in(4)) rung.on = {input.one_in(2) ? "exited" : "crash_loop"};
    rung.verify.stable_for = std::chrono::seconds{input.below(3) * 10};
    service.remediation.push_back(std::move(rung));
  }
}

void add_runtime(Input& input, ServicePolicy& service) {
  if (input.one_in(3)) {
    ExternalRuntime runtime;
    if (!input.one_in(3)) runtime.start = runtime.stop = ExecPolicy{};
    if (!input.one_in(3)) runtime.restart = ExecPolicy{};
    if (!input.one_in(3)) runtime.reload = ExecPolicy{};
    service.runtime = runtime;
    return;
  }
  ProcessRuntime runtime;
  runtime.exec.command = {service.name};
  runtime.ready = static_cast<Readiness>(input.below(2));
  runtime.exit.on_success = static_cast<OnSuccess>(input.below(2));
  if (input.one_in(3)) runtime.exit.never_restart = {78};
  runtime.exit.crash_loop_exits = static_cast<std::uint32_t>(1 + input.below(4));
  service.runtime = runtime;
}

ServicePolicy small_service(Input& input, std::size_t number) {
  ServicePolicy service;
  service.name = name_of(number);
  add_runtime(input, service);
  for (std::size_t probes = input.below(3); probes > 0; --probes) {
    service.probes.push_back(small_probe(input, probes == 1 ? "answers" : "queue"));
  }
  add_rungs(input, service);
  service.observe = input.one_in(8);
  service.act_without_journal = input.one_in(8);
  if (input.one_in(4)) service.slow_retry.reset();
  if (input.one_in(2)) service.group = "pair";
  service.limits.actions = static_cast<std::uint32_t>(1 + input.below(4));
  service.notify.to = {"oncall"};
  for (std::size_t other = 0; other < number; ++other) {
    if (!input.one_in(3)) continue;
    DependencyPolicy need;
    need.service = name_of(other);
    need.until = static_cast<DependencyUntil>(input.below(3));
    need.gate = !input.one_in(3);
    need.on_restart = static_cast<OnDependencyRestart>(input.below(3));
    service.depends_on.push_back(std::move(need));
  }
  return service;
}

}  // namespace

Policy small_rules(Input& input) {
  Policy policy;
  policy.revision = std::to_string(input.byte());
  policy.daemon.start_concurrency = static_cast<std::uint32_t>(1 + input.below(3));
  GroupPolicy all;
  all.name = "all";
  all.max_concurrent = 100;
  GroupPolicy pair;
  pair.name = "pair";
  pair.max_concurrent = static_cast<std::uint32_t>(1 + input.below(2));
  pair.storm.at_least = static_cast<std::uint32_t>(1 + input.below(3));
  policy.groups = {all, pair};
  const std::size_t most = 4;
  for (std::size_t services = 1 + input.below(most), i = 0; i < services; ++i) {
    policy.services.push_back(std::make_shared<const ServicePolicy>(small_service(input, i)));
  }
  return policy;
}

}  // namespace heald::fuzz
