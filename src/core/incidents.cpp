// From the first symptom to the end: opening, relapse, latch, closing.

#include <algorithm>

#include "backoff.hpp"
#include "text.hpp"
#include "world.hpp"

namespace heald {

using namespace std::chrono_literals;

void World::track_incident(Slot& slot) {
  bool all_pass = true;
  std::string symptom;
  Instant first = now_;
  for (std::size_t place = 0; place < slot.state.conditions.size(); ++place) {
    const Condition& condition = slot.state.conditions[place];
    if (condition.status == ConditionStatus::pass || !is_alive(slot, place)) continue;
    all_pass = false;
    if (condition.status != ConditionStatus::fail) continue;
    if (symptom.empty()) symptom = "'" + condition.name + "' failed: " + *condition.evidence;
    first = std::min(first, condition.failing_since);
  }
  if (!symptom.empty()) {
    open_incident(slot, symptom, first);
  } else if (all_pass) {
    pass_incident(slot);
  } else if (!slot.has_open_incident()) {
    notice_unknown(slot);
  }
}

void World::pass_incident(Slot& slot) {
  if (!slot.state.incident) return;
  const Incident& incident = *slot.state.incident;
  if (incident.closing == Closing::open) {
    const bool ours = incident.last_verdict == Verdict::healed;
    close_incident(slot, ours ? Closing::healed : Closing::recovered);
  } else if (now_ >= incident.closed + slot.policy->reset_after) {
    slot.state.incident.reset();
    touch(slot);
  }
}

void World::open_incident(Slot& slot, const std::string& symptom, Instant first_symptom) {
  if (slot.has_open_incident() && !slot.state.incident->notify_only) return;
  if (slot.has_open_incident()) {
    slot.state.incident->notify_only = false;
    slot.state.incident->symptom = symptom;
    slot.asked = {};  // for now there is a failure, which the dependencies may explain
    touch(slot);
    return;
  }
  if (slot.state.incident) return relapse(slot, symptom, first_symptom);
  Incident& incident = slot.state.incident.emplace();
  incident.id = IncidentId{daemon_.next_incident++};
  touch_daemon();
  incident.first_symptom = first_symptom;
  incident.opened = now_;
  incident.last_told = now_;
  incident.symptom = symptom;
  note(slot, RecordKind::incident_opened, symptom).took = now_ - first_symptom;
  ask_dependencies(slot);
  tell_news(slot, Occasion::opened, symptom);
  wake_dependents(slot);  // those that are held by it come under its incident
}

/// The same incident goes on: what healed it did not last.
void World::relapse(Slot& slot, const std::string& symptom, Instant first_symptom) {
  Incident& incident = *slot.state.incident;
  incident.closing = Closing::open;
  incident.closed = never;
  incident.root = {};
  incident.last_verdict.reset();
  incident.last_rung.clear();
  incident.last_evidence.clear();
  incident.slow_retry_at = never;
  incident.observed = false;
  incident.notify_only = false;
  incident.last_told = now_;
  ++incident.relapses;
  const Duration delay =
      backoff_delay(slot.policy->backoff, incident.actions, seed_, slot.state.name);
  incident.backoff_until = now_ + delay;
  note(slot, RecordKind::incident_relapsed, symptom).took = now_ - first_symptom;
  ask_dependencies(slot);
  tell_news(slot, Occasion::opened, "again: " + symptom);
  wake_dependents(slot);
}

void World::close_incident(Slot& slot, Closing closing) {
  Incident& incident = *slot.state.incident;
  if (slot.state.activity == Activity::latched) {
    note(slot, RecordKind::unlatched, "the incident ended");
  }
  Record& record = note(slot, RecordKind::incident_closed, std::string{to_string(closing)});
  record.closing = closing;
  record.took = now_ - incident.first_symptom;
  incident.closing = closing;
  incident.closed = now_;
  tell_end(slot);
  if (!slot.acting() && !slot.verifying()) set_activity(slot, Activity::idle, {});
  wake_dependents(slot);
  look_behind(slot);
}

/// What failed with it may have come back with it: they are looked at before they are acted upon,
/// and before people are told of them after all.
void World::look_behind(const Slot& slot) {
  std::vector<ServiceId> open{slot.id};
  std::vector<bool> seen(slots_.size());
  while (!open.empty()) {
    const ServiceId behind = open.back();
    open.pop_back();
    for (const ServiceId id : at(behind).needed_by) {
      Slot& dependent = at(id);
      if (seen[id.value()] || !dependent.has_open_incident()) continue;
      seen[id.value()] = true;
      open.push_back(id);
      const bool owes = !dependent.state.incident->owed.empty();
      if (behind == slot.id || owes) look_afresh(dependent);
    }
  }
}

void World::latch(Slot& slot, Hold why) {
  Incident& incident = *slot.state.incident;
  const std::optional<Duration>& period = slot.policy->slow_retry;
  incident.slow_retry_at = period ? now_ + *period : never;
  if (slot.state.activity == Activity::latched) return;
  const std::string text = why.value;
  note(slot, RecordKind::latched, text).hold = why;
  set_activity(slot, Activity::latched, std::move(why));
  tell_news(slot, Occasion::latched, text + "; " + incident.symptom);
}

/// A condition that stays unknown is nobody's failure, but people have to know.
void World::notice_unknown(Slot& slot) {
  for (std::size_t probe = 0; probe < slot.probes.size(); ++probe) {
    if (now_ < unknown_since(slot, probe)) continue;
    const Condition& condition = slot.state.conditions[condition_of(slot, probe)];
    open_incident(slot, "'" + condition.name + "' has been unknown: " + *condition.evidence,
                  condition.unknown_since);
    slot.state.incident->notify_only = true;
    return;
  }
}

}  // namespace heald
