#include "runtime/plan.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "runtime/outlook.hpp"

namespace heald {

namespace {

/// What is known of a service before the reload.
struct Before {
  std::shared_ptr<const ServicePolicy> policy;
  Seldom<Incident> incident;  ///< the open one
  bool latched = false;
  std::optional<ActionKind> in_flight;
};

Before before_of(const Engine& engine, ServiceId service) {
  Before before;
  if (engine.declared(service)) before.policy = engine.policy(service);
  const ServiceState& state = engine.state(service);
  if (state.incident && state.incident->closing == Closing::open) before.incident = state.incident;
  before.latched = state.activity == Activity::latched;
  if (state.action) before.in_flight = state.action->kind;
  return before;
}

/// Puts the pieces together, service by service.
class Planner {
 public:
  Planner(Engine engine, const Policy& in_force, std::shared_ptr<const Policy> rules, Instant now)
      : in_force_(in_force), rules_(std::move(rules)) {
    for (std::uint32_t slot = 0; slot < engine.size(); ++slot) {
      before_.push_back(before_of(engine, ServiceId{slot}));
    }
    outlook_.emplace(std::move(engine), now);
  }

  Plan plan() {
    outlook_->feed(PolicyLoaded{rules_});
    for (std::uint32_t slot = 0; slot < engine().size(); ++slot) note_incident(ServiceId{slot});
    outlook_->play();
    tell_actions();
    tell_services();
    plan_.in_force = in_force_.revision;
    plan_.revision = rules_->revision;
    plan_.keys = daemon_differences(in_force_, *rules_);
    plan_.start_concurrency = rules_->daemon.start_concurrency;
    plan_.whole = outlook_->whole();
    return std::move(plan_);
  }

 private:
  [[nodiscard]] const Engine& engine() const { return outlook_->engine(); }

  /// Directly after the reload, before anything is done under the new rules.
  void note_incident(ServiceId service) {
    if (service.value() >= before_.size()) return;
    const Before& before = before_[service.value()];
    if (!before.incident) return;
    const ServiceState& state = engine().state(service);
    PlannedIncident planned;
    planned.id = before.incident->id;
    planned.closes = !engine().declared(service);
    planned.unlatched = before.latched && !planned.closes && state.activity != Activity::latched;
    if (!planned.closes) {
      const auto& ladder = engine().policy(service)->remediation;
      for (const auto& spent : before.incident->attempts) {
        const std::string& name = spent.first;
        const bool kept = std::any_of(ladder.begin(), ladder.end(),
                                      [&](const auto& rung) { return rung.name == name; });
        if (!kept && spent.second > 0) planned.forgotten.push_back(name);
      }
    }
    incidents_[service] = std::move(planned);
  }

  void tell_actions() {
    for (const Foreseen& action : outlook_->actions()) {
      const std::string group =
          engine().declared(action.service) ? engine().policy(action.service)->group : "";
      plan_.actions.push_back({action.after, engine().state(action.service).name, group,
                               action.kind, action.waited});
      actions_[action.service].push_back(action.kind);
      const auto known = std::any_of(plan_.groups.begin(), plan_.groups.end(),
                                     [&](const auto& one) { return one.name == group; });
      if (known) continue;
      for (const GroupPolicy& each : rules_->groups) {
        if (each.name == group) plan_.groups.push_back(each);
      }
    }
  }

  void tell_services() {
    const auto waiting = outlook_->waiting();
    std::vector<ServiceId> order;
    for (const auto& service : rules_->services) order.push_back(*engine().find(service->name));
    for (std::uint32_t slot = 0; slot < before_.size(); ++slot) {
      if (before_[slot].policy && !engine().declared(ServiceId{slot})) order.emplace_back(slot);
    }
    for (const ServiceId service : order) {
      PlannedService planned = tell(service);
      if (const auto held = waiting.find(service); held != waiting.end()) {
        planned.waits = held->second;
      }
      const bool touched = planned.what != PlannedService::What::untouched ||
                           !planned.actions.empty() || planned.waits.guard != Guard::none;
      if (touched) {
        plan_.services.push_back(std::move(planned));
      } else {
        ++plan_.untouched;
      }
    }
  }

  [[nodiscard]] PlannedService tell(ServiceId service) {
    using What = PlannedService::What;
    static const Before nothing;
    const Before& before =
        service.value() < before_.size() ? before_[service.value()] : nothing;
    const auto after = engine().declared(service) ? engine().policy(service) : nullptr;
    PlannedService planned;
    planned.name = engine().state(service).name;
    planned.process = (after ? after : before.policy)->process() != nullptr;
    if (!after) {
      planned.what = What::removed;
    } else if (!before.policy) {
      planned.what = What::added;
    } else if (!(*before.policy == *after)) {
      planned.what = What::changed;
      planned.keys = differences(*before.policy, *after);
    }
    if (const auto found = actions_.find(service); found != actions_.end()) {
      planned.actions = found->second;
    }
    planned.left_running = !after && engine().state(service).running && planned.actions.empty();
    planned.in_flight = before.in_flight;
    if (const auto found = incidents_.find(service); found != incidents_.end()) {
      planned.incident = found->second;
    }
    return planned;
  }

  const Policy& in_force_;
  std::shared_ptr<const Policy> rules_;
  std::vector<Before> before_;  ///< by slot
  std::optional<Outlook> outlook_;
  std::map<ServiceId, PlannedIncident> incidents_;
  std::map<ServiceId, std::vector<ActionKind>> actions_;
  Plan plan_;
};

}  // namespace

Plan plan_reload(Engine engine, const Policy& in_force,
                 const std::shared_ptr<const Policy>& rules, Instant now) {
  return Planner{std::move(engine), in_force, rules, now}.plan();
}

}  // namespace heald
