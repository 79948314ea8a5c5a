#include "sim/reload_book.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "sim/patient.hpp"

namespace heald::sim {
namespace {

bool depends(const ServicePolicy& policy, const std::string& on) {
  return std::any_of(policy.depends_on.begin(), policy.depends_on.end(),
                     [&](const DependencyPolicy& need) { return need.service == on; });
}

/// Whether its group cannot spare it, whatever else it waits for at the same time.
bool is_held_by_its_group(const Step& step, ServiceId service) {
  const Hold& hold = step.state(service).hold;
  if (hold.guard == Guard::min_healthy) return true;
  const std::string& name = step.engine.policy(service)->group;
  const Count count = recount(step, name);
  const double floor = std::floor(group_of(step.policy, name)->min_healthy.value *
                                  static_cast<double>(count.members));
  return hold.guard == Guard::max_concurrent && count.members > 1 &&
         step.state(service).health == Health::healthy &&
         static_cast<double>(count.healthy) <= floor;
}

/// Whether it is being started anew, or will be without anybody's doing.
bool goes_first(const Step& step, ServiceId service) {
  const ServiceState& state = step.state(service);
  if (state.desired != Desired::running) return false;
  if (state.action) return state.action->intended < step.now;
  if (state.pending == Operation::restart || state.pending == Operation::start) return true;
  const bool up = state.running || step.engine.policy(service)->process() == nullptr;
  const bool stays_held = state.activity == Activity::held &&
                          (state.hold->guard == Guard::observe ||
                           is_held_by_its_group(step, service));
  return state.restart_wanted && up && !stays_held;
}

}  // namespace

void ReloadBook::after(const Step& step) {
  ++step_;
  if (step.input<PolicyLoaded>() != nullptr) note_rules(step);
  if (step.input<Operated>() != nullptr && step.decision.refusal.empty()) note_operation(step);
  // What a verdict causes may be decided in the same step.
  for (const Record& record : step.decision.records) {
    if (record.kind == RecordKind::verdict && record.service) note_verdict(step, record);
    // Its group could not spare it for a moment, in which others may have gone on.
    const bool spared = record.kind == RecordKind::held && record.hold.guard == Guard::min_healthy;
    if (spared && record.service) first_.erase(*record.service);
  }
  for (const Command& command : step.decision.commands) {
    if (const auto* act = std::get_if<ActCommand>(&command)) check_act(step, *act);
  }
  if (!step.decision.marked) return;
  first_.clear();
  each_declared(step.engine, [&](ServiceId service) {
    if (goes_first(step, service)) first_.insert(service);
  });
}

void ReloadBook::note_rules(const Step& step) {
  each_declared(step.engine, [&](ServiceId service) {
    const auto& now = step.engine.policy(service);
    rules_[service] = now;
    if (now->process() == nullptr) return;
    auto& before = process_rules_[service];
    if (before && !starts_alike(*before, *now)) want(service);
    before = now;
  });
}

void ReloadBook::note_operation(const Step& step) {
  const auto& word = *step.input<Operated>();
  const bool along = word.dependents == Operated::Dependents::include && word.service;
  if (word.operation != Operation::restart || !along) return;
  std::set<ServiceId> found{*word.service};
  for (bool more = true; more;) {
    more = false;
    each_declared(step.engine, [&](ServiceId each) {
      const bool taken = std::any_of(found.begin(), found.end(), [&](ServiceId needed) {
        return depends(*step.engine.policy(each), step.state(needed).name);
      });
      if (!taken || !found.insert(each).second) return;
      want(each);
      more = true;
    });
  }
}

void ReloadBook::note_verdict(const Step& step, const Record& record) {
  const ServiceId service = *record.service;
  const bool anew = record.action_kind && starts_anew(*record.action_kind);
  const auto wanted = wanted_.find(service);
  const bool served = anew && record.verdict != Verdict::unknown && wanted != wanted_.end() &&
                      wanted->second <= served_[service];
  if (served) wanted_.erase(wanted);
  if (record.verdict != Verdict::healed) return;
  each_declared(step.engine, [&](ServiceId each) {
    const auto& needs = step.engine.policy(each)->depends_on;
    const bool follows = std::any_of(needs.begin(), needs.end(), [&](const auto& need) {
      return need.service == step.state(service).name &&
             need.on_restart == OnDependencyRestart::restart;
    });
    if (follows) want(each);
  });
}

void ReloadBook::check_act(const Step& step, const ActCommand& command) {
  const ServiceId service = command.order.service;
  const ActionKind kind = kind_of(command.order.action);
  const auto& action = step.state(service).action;
  if (!action) return;
  // A cause that came after the intent is one for the next restart.
  if (starts_anew(kind) && !step.state(service).restart_wanted) served_[service] = step_;
  if (kind == ActionKind::stop && !step.declares(service)) return check_stop(step, service);
  if (kind != ActionKind::restart || action->cause != Cause::convergence) return;
  require_("restart with a cause", wanted_.contains(service), [&] {
    return step.name(service) + " is restarted, but neither its rules nor what it depends on ask";
  });
  check_order(step, service);
}

/// What was known before this step to go first, and still has to.
void ReloadBook::check_order(const Step& step, ServiceId service) {
  for (const DependencyPolicy& need : step.engine.policy(service)->depends_on) {
    const auto needed = step.engine.find(need.service);
    if (!needed || !step.declares(*needed) || !first_.contains(*needed)) continue;
    require_("restart order", !goes_first(step, *needed), [&] {
      return step.name(service) + " is restarted before '" + need.service + "' is, or has been";
    });
  }
}

/// Of those that left the rules.
void ReloadBook::check_stop(const Step& step, ServiceId service) {
  if (!step.state(service).running) return;
  for (const auto& [id, policy] : rules_) {
    const ServiceId other = id;
    const bool leaves = !step.declares(other) && step.state(other).running && !policy->observe;
    require_("stop order", !leaves || !depends(*policy, step.state(service).name), [&] {
      return step.name(service) + " is stopped before " + step.name(other) +
             ", which depended on it";
    });
  }
}

}  // namespace heald::sim
