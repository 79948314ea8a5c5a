// Going on where another engine stopped, and finding out what runs.

#include <algorithm>

#include "condition.hpp"
#include "heald/assert.hpp"
#include "world.hpp"

namespace heald {
namespace {

/// A start whose end nobody heard may have ended just now. When it started a process, that one's
/// own record tells better; see `take_over`.
void resume_start_period(Slot& slot, Instant now) {
  const Instant begun = slot.acting() ? now : slot.state.started;
  for (std::size_t probe = 0; probe < slot.probes.size(); ++probe) {
    slot.probes[probe].starting_until = begun + slot.policy->probes[probe].start_period;
  }
}

}  // namespace

void World::restore(Snapshot snapshot) {
  HEALD_ASSERT(slots_.empty() && policy_ == nullptr);
  daemon_ = std::move(snapshot.daemon);
  now_ = daemon_.now;
  slots_.reserve(snapshot.services.size());
  for (ServiceState& state : snapshot.services) add_slot(std::move(state));
  sort_names();
}

Snapshot World::snapshot() const {
  Snapshot copy{.daemon = daemon_, .services = {}};
  copy.services.reserve(slots_.size());
  for (const Slot& slot : slots_) copy.services.push_back(slot.state);
  return copy;
}

void World::on(const Restarted& restarted) {
  note(RecordKind::restarted,
       restarted.boot == Restarted::Boot::same ? "heald came back" : "the machine was rebooted");
  resume_storms();
  for (Slot& slot : slots_) come_back(slot, restarted.boot);
}

void World::resume_storms() {
  for (Group& each : groups_) {
    const auto storm = daemon_.storm_until.find(each.policy().name);
    if (storm == daemon_.storm_until.end()) continue;
    each.resume_storm(storm->second);
    const auto let = daemon_.storm_let.find(each.policy().name);
    if (let == daemon_.storm_let.end()) continue;
    for (const std::string& name : let->second) {
      if (const auto service = find(name)) each.let(*service);
    }
  }
}

void World::come_back(Slot& slot, Restarted::Boot boot) {
  ServiceState& state = slot.state;
  for (Condition& condition : state.conditions) reset(condition, now_);
  slot.was_running = state.running;
  slot.was_armed = boot == Restarted::Boot::same && slot.armed() &&
                   state.desired == Desired::running;
  state.running = false;
  state.pid.reset();
  touch(slot);
  if (!slot.policy) {
    drop_intentions(slot);
    state.health = Health::unknown;
    state.conditions.clear();
  }
  if (!slot.policy && !state.action) set_activity(slot, Activity::idle, {});
  if (state.activity == Activity::held || state.activity == Activity::backing_off) {
    set_activity(slot, Activity::idle, {});
  }
  plan_anew(slot);
  if (!state.action) return;
  ActionState& action = *state.action;
  // What became of a stop is told by whether its process is found.
  if (slot.is_process() && is_asked_stop(action)) return;
  if (slot.policy && action.starts) resume_start_period(slot, now_);
  if (slot.policy && takes_place(action)) take_place(slot);
  if (slot.acting()) end_unknown(slot);
  action.finished = now_;  // what was seen before the gap proves nothing after it
  if (is_asked_stop(action)) {
    // Nothing is found of what is no process: only stopping it again can tell.
    const bool asked = action.cause == Cause::operation && slot.policy;
    if (asked && state.desired == Desired::stopped) state.pending = Operation::stop;
    end_action(slot);
  } else if (!slot.policy) {
    set_activity(slot, Activity::verifying, {});
    give_verdict(slot, Verdict::unknown, "the service was removed from the rules");
  } else if (boot == Restarted::Boot::another) {
    set_activity(slot, Activity::verifying, {});
    give_verdict(slot, Verdict::unknown, "the machine was rebooted");
  } else {
    begin_verification(slot);
  }
}

/// The slow retry was planned under rules that may have been others, with another budget too.
void World::plan_anew(Slot& slot) const {
  if (!slot.policy || !slot.state.incident) return;
  Instant& retry = slot.state.incident->slow_retry_at;
  const std::optional<Duration>& period = slot.policy->slow_retry;
  retry = period && retry != never ? std::min(retry, now_ + *period) : never;
}

void World::on(const ProcessFound& found) {
  if (found.service.value() >= slots_.size()) return;
  Slot& slot = at(found.service);
  ServiceState& state = slot.state;
  // Found before, or told after the start-up: what heald does about it since then is not undone.
  if (adopted_ || !slot.is_process() || state.running) return;
  touch(slot);
  dirty(slot.id);
  if (slot.was_armed && found.generation.value() == state.generation.value() + 1) {
    if (const RungPolicy* rung = armed_rung(slot)) return take_up_armed(slot, *rung, found);
  }
  const bool was_being_stopped = conclude_stop(slot);
  switch (found.what) {
    case ProcessFound::What::running: take_over(slot, found); return;
    case ProcessFound::What::none:
      set_process_condition(slot, ConditionStatus::unknown, {});
      return;
    case ProcessFound::What::ended: break;
  }
  const bool heard = !slot.was_running && state.last_exit && found.generation == state.generation;
  const bool stopped = was_being_stopped || found.generation < state.generation;
  state.generation = std::max(state.generation, found.generation);
  // One is passed over, so that its record, when it is found once more, is known to be old.
  if (was_being_stopped) state.generation = Generation{state.generation.value() + 1};
  if (unwanted(slot) || state.desired == Desired::done) return;
  if (stopped) {  // by us: that it is gone is no symptom
    set_process_condition(slot, ConditionStatus::unknown, {});
    return;
  }
  if (heard) {  // its end, and how, was known before heald went away
    set_process_condition(slot, ConditionStatus::fail, describe(*state.last_exit));
    return;
  }
  state.last_exit = ExitStatus{};
  state.exits.push_back(now_);
  note(slot, RecordKind::exited, "it ended while heald was away");
  set_process_condition(slot, ConditionStatus::fail, "it ended while heald was away");
}

/// Ends the stop that was in flight when heald went away; false: there was none.
bool World::conclude_stop(Slot& slot) {
  if (!slot.acting() || !slot.state.action || !is_asked_stop(*slot.state.action)) return false;
  end_unknown(slot);
  end_action(slot);
  return true;
}

/// The outcome of an action that was in flight when heald went away.
void World::end_unknown(Slot& slot) {
  ActionState& action = *slot.state.action;
  action.result = ActionResult::unknown;
  action.evidence = "heald ended before its outcome was known";
  action.finished = now_;
  note(slot, RecordKind::action_finished, action.evidence).result = action.result;
}

void World::take_over(Slot& slot, const ProcessFound& found) {
  ServiceState& state = slot.state;
  const bool known = found.generation == state.generation && state.started != Instant{};
  state.generation = std::max(state.generation, found.generation);
  state.running = true;
  state.pid = found.pid;
  if (!known) state.started = now_;
  set_process_condition(slot, ConditionStatus::pass, {});
  // It was done, and somebody's word to run it once more is not in the journal.
  if (state.desired == Desired::done) set_desired(slot, Desired::running, "it was found running");
  for (std::size_t probe = 0; probe < slot.probes.size(); ++probe) {
    slot.probes[probe].starting_until = state.started + slot.policy->probes[probe].start_period;
  }
  note(slot, RecordKind::adopted,
       "pid " + std::to_string(found.pid.value_or(0)) + " was taken over, not restarted");
  if (!state.action || !state.action->starts || is_rung(*state.action)) return;
  if (found.generation < state.action->generation) begin_anew(slot);
}

/// The rung by which the process that rested may have been followed by another; null: by none.
const RungPolicy* World::armed_rung(const Slot& slot) const {
  Symptoms symptoms;
  symptoms.failing.push_back(process_condition);
  symptoms.exited = true;
  const Incident fresh;
  const Incident& incident = slot.state.incident ? *slot.state.incident : fresh;
  const RungPolicy* rung = next_rung(*slot.policy, incident, symptoms);
  return rung != nullptr && restarts_at_exit(*rung) ? rung : nullptr;
}

/// The process ended, and another was started at once, whose intent was in the journal with the
/// first one; heald ended before it wrote down that this was so. It is the ladder's action, with an
/// outcome that nobody heard.
void World::take_up_armed(Slot& slot, const RungPolicy& rung, const ProcessFound& found) {
  ServiceState& state = slot.state;
  const std::string what = "it ended, and was started anew, while heald ended";
  state.last_exit = ExitStatus{};
  state.exits.push_back(now_);
  note(slot, RecordKind::exited, what);
  set_process_condition(slot, ConditionStatus::fail, what);
  track_incident(slot);
  charge(slot, rung, Cause::ladder, symptoms_of(slot));
  begin_action(slot, {&rung.action, rung.name, Cause::ladder}, *slot.policy);
  end_unknown(slot);
  state.generation = found.generation;
  state.running = found.what == ProcessFound::What::running;
  state.pid = found.pid;
  if (state.running) {
    set_process_condition(slot, ConditionStatus::pass, {});
    note(slot, RecordKind::adopted,
         "pid " + std::to_string(found.pid.value_or(0)) + " was taken over, not restarted");
  }
  begin_start_period(slot);
  begin_verification(slot);
}

/// What was to be started anew is still the one of before: heald ended before it was done, and
/// nothing that is looked at could tell. A rung is judged all the same.
void World::begin_anew(Slot& slot) {
  take_back(slot);
  give_verdict(slot, Verdict::unknown, "the process of before still runs");
}

void World::on(const AdoptionFinished&) {
  adopted_ = true;
  decision_.marked = true;
  // What an earlier heald saw is forgotten for all, before anything is decided for one: the guards
  // of a group count their members.
  for (Slot& slot : slots_) {
    if (slot.policy) refresh_health(slot);
    dirty(slot.id);
  }
}

}  // namespace heald
