// What observations, exits and the state of the machine do to the state of services.

#include <algorithm>
#include <utility>

#include "condition.hpp"
#include "window.hpp"
#include "world.hpp"

namespace heald {

void World::on(const Observation& observation) {
  if (observation.service.value() >= slots_.size()) return;
  Slot& slot = at(observation.service);
  const std::size_t place = observation.probe.value();
  if (!slot.policy || place >= slot.probes.size()) return;
  ProbeSlot& probe = slot.probes[place];
  const bool awaited = probe.run == observation.run;
  if (awaited) {
    probe.in_flight = false;
    probe.due = now_;
  }
  if (is_late(probe, observation) || !probed(slot)) {
    // It only makes room for the next look, in the order of whatever else is due.
    if (awaited) deadlines_.set(slot.id, now_);
    return;
  }
  probe.heard = observation.run;
  ++probe.hurried;
  dirty(slot.id);
  fold_source(slot, place, observation);
  fold_condition(slot, place, observation);
  answer_wants(slot, place, observation.begun);
  schedule_after_look(slot, place);
}

void World::fold_source(Slot& slot, std::size_t probe, const Observation& observation) {
  Vantage& vantage = slot.probes[probe].vantage;
  const bool answered = observation.outcome != Outcome::unknown && observation.answered;
  const auto heard = answered ? Sources::Heard::answer : Sources::Heard::silence;
  const Sources::Change change = sources_.saw(vantage, heard, now_);
  if (change == Sources::Change::none) return;
  touch(slot);
  if (change == Sources::Change::silence) return;
  const bool blinded = change == Sources::Change::blinded;
  Record& record = note(blinded ? RecordKind::blinded : RecordKind::sighted,
                        sources_.describe_silence(vantage));
  record.condition = sources_.name(vantage);
  ask_all_again();  // what is known of whom may differ now
}

void World::fold_condition(Slot& slot, std::size_t probe, const Observation& observation) {
  const ProbePolicy& rule = slot.policy->probes[probe];
  ProbeSlot& look = slot.probes[probe];
  Sight sight{observation.outcome, observation.begun, observation.evidence};
  if (sight.outcome == Outcome::fail && sources_.blind(look.vantage)) {
    sight = {Outcome::unknown, observation.begun, "suspended: its source is blind"};
  }
  if (sight.outcome == Outcome::fail && in_start_period(slot, probe)) return;
  if (sight.outcome == Outcome::pass) {
    look.starting_until = std::min(look.starting_until, now_);
    look.passed = true;
  }
  prove_with(slot, probe, sight.outcome, observation.begun);
  if (sight.outcome == Outcome::fail && slot.verifying()) {
    // A threshold is meant in intervals; the quick looks of a verification would rush through it.
    if (observation.begun < look.counts_from) return;
    look.counts_from = observation.begun + rule.interval;
    touch(slot);  // which of the next fails count hangs on it
  }
  Condition& condition = slot.state.conditions[condition_of(slot, probe)];
  const Effect effect = fold(condition, sight, rule, now_);
  if (effect != Effect::none) {
    touch(slot);
    wake_dependents(slot);
  }
  if (effect == Effect::changed) {
    const bool passes = condition.status == ConditionStatus::pass;
    Record& record = note(slot, RecordKind::condition_changed, passes ? "" : *condition.evidence);
    record.condition = condition.name;
    record.text.insert(0, std::string{to_string(condition.status)} + (passes ? "" : ": "));
  }
}

void World::prove_with(Slot& slot, std::size_t probe, Outcome outcome, Instant begun) {
  if (!slot.verifying() || !slot.state.verification || !slot.state.action) return;
  if (begun < slot.state.action->finished || outcome == Outcome::unknown) return;
  const auto proof = slot.state.verification->proofs.find(slot.policy->probes[probe].name);
  if (proof == slot.state.verification->proofs.end()) return;
  prove(proof->second, outcome, begun);
  touch(slot);
}

void World::answer_wants(Slot& slot, std::size_t probe, Instant begun) {
  ProbeSlot& look = slot.probes[probe];
  if (look.wanted == never || begun < look.wanted) return;
  look.wanted = never;
  touch(slot);
  wake_dependents(slot);
}

void World::on(const ProcessExited& exited) {
  const ExitReport& report = exited.report;
  if (report.service.value() >= slots_.size()) return;
  Slot& slot = at(report.service);
  ServiceState& state = slot.state;
  if (!state.running || report.generation != state.generation) return;
  const bool expected = unwanted(slot);
  if (slot.armed()) ended_ = slot.id;
  fold_end_of_process(slot);
  state.last_exit = report.status;
  note(slot, RecordKind::exited, describe(report.status));
  if (!slot.is_process() || expected) {
    set_process_condition(slot, ConditionStatus::unknown, {});
    return;
  }
  const ExitPolicy& rule = slot.policy->process()->exit;
  const bool good = report.status.kind == ExitStatus::Kind::exited &&
                    std::find(rule.success.begin(), rule.success.end(), report.status.code) !=
                        rule.success.end();
  if (good && rule.on_success == OnSuccess::done) {
    // Of one that is being started anew only the new run can say that the work is done.
    const bool begun_anew = slot.acting() && state.action->starts;
    if (begun_anew) return set_process_condition(slot, ConditionStatus::unknown, {});
    return fold_done(slot);
  }
  prune(state.exits, rule.crash_loop_within, now_);
  state.exits.push_back(now_);
  set_process_condition(slot, ConditionStatus::fail, describe(report.status));
}

void World::fold_end_of_process(Slot& slot) {
  slot.state.running = false;
  slot.state.pid.reset();
  if (!slot.acting()) slot.former.reset();  // what an action starts is its child as well
  touch(slot);
  dirty(slot.id);
  for (std::size_t probe = 0; probe < slot.probes.size(); ++probe) {
    reset(slot.state.conditions[condition_of(slot, probe)], now_);
    disown_look(slot.probes[probe]);
    slot.probes[probe].starting_until = {};
  }
  wake_dependents(slot);
}

void World::fold_done(Slot& slot) {
  set_process_condition(slot, ConditionStatus::unknown, {});
  set_desired(slot, Desired::done, "it exited with a status of success");
  if (slot.verifying()) give_verdict(slot, Verdict::healed, "it has done its work");
  if (!slot.has_open_incident()) return;
  const bool ours = slot.state.incident->last_verdict == Verdict::healed;
  close_incident(slot, ours ? Closing::healed : Closing::recovered);
}

void World::on(const JournalChanged& changed) {
  const bool works = changed.what == JournalChanged::What::works;
  note(works ? RecordKind::journal_works : RecordKind::journal_failed, changed.why);
  journal_problem_ = works ? std::string{} : changed.why;
  journal_retry_at_ = never;
  if (!works) return;
  for (const Slot& slot : slots_) {
    if (slot.state.hold->guard == Guard::journal) dirty(slot.id);
  }
}

void World::on(const Stalled& stalled) {
  note(RecordKind::stalled, "observations in flight are thrown away").took = stalled.lasted;
  for (Slot& slot : slots_) {
    for (ProbeSlot& probe : slot.probes) look_from_now(probe);
  }
}

void World::on(const Tick&) {}

}  // namespace heald
