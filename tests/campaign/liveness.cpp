#include "liveness.hpp"

#include <algorithm>
#include <set>

#include "sim/book.hpp"

namespace heald::campaign {
namespace {

using namespace std::chrono_literals;

const ServicePolicy* find(const Policy& policy, const std::string& name) {
  const auto found = std::find_if(policy.services.begin(), policy.services.end(),
                                  [&](const auto& each) { return each->name == name; });
  return found == policy.services.end() ? nullptr : found->get();
}

/// Until a look has told what is true: every threshold, one look after the other.
Duration see(const ServicePolicy& service) {
  Duration longest{};
  for (const ProbePolicy& probe : service.probes) {
    const std::uint32_t looks = std::max(probe.failure_threshold, probe.success_threshold) + 3;
    longest = std::max(longest, looks * (probe.interval + probe.timeout));
  }
  return longest;
}

/// An action's own time, and its verification from the first look to the verdict.
Duration try_once(const ServicePolicy& service) {
  Duration act = service.process() ? service.process()->stop.timeout + 60s : 60s;
  VerifyPolicy verify;  // that of convergence
  Duration prove = verify.within + verify.stable_for;
  for (const RungPolicy& rung : service.remediation) {
    act = std::max(act, rung.timeout);
    prove = std::max(prove, rung.verify.within + rung.verify.stable_for);
  }
  Duration start{};
  Duration patience{};
  for (const ProbePolicy& probe : service.probes) {
    start = std::max(start, probe.start_period);
    patience = std::max(patience, 3 * probe.interval + probe.timeout);
  }
  const auto wait = std::chrono::duration_cast<Duration>(service.backoff.max *
                                                         (1 + service.backoff.jitter.value));
  return see(service) + act + start + prove + patience + wait;
}

/// The whole ladder, a slow retry, and one try more, for what was in flight at the end.
Duration heal(const Policy& policy, const ServicePolicy& service) {
  std::uint32_t tries = 3;
  for (const RungPolicy& rung : service.remediation) tries += rung.attempts;
  Duration whole = tries * try_once(service);
  if (service.slow_retry) whole += 2 * *service.slow_retry;
  if (!service.remediation.empty()) whole += service.limits.per;
  const GroupPolicy* group = sim::group_of(policy, service.group);
  if (group != nullptr) whole += tries * group->storm.cool_down;
  return whole;
}

/// Whom a service may have to wait for: its group, what it depends on, and whom these wait for.
std::set<std::string> awaited_by(const Policy& policy, const std::string& service) {
  std::set<std::string> awaited;
  std::vector<std::string> open{service};
  while (!open.empty()) {
    const std::string name = open.back();
    open.pop_back();
    const ServicePolicy* found = find(policy, name);
    if (found == nullptr || !awaited.insert(name).second) continue;
    for (const DependencyPolicy& need : found->depends_on) open.push_back(need.service);
    for (const auto& each : policy.services) {
      if (each->group == found->group) open.push_back(each->name);
    }
  }
  return awaited;
}

bool may_start(const RungPolicy& rung) {
  const ActionKind kind = kind_of(rung.action);
  return kind == ActionKind::restart || kind == ActionKind::start ||
         kind == ActionKind::reprovision;
}

/// Whether a slow retry would, once the world is well, heal what is wrong with it.
bool can_be_retried(const ServicePolicy& policy, const ServiceState& state) {
  if (!policy.slow_retry || policy.limits.actions == 0) return false;
  const ExternalRuntime* external = policy.external();
  const bool barred = policy.process() && state.last_exit &&
                      !policy.process()->exit.never_restart.empty();
  for (const RungPolicy& rung : policy.remediation) {
    const ActionKind kind = kind_of(rung.action);
    const bool starts = may_start(rung);
    if (rung.destructive || kind == ActionKind::notify || kind == ActionKind::stop) continue;
    if (barred) continue;
    if (external == nullptr && starts && rung.on.empty()) return true;
    if (external == nullptr) continue;  // what does not run is helped by a start alone
    // Of somebody else's service the first that its commands can carry out is retried.
    const bool restarts = external->restart || (external->stop && external->start);
    if (kind == ActionKind::restart && !restarts) continue;
    if (kind == ActionKind::start && !external->start) continue;
    if (kind == ActionKind::reload && !external->reload) continue;
    if (kind == ActionKind::signal) continue;
    // One for certain symptoms may be the one, or not.
    if (!starts) return false;
    if (rung.on.empty()) return true;
  }
  return false;
}

/// What it waits for is itself at rest, and not healthy.
bool waits_in_vain(const Engine& engine, const ServicePolicy& policy) {
  return std::any_of(policy.depends_on.begin(), policy.depends_on.end(), [&](const auto& need) {
    const auto found = engine.find(need.service);
    if (!found) return false;
    const ServiceState& state = engine.state(*found);
    const bool never_done = need.until == DependencyUntil::done && state.desired != Desired::done;
    // A probe of role `ready` that fails holds dependents, and is nobody's sickness to heal.
    const bool ready = std::all_of(
        state.conditions.begin(), state.conditions.end(),
        [](const Condition& each) { return each.status == ConditionStatus::pass; });
    return state.desired == Desired::stopped || state.health != Health::healthy || never_done ||
           !ready;
  });
}

std::string unrest_of_wanted(const Engine& engine, const ServicePolicy& policy,
                             const ServiceState& state) {
  const std::string is = "it is " + std::string{to_string(state.health)} + ", " +
                         std::string{to_string(state.activity)} + " (" +
                         std::string{to_string(state.hold.guard)} + " " + state.hold.value + ")";
  const bool open = state.incident && state.incident->closing == Closing::open;
  switch (state.activity) {
    case Activity::idle:
      return state.health == Health::healthy && !open ? std::string{} : is;
    case Activity::latched:
      return can_be_retried(policy, state) && !policy.observe ? is : std::string{};
    case Activity::held: break;
    case Activity::acting:
    case Activity::verifying: {
      // Latched for good, and once more in one of the slow retries that do not help.
      const bool in_vain = state.action && state.action->cause == Cause::slow_retry &&
                           !can_be_retried(policy, state);
      return in_vain ? std::string{} : is;
    }
    case Activity::backing_off: return is;
  }
  switch (state.hold.guard) {
    case Guard::observe: return policy.observe ? std::string{} : is;
    case Guard::min_healthy: return state.health == Health::healthy && !open ? std::string{} : is;
    case Guard::start_order:
    case Guard::dependency: return waits_in_vain(engine, policy) ? std::string{} : is;
    default: return is;
  }
}

}  // namespace

Duration bound_of(const Policy& policy, const std::string& service) {
  Duration bound = 1h;  // the window of the budget of all services together
  for (const std::string& name : awaited_by(policy, service)) {
    bound += heal(policy, *find(policy, name));
  }
  for (const auto& each : policy.services) bound += try_once(*each);  // `start_concurrency`
  return bound;
}

std::string unrest_of(const Engine& engine, ServiceId service) {
  const ServiceState& state = engine.state(service);
  const bool busy = state.action.has_value() || state.pending.has_value();
  if (!engine.declared(service)) {
    return busy || state.running ? "it was removed, and is not gone" : std::string{};
  }
  if (state.desired == Desired::running) {
    return unrest_of_wanted(engine, *engine.policy(service), state);
  }
  if (busy || state.activity != Activity::idle) return "it is not wanted, and not at rest";
  return state.running ? "it is not wanted running, and runs" : std::string{};
}

}  // namespace heald::campaign
