#include "sim/condition_book.hpp"

#include <algorithm>

namespace heald::sim {
namespace {

Health health_of(const ServiceState& state, const ServicePolicy& policy) {
  if (state.desired == Desired::done) return Health::healthy;
  if (state.desired == Desired::stopped) return Health::unknown;
  bool all_pass = true;
  for (std::size_t place = 0; place < state.conditions.size(); ++place) {
    if (!is_alive(policy, place)) continue;
    if (state.conditions[place].status == ConditionStatus::fail) return Health::unhealthy;
    all_pass = all_pass && state.conditions[place].status == ConditionStatus::pass;
  }
  return all_pass ? Health::healthy : Health::unknown;
}

const Condition* condition_of(const ServiceState& state, const std::string& name) {
  const auto found = std::find_if(state.conditions.begin(), state.conditions.end(),
                                  [&](const Condition& each) { return each.name == name; });
  return found == state.conditions.end() ? nullptr : &*found;
}

}  // namespace

void ConditionBook::before(const Event& event) {
  if (std::holds_alternative<Restarted>(event.input)) returned_ = event.at;
  if (const auto* exited = std::get_if<ProcessExited>(&event.input)) {
    // A report of another generation changes nothing: then at least nothing was counted.
    begin_counting(exited->report.service);
  }
  const auto* finished = std::get_if<ActionFinished>(&event.input);
  if (finished == nullptr) return;
  const auto order = orders_.extract(finished->report.id);
  if (order.empty()) return;
  const ServiceId service = order.mapped().service;
  const bool up = finished->report.result == ActionResult::done && order.mapped().starts &&
                  (!order.mapped().process || finished->report.pid);
  if (up) return begin(service, event.at);
  begin_counting(service);
}

void ConditionBook::begin_counting(ServiceId service) {
  tallies_.each_of(service, [](ProbeIndex, Tally& tally) {
    tally.fails_at_least = tally.passes_at_least = 0;
    tally.unknown_since = never;
  });
  started_.erase(service);
}

/// It starts anew: what was seen before is of another one.
void ConditionBook::begin(ServiceId service, Instant at) {
  forget(service);
  started_[service] = at;
}

void ConditionBook::forget(ServiceId service) {
  tallies_.erase(service);
  started_.erase(service);
}

/// Probes that the new rules leave as they were go on counting: how far they were is not known.
void ConditionBook::keep_counts(const Step& step, ServiceId service) {
  constexpr std::uint32_t any_number = 1U << 30U;
  const std::size_t probes = step.engine.policy(service)->probes.size();
  for (std::uint32_t place = 0; place < probes; ++place) {
    Tally& tally = tallies_[{service, ProbeIndex{place}}];
    tally.fails_at_most = tally.passes_at_most = any_number;
  }
}

void ConditionBook::after(const Step& step) {
  for (const Record& record : step.decision.records) {
    const bool another = record.kind == RecordKind::service_changed ||
                         record.kind == RecordKind::service_added ||
                         record.kind == RecordKind::service_removed;
    if (another) forget(*record.service);
    if (record.kind == RecordKind::service_changed) keep_counts(step, *record.service);
  }
  const auto* seen = step.input<Observation>();
  if (seen != nullptr && step.declares(seen->service)) tally(step, *seen);
  for (const Record& record : step.decision.records) {
    if (record.kind == RecordKind::condition_changed) check_turn(step, record);
  }
  if (seen != nullptr && step.declares(seen->service)) check_status(step, *seen);
  for (const Command& command : step.decision.commands) {
    const auto* act = std::get_if<ActCommand>(&command);
    if (act == nullptr) continue;
    const ActionKind kind = kind_of(act->order.action);
    const bool starts = kind == ActionKind::restart || kind == ActionKind::start ||
                        kind == ActionKind::reprovision;
    orders_[act->order.id] = {act->order.service, starts,
                              act->order.policy->process() != nullptr};
  }
  if (!step.decision.marked) return;
  if (step.adopted) check_stale(step);
  if (step.adopted) check_health(step);
  for (const ServiceId service : step.decision.changed) {
    busy_[service] = step.state(service).action.has_value();
  }
}

void ConditionBook::tally(const Step& step, const Observation& seen) {
  const auto& probes = step.engine.policy(seen.service)->probes;
  if (seen.probe.value() >= probes.size()) return;
  const ProbePolicy& rule = probes[seen.probe.value()];
  if (sight_.get().thrown_away()) return;
  Tally& tally = tallies_[{seen.service, seen.probe}];
  const bool certain = sight_.get().certain(step);
  if (seen.outcome == Outcome::unknown) {
    if (certain && tally.unknown_since == never) tally.unknown_since = step.now;
    return;
  }
  if (seen.outcome == Outcome::pass) {
    ++tally.passes_at_most;
    tally.passed = true;
    tally.fails_at_least = 0;
    tally.unknown_since = never;
    if (!certain) return;
    tally.fails_at_most = 0;
    ++tally.passes_at_least;
    return;
  }
  ++tally.fails_at_most;
  tally.passes_at_least = 0;
  tally.unknown_since = never;
  // A start that heald died over may have ended at any time until it came back.
  const Instant start = std::max(step.state(seen.service).started, returned_);
  const bool counts = certain && sight_.get().blind(rule) == false && !busy_[seen.service] &&
                      !step.state(seen.service).action &&
                      step.now >= start + rule.start_period;
  if (!counts) return;
  tally.passes_at_most = 0;
  ++tally.fails_at_least;
}

/// A condition turns after as many looks as its thresholds ask for, and not in the start period.
void ConditionBook::check_turn(const Step& step, const Record& record) {
  const ServiceId service = *record.service;
  if (!step.declares(service)) return;
  const ServicePolicy& policy = *step.engine.policy(service);
  const Condition* condition = condition_of(step.state(service), record.condition);
  const auto rule = std::find_if(policy.probes.begin(), policy.probes.end(), [&](const auto& each) {
    return each.name == record.condition;
  });
  if (condition == nullptr || rule == policy.probes.end()) return;
  const ProbeIndex place{static_cast<std::uint32_t>(rule - policy.probes.begin())};
  Tally& tally = tallies_[{service, place}];
  const auto name = [&] { return "'" + record.condition + "' of " + step.name(service); };
  if (condition->status == ConditionStatus::unknown) {
    tally.fails_at_least = tally.passes_at_least = 0;
    return;
  }
  const bool looked = step.input<Observation>() != nullptr && !sight_.get().thrown_away();
  if (condition->status == ConditionStatus::pass) {
    require_("success_threshold", looked && tally.passes_at_most >= rule->success_threshold,
             [&] { return name() + " passes too soon"; });
    return;
  }
  if (step.records(RecordKind::verdict, service)) {  // which is evidence by itself, from now on
    tally.unknown_since = never;
    return;
  }
  require_("failure_threshold", looked && tally.fails_at_most >= rule->failure_threshold,
           [&] { return name() + " fails too soon"; });
  require_("blindness", sight_.get().blind(*rule) != true,
           [&] { return name() + " fails by what a blind source says"; });
  const auto started = started_.find(service);
  const bool early = started != started_.end() && !tally.passed &&
                     step.now < started->second + rule->start_period;
  require_("start_period", !early, [&] { return name() + " fails in its start period"; });
}

void ConditionBook::check_status(const Step& step, const Observation& seen) {
  const auto& probes = step.engine.policy(seen.service)->probes;
  if (seen.probe.value() >= probes.size()) return;
  const ProbePolicy& rule = probes[seen.probe.value()];
  const Condition* condition = condition_of(step.state(seen.service), rule.name);
  const Tally& tally = tallies_[{seen.service, seen.probe}];
  if (condition == nullptr) return;
  const auto name = [&] { return "'" + rule.name + "' of " + step.name(seen.service); };
  require_("failure_threshold",
           tally.fails_at_least < rule.failure_threshold ||
               condition->status == ConditionStatus::fail,
           [&] { return name() + " does not fail after its `failure_threshold`"; });
  require_("success_threshold",
           tally.passes_at_least < rule.success_threshold ||
               condition->status == ConditionStatus::pass,
           [&] { return name() + " does not pass after its `success_threshold`"; });
}

void ConditionBook::check_stale(const Step& step) {
  tallies_.each([&](const ProbeKey& key, const Tally& tally) {
    const auto [service, probe] = key;
    if (tally.unknown_since == never || !step.declares(service)) return;
    const auto& probes = step.engine.policy(service)->probes;
    if (probe.value() >= probes.size()) return;
    const ProbePolicy& rule = probes[probe.value()];
    if (step.now < tally.unknown_since + 3 * rule.interval) return;
    const Condition* condition = condition_of(step.state(service), rule.name);
    require_("stale is unknown", condition->status == ConditionStatus::unknown, [&] {
      return "'" + rule.name + "' of " + step.name(key.first) + " has not been seen for long";
    });
  });
}

void ConditionBook::check_health(const Step& step) {
  for (const ServiceId service : step.decision.changed) {
    if (!step.declares(service)) continue;
    const ServiceState& state = step.state(service);
    const Health health = health_of(state, *step.engine.policy(service));
    const bool same = state.health == health ||
                      (health == Health::unknown && state.health == Health::starting);
    require_("health", same, [&] {
      return step.name(service) + " is called " + std::string{to_string(state.health)} +
             ", but its conditions make it " + std::string{to_string(health)};
    });
  }
}

void ConditionBook::heald_died() {
  tallies_.clear();
  orders_.clear();
  started_.clear();
  busy_.clear();
}

}  // namespace heald::sim
