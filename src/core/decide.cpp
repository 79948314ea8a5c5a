// What follows from the state of one service.
//
// Every pair of desired state and activity is decided in `drive`, top down: an action in flight
// is waited for; what has to stop stops; what is not desired to run rests; an operator's word
// goes before a verification, which goes before convergence, which goes before the ladder.

#include <algorithm>
#include <utility>

#include "condition.hpp"
#include "world.hpp"

namespace heald {
namespace {

using namespace std::chrono_literals;

/// How long a condition may stay unknown before people are told.
constexpr Duration unknown_tolerance = 5min;

}  // namespace

void World::decide(ServiceId service) {
  Slot& slot = at(service);
  const Precedence before = precedence(slot);
  if (slot.policy) {
    age_conditions(slot);
    judge_action(slot);
    refresh_health(slot);
  }
  if (adopted_) drive(slot);
  if (slot.policy) refresh_health(slot);
  tell_dependents(slot, before);
  probe_due(slot);
  deadlines_.set(service, wake_of(slot));
}

void World::drive(Slot& slot) {
  if (slot.acting()) return;
  ServiceState& state = slot.state;
  const bool wanted = slot.policy && !shutting_down_ && state.desired == Desired::running;
  // Sickness is told of also while a stop or an operator's word has to wait.
  if (wanted && !slot.verifying()) {
    track_incident(slot);
    tell_owed(slot);
  }
  if (wants_stop(slot)) return converge_stop(slot);
  if (shutting_down_) return abandon_verification(slot, "heald is shutting down");
  if (!slot.policy) return;
  if (state.pause && now_ >= state.pause->until) {
    state.pause.reset();
    touch(slot);
  }
  if (state.pending) return carry_out_operation(slot, *state.pending);
  if (!wanted) {
    abandon_verification(slot, "it is no longer wanted running");
    return set_activity(slot, Activity::idle, {});
  }
  if (slot.verifying()) return;
  const bool absent = slot.is_process() && !state.running &&
                      state.conditions.front().status != ConditionStatus::fail;
  const bool up = state.running || !slot.is_process();
  if (absent || (up && (state.restart_wanted || state.reload_wanted))) {
    converge(slot);
  } else if (slot.has_open_incident()) {
    climb(slot);
    remind(slot);
  } else {
    set_activity(slot, Activity::idle, {});
  }
}

/// Whatever it was that made it go before them, or no longer, and be it for a moment, in which some
/// of them may have been decided: they ask anew.
void World::tell_dependents(Slot& slot, Precedence before) {
  const Precedence now = precedence(slot);
  const Precedence known = std::exchange(slot.known_precedence, now);
  if (before != known || now != known) wake_dependents(slot);
}

/// Whether one of them is known no more.
bool World::age_conditions(Slot& slot) {
  bool aged = false;
  for (std::size_t probe = 0; probe < slot.probes.size(); ++probe) {
    Condition& condition = slot.state.conditions[condition_of(slot, probe)];
    if (now_ < stale_at(condition, slot.policy->probes[probe])) continue;
    fade(condition, now_);
    note(slot, RecordKind::condition_changed, "unknown: no pass or fail for three intervals")
        .condition = condition.name;
    wake_dependents(slot);
    aged = true;
  }
  return aged;
}

Health World::health_of(const Slot& slot) const {
  const ServiceState& state = slot.state;
  if (state.desired == Desired::done) return Health::healthy;
  if (state.desired == Desired::stopped) return Health::unknown;
  bool all_pass = true;
  for (std::size_t place = 0; place < state.conditions.size(); ++place) {
    const ConditionStatus status = state.conditions[place].status;
    if (status == ConditionStatus::pass || !is_alive(slot, place)) continue;
    if (status == ConditionStatus::fail) return Health::unhealthy;
    all_pass = false;
  }
  if (all_pass) return Health::healthy;
  const bool in_period = std::any_of(slot.probes.begin(), slot.probes.end(), [&](const auto& p) {
    return now_ < p.starting_until;
  });
  const bool begun = (slot.acting() || slot.verifying()) && state.action && state.action->starts;
  return in_period || begun ? Health::starting : Health::unknown;
}

bool World::is_alive(const Slot& slot, std::size_t condition) {
  const std::size_t first = slot.is_process() ? 1 : 0;
  return condition < first || slot.policy->probes[condition - first].role == ProbeRole::alive;
}

void World::refresh_health(Slot& slot) {
  ServiceState& state = slot.state;
  const Health health = health_of(slot);
  if (health == state.health) return;
  if (state.health == Health::healthy) group(slot).count_healthy(-1);
  if (health == Health::healthy) group(slot).count_healthy(1);
  Record& record = note(slot, RecordKind::health_changed, std::string{to_string(health)});
  Instant symptom = now_;
  for (const Condition& condition : state.conditions) {
    symptom = std::min(symptom, condition.failing_since);
  }
  if (health == Health::unhealthy) record.took = now_ - symptom;
  const bool storm = health == Health::unhealthy && group(slot).turned_unhealthy(slot.id, now_);
  state.health = health;
  state.health_since = now_;
  if (storm) begin_storm(slot);
  wake_dependents(slot);
  wake_waiting(group(slot));
}

void World::begin_storm(Slot& slot) {
  const GroupPolicy& rule = group(slot).policy();
  note(RecordKind::storm_begun, "many members turned unhealthy at once").condition = rule.name;
  daemon_.storm_until[rule.name] = group(slot).storm_until();
  daemon_.storm_let.erase(rule.name);
  touch_daemon();
  ask_members_again(slot);
}

/// Whoever is about to act in this group has to ask the guards once more.
void World::ask_members_again(const Slot& slot) {
  for (const Slot& member : slots_) {
    if (member.policy && member.group == slot.group && member.has_open_incident()) dirty(member.id);
  }
}

/// The same of everybody.
void World::ask_all_again() {
  for (const Slot& each : slots_) {
    if (each.policy && each.has_open_incident()) dirty(each.id);
  }
}

/// In a storm only so many may act, over a death of heald as well.
void World::let_act(Slot& slot) {
  group(slot).let(slot.id);
  std::vector<std::string>& let = daemon_.storm_let[group(slot).policy().name];
  if (std::find(let.begin(), let.end(), slot.state.name) != let.end()) return;
  let.push_back(slot.state.name);
  touch_daemon();
  ask_members_again(slot);
}

Instant World::wake_of(const Slot& slot) const {
  const ServiceState& state = slot.state;
  Instant wake = never;
  // What was due by now has just been decided; only what lies ahead can wake us.
  const auto sooner = [&](Instant instant) {
    if (instant > now_) wake = std::min(wake, instant);
  };
  sooner(slot.converge_at);
  if (!slot.policy) return wake;
  const bool looks = probed(slot);
  for (std::size_t place = 0; place < slot.probes.size(); ++place) {
    const ProbeSlot& probe = slot.probes[place];
    const Condition& condition = state.conditions[condition_of(slot, place)];
    if (looks && !probe.in_flight) sooner(probe.due);
    if (looks) sooner(probe.starting_until);
    sooner(stale_at(condition, slot.policy->probes[place]));
    if (!slot.has_open_incident()) sooner(unknown_since(slot, place));
  }
  if (slot.verifying()) sooner(slot.judge_at);
  sooner(state.hold->until);
  if (state.pause) sooner(state.pause->until);
  if (!state.incident) return wake;
  const Incident& incident = *state.incident;
  if (incident.closing != Closing::open) sooner(incident.closed + slot.policy->reset_after);
  if (state.activity != Activity::latched) return wake;
  sooner(incident.slow_retry_at);
  if (slot.policy->notify.repeat > 0s) sooner(incident.last_told + slot.policy->notify.repeat);
  return wake;
}

Instant World::unknown_since(const Slot& slot, std::size_t probe) const {
  const Condition& condition = slot.state.conditions[condition_of(slot, probe)];
  const ProbePolicy& rule = slot.policy->probes[probe];
  if (condition.unknown_since == never || rule.role != ProbeRole::alive) return never;
  return condition.unknown_since + 3 * rule.interval + unknown_tolerance;
}

}  // namespace heald
