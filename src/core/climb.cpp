// The ladder: which rung, whether now, and what became of it.

#include <algorithm>

#include "backoff.hpp"
#include "condition.hpp"
#include "text.hpp"
#include "window.hpp"
#include "world.hpp"

namespace heald {
namespace {

bool spends(const RungPolicy& rung) { return kind_of(rung.action) != ActionKind::notify; }

}  // namespace

using namespace std::chrono_literals;

Symptoms World::symptoms_of(const Slot& slot) const {
  Symptoms symptoms;
  const ServiceState& state = slot.state;
  for (std::size_t place = 0; place < state.conditions.size(); ++place) {
    const Condition& condition = state.conditions[place];
    if (condition.status != ConditionStatus::fail || !is_alive(slot, place)) continue;
    symptoms.failing.push_back(condition.name);
  }
  if (!slot.is_process() || state.running || !symptoms.any()) return symptoms;
  const ExitPolicy& rule = slot.policy->process()->exit;
  symptoms.exited = symptoms.failing.front() == process_condition;
  symptoms.crash_loop =
      count_within(state.exits, rule.crash_loop_within, now_) >= rule.crash_loop_exits;
  if (!state.last_exit || !symptoms.exited) return symptoms;
  const ExitStatus& exit = *state.last_exit;
  symptoms.oom = exit.oom;
  symptoms.barred = exit.kind == ExitStatus::Kind::exited &&
                    std::find(rule.never_restart.begin(), rule.never_restart.end(), exit.code) !=
                        rule.never_restart.end();
  return symptoms;
}

void World::climb(Slot& slot) {
  const Incident& incident = *slot.state.incident;
  const Symptoms symptoms = symptoms_of(slot);
  const RungPolicy* rung = next_rung(*slot.policy, incident, symptoms);
  if (slot.state.activity == Activity::latched) {
    if (rung == nullptr || slot.state.hold->guard == Guard::budget) {
      return retry_slowly(slot, symptoms);
    }
    if (auto spent = budget_hold(slot); spends(*rung) && spent) {
      return stay_latched(slot, symptoms, std::move(*spent));
    }
    note(slot, RecordKind::unlatched, "rung '" + rung->name + "' applies now");
  }
  if (incident.notify_only || !symptoms.any()) return hold(slot, without_symptom(slot));
  if (rung == nullptr) {
    const bool empty = slot.policy->remediation.empty();
    return latch(slot, {Guard::ladder, "remediation",
                        empty ? "the ladder is empty" : "no rung is left",
                        "health, an operator, or other rules", never});
  }
  if (looks_afresh(slot)) {
    return hold(slot, {Guard::unknown, "a rung needs a fresh look",
                       "what was seen is older than what happened since",
                       "a look begun after it", never});
  }
  if (auto spent = budget_hold(slot); spends(*rung) && spent) {
    return latch(slot, std::move(*spent));
  }
  ask_dependencies(slot);
  try_rung(slot, *rung, symptoms);
}

/// A rung would apply now, but the budget that it needs is spent: only the reason changes.
void World::stay_latched(Slot& slot, const Symptoms& symptoms, Hold spent) {
  note(slot, RecordKind::held, spent.value).hold = spent;
  set_activity(slot, Activity::latched, std::move(spent));
  retry_slowly(slot, symptoms);
}

/// Nothing fails that a rung could be chosen for, but not all is well either.
Hold World::without_symptom(const Slot& slot) const {
  if (std::optional<Hold> blind = sightless(slot)) return std::move(*blind);
  return {Guard::unknown, "a rung needs a failing condition",
          "no condition fails, and not all pass", "a fresh pass or fail", never};
}

void World::try_rung(Slot& slot, const RungPolicy& rung, const Symptoms& symptoms) {
  const Candidate candidate{&rung.action, rung.name, Cause::ladder};
  std::optional<Hold> held = first_hold(slot, candidate);
  if (!held) return take_rung(slot, rung, Cause::ladder, symptoms);
  switch (held->guard) {
    case Guard::backoff: return set_activity(slot, Activity::backing_off, std::move(*held));
    case Guard::observe: would_act(slot, candidate, *held); break;
    case Guard::dependency:
      collect(slot);
      if (held->until <= now_) return retry_past_dependency(slot, symptoms);
      break;
    default: break;
  }
  hold(slot, std::move(*held));
}

/// What `observe` holds back is written down once in each incident.
void World::would_act(Slot& slot, const Candidate& candidate, const Hold& held) {
  if (slot.state.incident->observed) return;
  slot.state.incident->observed = true;
  Record& record =
      note(slot, RecordKind::would_act,
           "would " + std::string{to_string(kind_of(*candidate.action))} + " (observe)");
  record.rung = candidate.rung;
  record.action_kind = kind_of(*candidate.action);
  record.hold = held;
}

/// Puts the incident under that of the dependency that explains it.
void World::collect(Slot& slot) {
  for (const Need& need : slot.needs) {
    const Slot& cause = at(need.service);
    if (!need.rule->gate || !cause.has_open_incident()) continue;
    const Incident& found = *cause.state.incident;
    const IncidentId root = found.root.value() != 0 ? found.root : found.id;
    if (slot.state.incident->root == root) return;
    slot.state.incident->root = root;
    note(slot, RecordKind::incident_collected,
         "under incident " + std::to_string(root.value()) + " of '" + cause.state.name + "'");
    wake_dependents(slot);  // theirs is the same root
    return;
  }
}

/// A dependency may stay unhealthy for good: once in a while its dependents are tried all the same.
void World::retry_past_dependency(Slot& slot, const Symptoms& symptoms) {
  const RungPolicy* rung = slow_rung(*slot.policy, symptoms);
  const Candidate candidate{rung == nullptr ? nullptr : &rung->action,
                            rung == nullptr ? "" : rung->name, Cause::slow_retry};
  // The ladder's own next rung may be one that spends nothing.
  std::optional<Hold> held = rung == nullptr ? std::nullopt : budget_hold(slot);
  if (rung != nullptr && !held) held = first_hold(slot, candidate);
  if (rung != nullptr && !held) return take_rung(slot, *rung, Cause::slow_retry, symptoms);
  // What held it back is told, but the dependency's hold stays in force, for whenever this service
  // is decided again it is the dependency that is asked about first.
  if (held) note(slot, RecordKind::held, held->value).hold = *held;
  slot.state.hold.clear();  // the bounded time begins anew
  hold(slot, *guard_dependency(slot, {}));
}

void World::retry_slowly(Slot& slot, const Symptoms& symptoms) {
  Incident& incident = *slot.state.incident;
  const bool unplanned = slot.policy->slow_retry && incident.slow_retry_at == never;
  if (unplanned && slow_rung(*slot.policy, symptoms) != nullptr) {
    incident.slow_retry_at = now_ + *slot.policy->slow_retry;  // other rules, or a new symptom
    touch(slot);
  }
  if (now_ < incident.slow_retry_at || !slot.policy->slow_retry) return;
  if (!symptoms.any()) {
    incident.slow_retry_at = now_ + *slot.policy->slow_retry;
    return touch(slot);
  }
  const RungPolicy* rung = slow_rung(*slot.policy, symptoms);
  if (rung == nullptr) {
    incident.slow_retry_at = never;
    return touch(slot);
  }
  const Candidate candidate{&rung->action, rung->name, Cause::slow_retry};
  std::optional<Hold> held = budget_hold(slot);
  if (!held) held = first_hold(slot, candidate);
  if (held && held->guard == Guard::observe) {
    would_act(slot, candidate, *held);
    incident.slow_retry_at = now_ + *slot.policy->slow_retry;
    return touch(slot);
  }
  if (held) {
    const Instant soon = now_ + std::min<Duration>(*slot.policy->slow_retry, 1min);
    incident.slow_retry_at = held->until == never ? soon : held->until;
    note(slot, RecordKind::held, held->value).hold = *held;
    return;
  }
  take_rung(slot, *rung, Cause::slow_retry, symptoms);
}

std::optional<Hold> World::budget_hold(const Slot& slot) const {
  const LimitPolicy& rule = slot.policy->limits;
  const Instant room = room_at(slot.state.spent, rule.actions, rule.per, now_);
  if (room <= now_) return std::nullopt;
  return Hold{Guard::budget,
              "limits: " + count_of(rule.actions, "action") + " per " + describe(rule.per),
              "the budget is exhausted", "room for one more", room};
}

/// What no window counts any more, but for the latest: rules may change, and change back to a
/// longer window. So a budget of as many holds over any change, and the state stays small.
void World::forget_spending(Slot& slot) const {
  constexpr std::size_t always_kept = 100;
  std::vector<Instant>& spent = slot.state.spent;
  const Duration window = std::max<Duration>(slot.policy->limits.per, 1h);
  const std::size_t outside = spent.size() - count_within(spent, window, now_);
  const std::size_t surplus = spent.size() - std::min(spent.size(), always_kept);
  spent.erase(spent.begin(),
              spent.begin() + static_cast<std::ptrdiff_t>(std::min(outside, surplus)));
}

void World::take_rung(Slot& slot, const RungPolicy& rung, Cause cause, const Symptoms& symptoms) {
  charge(slot, rung, cause, symptoms);
  // Whoever finds what comes of it has to be able to tell which rung it was.
  const bool armed = cause == Cause::ladder && ended_ == slot.id && restarts_at_exit(rung);
  intend(slot, {&rung.action, rung.name, cause, armed}, rung.timeout);
}

/// What taking a rung costs, and what it will be judged on.
void World::charge(Slot& slot, const RungPolicy& rung, Cause cause, const Symptoms& symptoms) {
  Incident& incident = *slot.state.incident;
  if (cause == Cause::ladder) ++incident.attempts[rung.name];
  if (spends(rung)) {
    ++incident.actions;
    forget_spending(slot);
    slot.state.spent.push_back(now_);
    prune(daemon_.spent, 1h, now_);
    daemon_.spent.push_back(now_);
    if (daemon_.spent.size() >= total_limit()) ask_all_again();
  }
  // Only what is latched waits for a slow retry.
  const bool latched = slot.state.activity == Activity::latched;
  if (cause == Cause::slow_retry && latched && slot.policy->slow_retry) {
    incident.slow_retry_at = now_ + *slot.policy->slow_retry;
  }
  VerificationState verification{.rule = rung.verify, .proofs = {}};
  verification.rule.probes = judged_on(*slot.policy, rung, symptoms);
  slot.state.verification = std::move(verification);
  take_place(slot);
  if (group(slot).storm(now_)) let_act(slot);
}

void World::intend(Slot& slot, const Candidate& candidate, Duration timeout) {
  const ActionKind kind = kind_of(*candidate.action);
  // A child from under other rules is ended by those; all else is done by the rules in force.
  const bool by_former = slot.former && kind == ActionKind::stop;
  const auto& policy = by_former ? slot.former : slot.policy;
  begin_action(slot, candidate, *policy);
  const ActionState& action = *slot.state.action;
  acting_.emplace(action.id, slot.id);
  const bool stops = kind == ActionKind::stop && candidate.cause != Cause::ladder;
  const bool tells = kind == ActionKind::notify;
  commands_.emplace_back(ActCommand{
      .order = {.id = action.id, .service = slot.id, .policy = policy, .action = *candidate.action,
                .timeout = timeout, .generation = action.generation,
                .story = tells ? std::optional{*slot.state.incident} : std::nullopt},
      .without_journal = stops || policy->act_without_journal,
      .armed = candidate.armed});
}

void World::begin_action(Slot& slot, const Candidate& candidate, const ServicePolicy& policy) {
  ServiceState& state = slot.state;
  ActionState action;
  action.id = ActionId{daemon_.next_action++};
  action.kind = kind_of(*candidate.action);
  action.cause = candidate.cause;
  action.rung = candidate.rung;
  action.intended = now_;
  action.starts = starts_service(policy, action.kind);
  if (action.starts && policy.process()) {
    action.generation = Generation{state.generation.value() + 1};
  }
  const bool anew = action.starts || action.kind == ActionKind::restart;
  if (anew) state.restart_wanted = false;
  if (anew || action.kind == ActionKind::reload) state.reload_wanted = false;
  touch_daemon();
  state.action = action;
  if (state.verification) {
    for (const std::string& name : state.verification->rule.probes) {
      if (name != process_condition) state.verification->proofs.try_emplace(name);
    }
  }
  set_activity(slot, Activity::acting, {});
  note(slot, RecordKind::action_intended, {});
}

/// Before the first rung each dependency has to be seen once more: it may be the root cause, and
/// its own probes just have not looked yet.
void World::ask_dependencies(Slot& slot) {
  const Incident& incident = *slot.state.incident;
  const std::pair asking{incident.id, incident.relapses};
  if (incident.actions > 0 || slot.asked == asking) return;
  slot.asked = asking;
  for (const Need& need : slot.needs) {
    if (need.rule->gate) look_afresh(at(need.service));
  }
}

}  // namespace heald
