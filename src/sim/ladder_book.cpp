#include "sim/ladder_book.hpp"

#include <algorithm>
#include <cmath>

namespace heald::sim {
namespace {

using namespace std::chrono_literals;

const RungPolicy* rung_of(const ServicePolicy& policy, const std::string& name) {
  const auto found = std::find_if(policy.remediation.begin(), policy.remediation.end(),
                                  [&](const RungPolicy& each) { return each.name == name; });
  return found == policy.remediation.end() ? nullptr : &*found;
}

/// Whether a condition fails that can make its service unhealthy; with an empty name, any.
bool fails(const ServicePolicy& policy, const ServiceState& state, std::string_view name) {
  for (std::size_t place = 0; place < state.conditions.size(); ++place) {
    const Condition& each = state.conditions[place];
    const bool meant = name.empty() || each.name == name;
    if (meant && each.status == ConditionStatus::fail && is_alive(policy, place)) return true;
  }
  return false;
}

/// The delay after so many actions, before its jitter.
Duration plain_backoff(const BackoffPolicy& rule, std::uint32_t actions) {
  const double grown = static_cast<double>(rule.initial.count()) *
                       std::pow(rule.factor, std::min(actions - 1, 1000U));
  return Duration{
      static_cast<Duration::rep>(std::min(static_cast<double>(rule.max.count()), grown))};
}

Duration share_of(Duration whole, double share) {
  return Duration{static_cast<Duration::rep>(static_cast<double>(whole.count()) * share)};
}

bool is_notify(ActionKind kind) { return kind == ActionKind::notify; }

}  // namespace

void LadderBook::before(const Event& event) {
  if (const auto* withheld = std::get_if<ActionWithheld>(&event.input)) {
    const auto taken = taken_.find(withheld->action);
    if (taken == taken_.end()) return;
    Climb& climb = climbs_[taken->second.service];
    give_back(withheld->action);
    if (!is_notify(taken->second.kind) && climb.actions > 0) --climb.actions;
    spending_.give_back(withheld->action);
    taken_.erase(taken);
  }
}

void LadderBook::after(const Step& step) {
  for (const Record& record : step.decision.records) check_record(step, record);
  check_attempts(step);
}

void LadderBook::check_record(const Step& step, const Record& record) {
  if (!record.service) return;
  const ServiceId service = *record.service;
  Climb& climb = climbs_[service];
  switch (record.kind) {
    case RecordKind::exited: exits_[service].push_back(step.now); break;
    case RecordKind::incident_opened:
      check_reset(step, service);
      climb = {};
      climb.incident = record.incident;
      break;
    case RecordKind::incident_relapsed:
      climb.waited_from = step.now;
      climb.revision = step.policy.revision;
      break;
    case RecordKind::incident_closed: climb.closed = step.now; break;
    case RecordKind::latched:
      climb.slow_from = step.now;
      climb.latched = true;
      break;
    case RecordKind::unlatched: climb.latched = false; break;
    case RecordKind::held: {
      const bool gated = record.hold.guard == Guard::dependency && record.hold.until != never;
      climb.gated_from = gated ? std::min(climb.gated_from, step.now) : never;
      break;
    }
    case RecordKind::released: climb.gated_from = never; break;
    case RecordKind::operated: {
      const auto* word = step.input<Operated>();
      const bool forgives = word != nullptr && (word->operation == Operation::start ||
                                                word->operation == Operation::restart);
      if (forgives) climb = climb.forgiven();
      break;
    }
    case RecordKind::action_intended:
      if (record.cause && is_rung(*record.cause)) check_rung(step, service, record);
      break;
    case RecordKind::verdict: note_end(step, record); break;
    default: break;
  }
}

void LadderBook::check_rung(const Step& step, ServiceId service, const Record& intent) {
  const ServicePolicy& policy = *step.engine.policy(service);
  const RungPolicy* rung = rung_of(policy, intent.rung);
  require_("ladder", rung != nullptr, [&] { return step.name(service) + " has no such rung"; });
  if (rung == nullptr) return;
  // What is found started anew had the symptom: its process had ended.
  const bool found = step.input<ProcessFound>() != nullptr;
  require_("symptom", found || meets(step, service, *rung), [&] {
    return step.name(service) + " takes rung '" + rung->name + "', which is for other symptoms";
  });
  require_("never_restart", !barred(step, service, kind_of(rung->action)), [&] {
    return step.name(service) + " is started although its exit status forbids it";
  });
  if (*intent.cause == Cause::ladder) {
    check_order(step, service, intent);
    check_backoff(step, intent);
  } else {
    check_slow_retry(step, *rung, intent);
  }
  taken_[intent.action] = {service, rung->name, *intent.cause, kind_of(rung->action)};
  Climb& climb = climbs_[service];
  if (*intent.cause == Cause::ladder) ++climb.attempts[rung->name];
  if (is_notify(kind_of(rung->action))) return;
  ++climb.actions;
  check_budget(step, service, intent);
}

bool LadderBook::meets(const Step& step, ServiceId service, const RungPolicy& rung) const {
  const ServiceState& state = step.state(service);
  const ServicePolicy& policy = *step.engine.policy(service);
  if (rung.on.empty()) return fails(policy, state, {});
  const bool down = policy.process() != nullptr && !state.running;
  return std::any_of(rung.on.begin(), rung.on.end(), [&](const std::string& word) {
    if (word == "exited") return down && fails(policy, state, process_condition);
    if (word == "oom") return down && state.last_exit && state.last_exit->oom;
    if (word != "crash_loop") return fails(policy, state, word);
    const auto exits = exits_.find(service);
    if (!down || exits == exits_.end()) return false;
    const ExitPolicy& rule = policy.process()->exit;
    const auto recent = std::count_if(
        exits->second.begin(), exits->second.end(),
        [&](Instant exit) { return step.now - exit < rule.crash_loop_within; });
    return recent >= static_cast<std::ptrdiff_t>(rule.crash_loop_exits);
  });
}

bool LadderBook::barred(const Step& step, ServiceId service, ActionKind kind) const {
  const ServicePolicy& policy = *step.engine.policy(service);
  const ServiceState& state = step.state(service);
  if (kind != ActionKind::restart && kind != ActionKind::start) return false;
  if (policy.process() == nullptr || state.running || !state.last_exit) return false;
  const auto& never_restart = policy.process()->exit.never_restart;
  return fails(policy, state, process_condition) &&
         state.last_exit->kind == ExitStatus::Kind::exited &&
         std::find(never_restart.begin(), never_restart.end(), state.last_exit->code) !=
             never_restart.end();
}

/// Every rung before the one that is taken is used up, or is for something else; that one is not.
void LadderBook::check_order(const Step& step, ServiceId service, const Record& intent) {
  Climb& climb = climbs_[service];
  for (const RungPolicy& each : step.engine.policy(service)->remediation) {
    const bool left = climb.attempts[each.name] < each.attempts;
    if (each.name == intent.rung) {
      require_("attempts", left, [&] {
        return step.name(service) + " takes rung '" + each.name + "' more often than it may";
      });
      return;
    }
    const bool passed_over = !left || !meets(step, service, each) ||
                             barred(step, service, kind_of(each.action));
    require_("no rung is skipped", passed_over, [&] {
      return step.name(service) + " takes rung '" + intent.rung + "', but '" + each.name +
             "' has attempts left";
    });
  }
}

void LadderBook::check_budget(const Step& step, ServiceId service, const Record& intent) {
  const ServiceState& state = step.state(service);
  spending_.spend(state.name, intent.action, step.now);
  const LimitPolicy& limits = step.engine.policy(service)->limits;
  require_("budget", spending_.of(state.name, limits.per, step.now) <= limits.actions,
           [&] { return step.name(service) + " exceeds the budget of its service"; });
  const std::size_t otherwise = std::max<std::size_t>(60, step.policy.services.size() / 10);
  const std::size_t total = step.policy.daemon.actions_per_hour.value_or(otherwise);
  require_("total budget", spending_.in_all(1h, step.now) <= total,
           [&] { return step.name(service) + " exceeds the budget of all services"; });
}

void LadderBook::check_backoff(const Step& step, const Record& intent) {
  const Climb& climb = climbs_[*intent.service];
  if (climb.actions == 0 || climb.revision != step.policy.revision) return;
  const BackoffPolicy& rule = step.engine.policy(*intent.service)->backoff;
  const Duration least = share_of(plain_backoff(rule, climb.actions), 1 - rule.jitter.value);
  require_("backoff", step.now + 1ms >= climb.waited_from + least, [&] {
    return step.name(*intent.service) + " is acted upon too soon after the action before";
  });
}

/// Nor does it wait for longer than the rules say.
void LadderBook::check_backing_off(const Step& step, ServiceId service) {
  const Climb& climb = climbs_[service];
  if (climb.actions == 0 || climb.revision != step.policy.revision || !step.declares(service)) {
    return;
  }
  // A stop that is tried again has a back-off of its own.
  const ServiceState& state = step.state(service);
  const bool former = state.running && step.engine.policy(service)->process() == nullptr;
  if (former || state.desired != Desired::running) return;
  const BackoffPolicy& rule = step.engine.policy(service)->backoff;
  const Duration most = share_of(plain_backoff(rule, climb.actions), 1 + rule.jitter.value);
  require_("backoff", state.hold->until <= climb.waited_from + most + 1ms,
           [&] { return step.name(service) + " waits for longer than its back-off"; });
}

void LadderBook::check_slow_retry(const Step& step, const RungPolicy& rung, const Record& intent) {
  const ServicePolicy& policy = *step.engine.policy(*intent.service);
  require_("slow retry", !rung.destructive && policy.slow_retry.has_value(), [&] {
    return step.name(*intent.service) + " takes '" + rung.name + "' as a slow retry";
  });
  Climb& climb = climbs_[*intent.service];
  const bool same = climb.revision == step.policy.revision;
  const Instant from = climb.latched ? climb.slow_from : climb.gated_from;
  // A hold that ended in this very step has no beginning any more.
  const bool known = same && policy.slow_retry && from != never;
  require_("slow retry", !known || step.now >= from + *policy.slow_retry,
           [&] { return step.name(*intent.service) + " is retried before `slow_retry`"; });
  climb.slow_from = step.now;
}

void LadderBook::note_end(const Step& step, const Record& record) {
  const auto node = taken_.extract(record.action);
  if (node.empty()) return;
  const Taken& taken = node.mapped();
  Climb& climb = climbs_[taken.service];
  const auto* finished = step.input<ActionFinished>();
  const bool unsupported = finished != nullptr && finished->report.id == record.action &&
                           finished->report.result == ActionResult::unsupported;
  if (unsupported) {
    // Used up are the attempts that there were; other rules may have more.
    const RungPolicy* rung =
        step.declares(taken.service) ? rung_of(*step.engine.policy(taken.service), taken.rung)
                                     : nullptr;
    if (rung != nullptr) climb.attempts[taken.rung] = rung->attempts;
    if (!is_notify(taken.kind) && climb.actions > 0) --climb.actions;
    spending_.give_back(record.action);
    return;  // it was no attempt, so the next rung has nothing to wait for
  }
  climb.waited_from = step.now;
  climb.revision = step.policy.revision;
  if (record.verdict != Verdict::unknown || taken.cause != Cause::ladder) return;
  std::uint32_t& attempts = climb.attempts[taken.rung];
  if (attempts > 0) --attempts;
}

void LadderBook::give_back(ActionId action) {
  const Taken& taken = taken_.at(action);
  if (taken.cause != Cause::ladder) return;
  std::uint32_t& attempts = climbs_[taken.service].attempts[taken.rung];
  if (attempts > 0) --attempts;
}

/// Attempts are used up by actions alone: a hold never climbs a ladder. And what was counted is
/// not forgotten before `reset_after`.
void LadderBook::check_attempts(const Step& step) {
  for (const ServiceId service : step.decision.changed) {
    const ServiceState& state = step.state(service);
    Climb& climb = climbs_[service];
    if (state.activity == Activity::backing_off) check_backing_off(step, service);
    if (!state.incident) {
      check_reset(step, service);
      continue;
    }
    for (const auto& counted : state.incident->attempts) {
      const std::string& rung = counted.first;
      const std::uint32_t known = climb.attempts[rung];
      require_("attempts", counted.second == known, [&] {
        return step.name(service) + " counts " + std::to_string(counted.second) +
               " attempts of '" + rung + "', not " + std::to_string(known);
      });
    }
  }
}

void LadderBook::check_reset(const Step& step, ServiceId service) {
  Climb& climb = climbs_[service];
  if (climb.incident == IncidentId{}) return;
  const bool due = !step.declares(service) ||
                   step.now >= climb.closed + step.engine.policy(service)->reset_after;
  require_("reset_after", due || step.input<PolicyLoaded>() != nullptr,
           [&] { return step.name(service) + " forgets its incident before `reset_after`"; });
  climb = {};
}

}  // namespace heald::sim
