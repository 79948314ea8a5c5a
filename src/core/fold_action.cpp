// What the end of an action does to its service.

#include <algorithm>

#include "condition.hpp"
#include "world.hpp"

namespace heald {
namespace {

using namespace std::chrono_literals;

Operation operation_of(ActionKind kind) {
  if (kind == ActionKind::stop) return Operation::stop;
  return kind == ActionKind::restart ? Operation::restart : Operation::start;
}

}  // namespace

bool is_rung(const ActionState& action) {
  return action.cause == Cause::ladder || action.cause == Cause::slow_retry;
}

bool takes_place(const ActionState& action) {
  const bool rolling = action.cause == Cause::convergence &&
                       (action.kind == ActionKind::restart || action.kind == ActionKind::reload);
  return rolling || is_rung(action);
}

bool is_asked_stop(const ActionState& action) {
  return action.kind == ActionKind::stop && !is_rung(action);
}

void World::on(const ActionFinished& finished) {
  const ActionReport& report = finished.report;
  const auto found = acting_.find(report.id);
  if (found == acting_.end()) return;  // it was answered before
  Slot& slot = at(found->second);
  acting_.erase(found);
  dirty(slot.id);
  ActionState& action = *slot.state.action;
  action.finished = now_;
  action.result = report.result;
  action.evidence = report.evidence;
  note(slot, RecordKind::action_finished, report.evidence).result = report.result;
  leave_starts(slot);
  if (report.result != ActionResult::unsupported) fold_start(slot, report);
  wake_dependents(slot);
  if (is_asked_stop(action)) {
    if (report.result == ActionResult::done) {
      slot.stops_failed = 0;
    } else {
      try_stop_again(slot, report.result);
    }
    end_action(slot);
  } else if (!slot.policy) {
    give_verdict(slot, Verdict::unknown, "the service was removed from the rules");
  } else {
    begin_verification(slot);
  }
}

void World::fold_start(Slot& slot, const ActionReport& report) {
  const ActionState& action = *slot.state.action;
  const bool stopped = action.kind == ActionKind::stop && report.result == ActionResult::done;
  if (!action.starts && !stopped) return;
  // Under rules that have changed since, it is our child all the same that was started.
  const bool process = stopped ? slot.former || slot.is_process()
                               : action.generation != Generation{};
  if (process && slot.state.running) fold_end_of_process(slot);
  if (stopped && is_rung(action)) {
    // The ladder wanted it down: convergence must not bring it up again, the next rung may.
    set_process_condition(slot, ConditionStatus::fail, "stopped by rung '" + action.rung + "'");
    return;
  }
  if (stopped) {
    set_process_condition(slot, ConditionStatus::unknown, {});
    return;
  }
  if (process && !report.pid) {
    set_process_condition(slot, ConditionStatus::fail, report.evidence);
    return;
  }
  if (process) {
    slot.state.running = true;
    slot.state.pid = report.pid;
    const bool another = report.generation.value() != 0;
    slot.state.generation = another ? report.generation : action.generation;
    set_process_condition(slot, ConditionStatus::pass, {});
  }
  begin_start_period(slot);
}

void World::begin_start_period(Slot& slot) {
  slot.state.started = now_;
  touch(slot);
  for (std::size_t probe = 0; probe < slot.probes.size(); ++probe) {
    reset(slot.state.conditions[condition_of(slot, probe)], now_);
    slot.probes[probe].starting_until = now_ + slot.policy->probes[probe].start_period;
  }
}

void World::begin_verification(Slot& slot) {
  for (auto& [name, proof] : slot.state.verification->proofs) proof = {};
  set_activity(slot, Activity::verifying, {});
  look_soon(slot);
}

void World::on(const ActionWithheld& withheld) {
  const auto found = acting_.find(withheld.action);
  if (found == acting_.end()) return;
  Slot& slot = at(found->second);
  acting_.erase(found);
  note(slot, RecordKind::action_withheld, withheld.why);
  journal_problem_ = withheld.why;
  journal_retry_at_ = now_ + 1s;
  leave_starts(slot);
  take_back(slot);
  end_action(slot);
  dirty(slot.id);
}

void World::take_back(Slot& slot) {
  const ActionState& action = *slot.state.action;
  // A stop that came meanwhile is the newer word, and what was removed has nothing to wait for.
  const bool wanted = slot.policy && (action.kind == ActionKind::stop ||
                                      slot.state.desired == Desired::running);
  if (action.cause == Cause::operation && !slot.state.pending && wanted) {
    slot.state.pending = operation_of(action.kind);
  }
  if (action.cause == Cause::convergence && slot.policy) {
    slot.state.restart_wanted |= action.kind == ActionKind::restart;
    slot.state.reload_wanted |= action.kind == ActionKind::reload;
  }
  if (!is_rung(action)) return;
  give_attempt_back(slot);
  give_budget_back(slot);
}

/// Nothing was done: neither the budgets nor the back-off have anything to remember.
void World::give_budget_back(Slot& slot) {
  const ActionState& action = *slot.state.action;
  if (action.kind == ActionKind::notify) return;
  if (slot.state.incident && slot.state.incident->actions > 0) --slot.state.incident->actions;
  if (daemon_.spent.size() >= total_limit()) ask_all_again();
  const auto erase_one = [&](std::vector<Instant>& window) {
    const auto spent = std::find(window.begin(), window.end(), action.intended);
    if (spent != window.end()) window.erase(spent);
  };
  erase_one(slot.state.spent);
  erase_one(daemon_.spent);
  touch_daemon();
}

void World::give_attempt_back(Slot& slot) {
  // Only the ladder counts attempts; the slow retry takes none.
  if (slot.state.action->cause != Cause::ladder || !slot.state.incident) return;
  const auto attempts = slot.state.incident->attempts.find(slot.state.action->rung);
  if (attempts != slot.state.incident->attempts.end() && attempts->second > 0) --attempts->second;
}

void World::leave_starts(Slot& slot) {
  if (!slot.starting) return;
  slot.starting = false;
  --starts_in_flight_;
}

}  // namespace heald
