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
  for (ServiceState& state : snapshot.services) {
    Slot& slot = slots_.emplace_back();
    slot.id = ServiceId{static_cast<std::uint32_t>(slots_.size() - 1)};
    slot.state = std::move(state);
    by_name_.emplace(slot.state.name, slot.id);
  }
  deadlines_.grow(slots_.size());
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
  for (Group& each : groups_) {
    const auto storm = daemon_.storm_until.find(each.policy().name);
    if (storm != daemon_.storm_until.end()) each.resume_storm(storm->second);
  }
  for (Slot& slot : slots_) come_back(slot, restarted.boot);
}

void World::come_back(Slot& slot, Restarted::Boot boot) {
  ServiceState& state = slot.state;
  for (Condition& condition : state.conditions) reset(condition, now_);
  slot.was_running = state.running;
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
  if (!state.action) return;
  ActionState& action = *state.action;
  if (slot.policy && action.starts) resume_start_period(slot, now_);
  if (slot.policy && takes_place(action)) take_place(slot);
  if (slot.policy && is_rung(action) && group(slot).storm(now_)) group(slot).let(slot.id);
  if (slot.acting()) {
    action.result = ActionResult::unknown;
    action.evidence = "heald ended before its outcome was known";
    note(slot, RecordKind::action_finished, action.evidence).result = action.result;
  }
  action.finished = now_;  // what was seen before the gap proves nothing after it
  if (is_asked_stop(action)) {
    // A process is found running or not; of anything else only stopping it again can tell.
    const bool asked = action.cause == Cause::operation && slot.policy && !slot.is_process();
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

void World::on(const ProcessFound& found) {
  if (found.service.value() >= slots_.size()) return;
  Slot& slot = at(found.service);
  ServiceState& state = slot.state;
  if (!slot.is_process() || state.running) return;  // it was found before
  touch(slot);
  dirty(slot.id);
  switch (found.what) {
    case ProcessFound::What::running: take_over(slot, found); return;
    case ProcessFound::What::none:
      set_process_condition(slot, ConditionStatus::unknown, {});
      return;
    case ProcessFound::What::ended: break;
  }
  const bool heard = !slot.was_running && state.last_exit && found.generation == state.generation;
  state.generation = std::max(state.generation, found.generation);
  if (unwanted(slot) || state.desired == Desired::done) return;
  if (heard) {  // its end, and how, was known before heald went away
    set_process_condition(slot, ConditionStatus::fail, describe(*state.last_exit));
    return;
  }
  state.last_exit = ExitStatus{};
  state.exits.push_back(now_);
  note(slot, RecordKind::exited, "it ended while heald was away");
  set_process_condition(slot, ConditionStatus::fail, "it ended while heald was away");
}

void World::take_over(Slot& slot, const ProcessFound& found) {
  ServiceState& state = slot.state;
  const bool known = found.generation == state.generation && state.started != Instant{};
  state.generation = std::max(state.generation, found.generation);
  state.running = true;
  state.pid = found.pid;
  if (!known) state.started = now_;
  set_process_condition(slot, ConditionStatus::pass, {});
  for (std::size_t probe = 0; probe < slot.probes.size(); ++probe) {
    slot.probes[probe].starting_until = state.started + slot.policy->probes[probe].start_period;
  }
  note(slot, RecordKind::adopted,
       "pid " + std::to_string(found.pid.value_or(0)) + " was taken over, not restarted");
}

void World::on(const AdoptionFinished&) {
  adopted_ = true;
  decision_.marked = true;
  for (const Slot& slot : slots_) dirty(slot.id);
}

}  // namespace heald
