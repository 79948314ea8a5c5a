// Reaching the desired state: at boot, on an operator's word, after a reload, at the end. No
// incident and no budget, only order and `start_concurrency`.

#include <utility>

#include "backoff.hpp"
#include "text.hpp"
#include "world.hpp"

namespace heald {
namespace {

using namespace std::chrono_literals;

/// Beyond the time that the stop itself may take: the end of a killed group, a start.
constexpr Duration act_timeout = 60s;

Duration stop_timeout(const ServicePolicy& policy) {
  return policy.process() ? policy.process()->stop.timeout + act_timeout : act_timeout;
}

}  // namespace

bool World::wants_stop(const Slot& slot) const {
  return slot.state.running && unwanted(slot) && !left_alone(slot);
}

/// Under `observe` nobody but an operator stops anything, not even the end of heald; that leaves
/// also what its rules hand on to the next heald.
bool World::left_alone(const Slot& slot) const {
  if (slot.state.desired == Desired::stopped) return false;
  const auto& policy = slot.policy ? slot.policy : slot.former;
  if (!policy || policy->observe) return policy != nullptr;
  const auto* process = policy->process();
  return shutting_down_ && slot.former == nullptr && process != nullptr &&
         process->on_shutdown == OnShutdown::leave;
}

/// Whether a process of this service is to end, or may be missing, without anything being wrong.
bool World::unwanted(const Slot& slot) const {
  return slot.former != nullptr || shutting_down_ || slot.state.desired == Desired::stopped ||
         !slot.policy;
}

void World::converge(Slot& slot) {
  if (slot.is_process() && !slot.state.running) {
    act_to_converge(slot, StartAction{}, Cause::convergence);
  } else if (slot.state.restart_wanted) {
    act_to_converge(slot, RestartAction{}, Cause::convergence);
  } else {
    act_to_converge(slot, ReloadAction{}, Cause::convergence);
  }
}

void World::act_to_converge(Slot& slot, const Action& action, Cause cause) {
  const ActionKind kind = kind_of(action);
  const Candidate candidate{&action, std::string{to_string(kind)}, cause};
  if (std::optional<Hold> held = first_hold(slot, candidate)) {
    if (held->guard == Guard::start_concurrency) {
      waiting_to_start_.push_back(slot.id);
      waiting_in_turn_ = false;
    }
    return hold(slot, std::move(*held));
  }
  if (kind == ActionKind::start) {
    slot.starting = true;
    ++starts_in_flight_;
  } else if (cause == Cause::convergence) {
    take_place(slot);
  }
  VerificationState verification;
  for (const ProbePolicy& probe : slot.policy->probes) {
    if (probe.role == ProbeRole::alive) verification.rule.probes.push_back(probe.name);
  }
  slot.state.verification = std::move(verification);
  intend(slot, candidate, stop_timeout(*slot.policy));
}

/// Where there is room for one more start, who has waited longest is asked; not all who wait, for
/// that would be a thousand times a thousand. False: nobody is.
bool World::let_one_start() {
  if (waiting_to_start_.empty() || starts_in_flight_ >= policy_->daemon.start_concurrency) {
    return false;
  }
  if (!std::exchange(waiting_in_turn_, true)) in_turn(waiting_to_start_);
  dirty(waiting_to_start_.front());
  waiting_to_start_.erase(waiting_to_start_.begin());
  return true;
}

void World::converge_stop(Slot& slot) {
  abandon_verification(slot, "it is being stopped");
  if (shutdown_finished_) return;
  if (std::optional<Hold> waits = stop_backoff(slot)) {
    return set_activity(slot, Activity::backing_off, std::move(*waits));
  }
  const ServicePolicy* policy = slot.former ? slot.former.get() : slot.policy.get();
  if (policy == nullptr) return;
  if (std::optional<Hold> held = stop_order(slot)) return hold(slot, std::move(*held));
  const bool asked = slot.state.desired == Desired::stopped && !shutting_down_;
  const Action action = StopAction{};
  intend(slot, {&action, "stop", asked ? Cause::operation : Cause::convergence},
         stop_timeout(*policy));
}

/// What an operator or the end wants stopped and would not stop is tried until it does. A process
/// is asked again because it runs; of anything else only its own stop command can tell.
void World::try_stop_again(Slot& slot, ActionResult failed) {
  const auto* policy = slot.former ? slot.former.get() : slot.policy.get();
  const BackoffPolicy backoff = policy == nullptr ? BackoffPolicy{} : policy->backoff;
  slot.converge_at = now_ + backoff_delay(backoff, ++slot.stops_failed, seed_, slot.state.name);
  const bool asked = slot.state.action->cause == Cause::operation && slot.policy &&
                     !slot.is_process() && slot.state.desired == Desired::stopped;
  // Rules without the command are not helped by patience; a new word of an operator is newer.
  if (!asked || failed == ActionResult::unsupported || slot.state.pending) return;
  slot.state.pending = Operation::stop;
}

/// An operator's word is carried out at once.
void World::end_stop_backoff(Slot& slot) {
  slot.stops_failed = 0;
  slot.converge_at = {};
}

std::optional<Hold> World::stop_backoff(const Slot& slot) const {
  if (now_ >= slot.converge_at || slot.stops_failed == 0) return std::nullopt;
  const auto* policy = slot.former ? slot.former.get() : slot.policy.get();
  const BackoffPolicy backoff = policy == nullptr ? BackoffPolicy{} : policy->backoff;
  return Hold{Guard::backoff,
              "backoff: " + describe(backoff.initial) + " to " + describe(backoff.max),
              "its stop failed " + count_of(slot.stops_failed, "time"), "the next try",
              slot.converge_at};
}

void World::carry_out_operation(Slot& slot, Operation operation) {
  abandon_verification(slot, "an operator stepped in");
  if (operation == Operation::stop) {
    if (auto held = stop_backoff(slot)) {
      return set_activity(slot, Activity::backing_off, std::move(*held));
    }
  }
  const bool started = slot.is_process() ? slot.state.running
                                         : slot.state.health == Health::healthy;
  Action action;
  switch (operation) {
    case Operation::start:
      if (started) {
        slot.state.pending.reset();
        touch(slot);
        return dirty(slot.id);
      }
      action = StartAction{};
      break;
    case Operation::stop: action = StopAction{}; break;
    default: action = RestartAction{}; break;
  }
  act_to_converge(slot, action, Cause::operation);
  if (!slot.acting()) return;
  slot.state.pending.reset();
  if (operation == Operation::stop) slot.state.verification.reset();
}

/// `on_restart` of the dependents, once the restart of what they need is verified.
void World::restart_dependents(Slot& slot) {
  for (const ServiceId id : slot.needed_by) {
    Slot& dependent = at(id);
    for (const Need& need : dependent.needs) {
      if (need.service != slot.id || need.rule == nullptr) continue;
      const OnDependencyRestart rule = need.rule->on_restart;
      if (rule == OnDependencyRestart::nothing) continue;
      if (dependent.state.desired != Desired::running) continue;
      const bool restart = rule == OnDependencyRestart::restart;
      dependent.state.restart_wanted |= restart;
      dependent.state.reload_wanted |= !restart;
      touch(dependent);
      dirty(id);
    }
  }
}

}  // namespace heald
