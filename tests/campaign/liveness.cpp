#include "liveness.hpp"

#include <algorithm>
#include <set>

#include "sim/book.hpp"
#include "sim/patient.hpp"

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
  return see(service) + act + start + prove + 2 * patience + wait;
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

/// Whether the exit status of its process forbids a start.
bool barred(const ServicePolicy& policy, const ServiceState& state) {
  if (policy.process() == nullptr || !state.last_exit) return false;
  const auto& never_restart = policy.process()->exit.never_restart;
  return state.last_exit->kind == ExitStatus::Kind::exited &&
         std::find(never_restart.begin(), never_restart.end(), state.last_exit->code) !=
             never_restart.end();
}

/// Whether a rung is for a process that is gone, for as long as it is gone.
bool meets_a_death(const RungPolicy& rung, const ServiceState& state) {
  return rung.on.empty() ||
         std::any_of(rung.on.begin(), rung.on.end(), [&](const std::string& word) {
           return word == "exited" || word == process_condition ||
                  (word == "oom" && state.last_exit && state.last_exit->oom);
         });
}

/// Whether a slow retry would, once the world is well, heal what is wrong with it: it is down.
bool can_be_retried(const ServicePolicy& policy, const ServiceState& state) {
  if (!policy.slow_retry || policy.limits.actions == 0) return false;
  const ExternalRuntime* external = policy.external();
  for (const RungPolicy& rung : policy.remediation) {
    const ActionKind kind = kind_of(rung.action);
    if (rung.destructive || kind == ActionKind::notify || kind == ActionKind::stop) continue;
    if (external == nullptr) {
      const bool forbidden = kind != ActionKind::reprovision && barred(policy, state);
      if (may_start(rung) && !forbidden && meets_a_death(rung, state)) return true;
      continue;
    }
    if (!sim::has_means(policy, kind)) continue;
    // The first is retried again and again. One for certain symptoms may be the first, or not.
    if (!may_start(rung)) return false;
    if (rung.on.empty()) return true;
  }
  return false;
}

/// What holds its rungs is itself at rest, and not healthy.
bool gated_in_vain(const Engine& engine, const ServicePolicy& policy) {
  return std::any_of(policy.depends_on.begin(), policy.depends_on.end(), [&](const auto& need) {
    const auto found = engine.find(need.service);
    return found && need.gate &&
           (engine.state(*found).desired == Desired::stopped ||
            engine.state(*found).health != Health::healthy);
  });
}

/// What its start waits for is itself at rest, and not there.
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

/// Latched for good, and once more in one of the slow retries that do not help.
bool acts_in_vain(const ServicePolicy& policy, const ServiceState& state) {
  return state.action && state.action->cause == Cause::slow_retry &&
         !can_be_retried(policy, state);
}

/// Another member, which keeps its group from ever being healthy enough, has the place.
bool place_is_taken_in_vain(const Engine& engine, const ServicePolicy& policy) {
  for (std::uint32_t slot = 0; slot < engine.size(); ++slot) {
    const ServiceId id{slot};
    const bool member = engine.declared(id) && engine.policy(id)->group == policy.group;
    if (member && acts_in_vain(*engine.policy(id), engine.state(id))) return true;
  }
  return false;
}

std::string unrest_of_wanted(const Engine& engine, const ServicePolicy& policy,
                             const ServiceState& state) {
  const std::string is = "it is " + std::string{to_string(state.health)} + ", " +
                         std::string{to_string(state.activity)} + " (" +
                         std::string{to_string(state.hold->guard)} + " " + state.hold->value + ")";
  const bool open = state.incident && state.incident->closing == Closing::open;
  const bool well = state.health == Health::healthy && !open;
  switch (state.activity) {
    case Activity::idle: return well ? std::string{} : is;
    case Activity::latched:
      return can_be_retried(policy, state) && !policy.observe ? is : std::string{};
    case Activity::held: break;
    case Activity::acting:
    case Activity::verifying: return acts_in_vain(policy, state) ? std::string{} : is;
    case Activity::backing_off: return is;
  }
  switch (state.hold->guard) {
    case Guard::observe: return policy.observe ? std::string{} : is;
    case Guard::min_healthy: return well ? std::string{} : is;
    case Guard::max_concurrent:
      return well && place_is_taken_in_vain(engine, policy) ? std::string{} : is;
    case Guard::start_order: return waits_in_vain(engine, policy) ? std::string{} : is;
    case Guard::dependency: {  // past which the slow retry goes
      const bool in_vain = gated_in_vain(engine, policy) && !can_be_retried(policy, state);
      return in_vain ? std::string{} : is;
    }
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
