// Changes of state that leave a trace, and who has to be decided anew because of them.

#include <algorithm>
#include <utility>

#include "condition.hpp"
#include "world.hpp"

namespace heald {

void World::dirty(ServiceId service) {
  Slot& slot = at(service);
  if (slot.dirty) return;
  slot.dirty = true;
  dirty_.push_back(service);
}

void World::touch(Slot& slot) {
  decision_.marked = true;
  if (slot.changed) return;
  slot.changed = true;
  changed_.push_back(slot.id);
}

void World::touch_daemon() {
  decision_.marked = true;
  decision_.daemon_changed = true;
}

Record& World::note(RecordKind kind, std::string text) {
  decision_.marked = true;
  Record& record = records_.emplace_back();
  record.kind = kind;
  record.at = now_;
  record.text = std::move(text);
  return record;
}

Record& World::note(Slot& slot, RecordKind kind, std::string text) {
  touch(slot);
  Record& record = note(kind, std::move(text));
  record.service = slot.id;
  if (slot.has_open_incident()) record.incident = slot.state.incident->id;
  if (slot.state.action) {
    const ActionState& action = *slot.state.action;
    record.action = action.id;
    record.rung = action.rung;
    record.action_kind = action.kind;
    record.cause = action.cause;
  }
  return record;
}

void World::set_activity(Slot& slot, Activity activity, Hold hold) {
  ServiceState& state = slot.state;
  if (state.activity == activity && state.hold == hold) return;
  if (state.activity == Activity::held && activity != Activity::held) {
    note(slot, RecordKind::released, {}).hold = state.hold;
  }
  if (state.activity != activity) state.activity_since = now_;
  state.activity = activity;
  state.hold = std::move(hold);
  touch(slot);
}

void World::hold(Slot& slot, Hold why) {
  const Hold& current = slot.state.hold;
  const bool news = slot.state.activity != Activity::held || current.guard != why.guard ||
                    current.rule != why.rule;
  if (news) note(slot, RecordKind::held, why.value).hold = why;
  // How many are silent moves with every look; that they are too many is what holds.
  if (!news && why.guard == Guard::blindness) why.value = current.value;
  set_activity(slot, Activity::held, std::move(why));
  if (slot.waiting || !slot.policy) return;
  slot.waiting = true;
  group(slot).waiting.push_back(slot.id);
}

void World::set_desired(Slot& slot, Desired desired, const std::string& why) {
  if (slot.state.desired == desired) return;
  slot.state.desired = desired;
  note(slot, RecordKind::desired_changed, std::string{to_string(desired)} + ": " + why);
  for (std::size_t probe = 0; probe < slot.probes.size(); ++probe) count_probe(slot, probe);
  wake_dependents(slot);
}

/// What nobody wants to run is not looked at any more: what its last looks met says nothing of
/// whether their source is blind, and would say so for ever.
void World::count_probe(Slot& slot, std::size_t probe) {
  Vantage& vantage = slot.probes[probe].vantage;
  const ProbePolicy& rule = slot.policy->probes[probe];
  if (slot.state.desired == Desired::running) {
    if (vantage.joined) return;
    vantage = sources_.join(rule.source, rule.address, rule.interval + rule.timeout);
    return;
  }
  leave_source(vantage);
}

/// A source sees again when those that were silent have left it.
void World::leave_source(Vantage& vantage) {
  if (sources_.leave(vantage) != Sources::Change::sighted) return;
  note(RecordKind::sighted, sources_.describe_silence(vantage)).condition = sources_.name(vantage);
  ask_all_again();
}

void World::set_process_condition(Slot& slot, ConditionStatus status, const std::string& evidence) {
  if (slot.state.conditions.empty()) return;
  Condition& condition = slot.state.conditions.front();
  if (condition.name != process_condition) return;
  const bool turned = condition.status != status;
  heald::settle(condition, status, evidence, now_);
  touch(slot);
  if (!turned) return;
  const std::string why = evidence.empty() ? "" : ": " + evidence;
  note(slot, RecordKind::condition_changed, std::string{to_string(status)} + why).condition =
      condition.name;
}

/// Puts those who wait into the order in which they are decided: the first to wait first. It hangs
/// on durable state alone, for the order in which they were noted hangs on looks as well.
void World::in_turn(std::vector<ServiceId>& waiting) const {
  const auto place = [this](ServiceId service) {
    return std::pair{at(service).state.activity_since, service};
  };
  std::sort(waiting.begin(), waiting.end(),
            [&](ServiceId left, ServiceId right) { return place(left) < place(right); });
  waiting.erase(std::unique(waiting.begin(), waiting.end()), waiting.end());
}

void World::wake_waiting(Group& group) {
  std::erase_if(group.waiting, [this](ServiceId service) {
    Slot& slot = at(service);
    slot.waiting = slot.state.activity == Activity::held;
    return !slot.waiting;
  });
  in_turn(group.waiting);
  for (const ServiceId service : group.waiting) dirty(service);
}

void World::wake_dependents(Slot& slot) {
  for (const ServiceId dependent : slot.needed_by) dirty(dependent);
  for (const Need& need : slot.needs) dirty(need.service);  // a stop waits for its dependents
  wake_owed(slot);
}

void World::take_place(Slot& slot) {
  if (slot.occupies) return;
  slot.occupies = true;
  group(slot).count_acting(1);
  wake_waiting(group(slot));  // what holds them may be another guard now
}

void World::leave_place(Slot& slot) {
  if (!slot.occupies) return;
  slot.occupies = false;
  group(slot).count_acting(-1);
  wake_waiting(group(slot));
}

std::size_t World::condition_of(const Slot& slot, std::size_t probe) {
  return probe + (slot.is_process() ? 1 : 0);
}

}  // namespace heald
