// The verdict on an action, and what follows from it.

#include <algorithm>

#include "backoff.hpp"
#include "condition.hpp"
#include "world.hpp"

namespace heald {

void World::judge_action(Slot& slot) {
  if (!slot.verifying() || !adopted_) return;
  const ActionState& action = *slot.state.action;
  for (const Need& need : slot.needs) {
    const ServiceState& dependency = at(need.service).state;
    const bool turned = need.rule->gate && dependency.health == Health::unhealthy &&
                        dependency.health_since > action.finished;
    if (turned) {
      return abandon_verification(slot,
                                  "its dependency '" + dependency.name + "' turned unhealthy");
    }
  }
  if (const Condition* failed = failed_again(slot)) {
    return give_verdict(slot, Verdict::not_healed,
                        "'" + failed->name + "' passed, then failed: " + *failed->evidence);
  }
  Circumstances circumstances;
  if (slot.is_process()) {
    circumstances.process = slot.state.running ? Circumstances::Process::running
                                               : Circumstances::Process::gone;
  }
  circumstances.grace_end = grace_end(slot);
  circumstances.patience = patience(slot);
  const Judgement judgement = judge(*slot.state.verification, action, circumstances, now_);
  slot.judge_at = judgement.look_again;
  if (judgement.verdict) give_verdict(slot, *judgement.verdict, judgement.evidence);
}

/// Convergence is no remediation that needs time to help: once a service was up, what fails it at
/// any other time fails it here, and the incident does not wait for the end of `within`.
const Condition* World::failed_again(const Slot& slot) const {
  if (is_rung(*slot.state.action)) return nullptr;
  for (std::size_t probe = 0; probe < slot.probes.size(); ++probe) {
    const Condition& condition = slot.state.conditions[condition_of(slot, probe)];
    const bool judged = slot.state.verification->proofs.contains(condition.name);
    // It may have failed before, and not have passed often enough yet to be well.
    const bool turned = condition.status == ConditionStatus::fail &&
                        condition.changed > slot.state.action->finished;
    if (judged && slot.probes[probe].passed && turned) {
      return &condition;
    }
  }
  return nullptr;
}

void World::give_verdict(Slot& slot, Verdict verdict, const std::string& evidence) {
  const ActionState action = *slot.state.action;
  note(slot, RecordKind::verdict, evidence).verdict = verdict;
  const bool done = action.result != ActionResult::unsupported;
  if (verdict == Verdict::not_healed) fail_unproven(slot);
  if (is_rung(action)) conclude_rung(slot, verdict, evidence);
  if (action.starts && is_rung(action) && done) ++slot.state.restarts;
  end_action(slot);
  const bool first_start = action.kind == ActionKind::start && action.cause == Cause::convergence;
  if (verdict == Verdict::healed && action.starts && !first_start) restart_dependents(slot);
}

void World::conclude_rung(Slot& slot, Verdict verdict, const std::string& evidence) {
  if (!slot.policy) return;
  // Slow retries go on for as long as something is sick: a storm that waited for them would keep
  // those that it holds from ever being healed.
  if (slot.state.action->cause == Cause::ladder) begin_cool_down(slot);
  // It ended when the service was removed, and declared anew while the rung was under way.
  if (!slot.state.incident) return;
  Incident& incident = *slot.state.incident;
  incident.last_verdict = verdict;
  incident.last_rung = slot.state.action->rung;
  incident.last_action = slot.state.action->kind;
  incident.last_evidence = evidence;
  if (verdict == Verdict::unknown) {
    give_attempt_back(slot);
    look_afresh(slot);
  }
  if (slot.state.action->result == ActionResult::unsupported) {
    use_up(slot, slot.state.action->rung);
    give_budget_back(slot);
  } else {
    incident.backoff_until =
        now_ + backoff_delay(slot.policy->backoff, incident.actions, seed_, slot.state.name);
  }
}

/// A rung that the runtime cannot carry out is not tried again in this incident.
void World::use_up(Slot& slot, const std::string& rung) {
  for (const RungPolicy& each : slot.policy->remediation) {
    if (each.name == rung) slot.state.incident->attempts[rung] = each.attempts;
  }
}

void World::begin_cool_down(Slot& slot) {
  if (!group(slot).storm(now_)) return;
  group(slot).judged(now_);
  daemon_.storm_until[group(slot).policy().name] = group(slot).storm_until();
  touch_daemon();
}

/// The verdict is evidence: what did not prove itself fails, whatever its threshold.
void World::fail_unproven(Slot& slot) {
  for (std::size_t probe = 0; probe < slot.probes.size(); ++probe) {
    const auto proof = slot.state.verification->proofs.find(slot.policy->probes[probe].name);
    if (proof == slot.state.verification->proofs.end()) continue;
    Condition& condition = slot.state.conditions[condition_of(slot, probe)];
    const bool down = slot.is_process() && !slot.state.running;
    if (proof->second.last_fail == never || proof->second.first_pass != never || down) continue;
    if (condition.status == ConditionStatus::fail) continue;
    const std::string evidence = condition.evidence;
    heald::settle(condition, ConditionStatus::fail, evidence, now_);
    condition.fails = slot.policy->probes[probe].failure_threshold;
    condition.failing_since = std::min(condition.failing_since, proof->second.last_fail);
    note(slot, RecordKind::condition_changed, "fail: " + evidence).condition = condition.name;
  }
}

void World::abandon_verification(Slot& slot, const std::string& cause) {
  if (slot.verifying() && slot.state.action) give_verdict(slot, Verdict::unknown, cause);
}

void World::end_action(Slot& slot) {
  leave_place(slot);
  slot.state.action.reset();
  slot.state.verification.reset();
  slot.judge_at = never;
  set_activity(slot, Activity::idle, {});
  if (!slot.state.running) slot.former.reset();
  dirty(slot.id);
  wake_dependents(slot);  // those that waited for it to be healed
}

}  // namespace heald
