#include "sim/invariants.hpp"

#include <algorithm>
#include <string>

namespace heald::sim {
namespace {

bool is_rung(const ActionState& action) {
  return action.cause == Cause::ladder || action.cause == Cause::slow_retry;
}

std::string name_of(const Engine& engine, ServiceId service, const ActionState& action) {
  return "action " + std::to_string(action.id.value()) + ", a " +
         std::string{to_string(action.kind)} + " (" + std::string{to_string(action.cause)} +
         ") of '" + engine.state(service).name + "'";
}

}  // namespace

Invariants::Invariants(Breach breach) : breach_(std::move(breach)) {}

void Invariants::require(bool holds, const std::function<std::string()>& breached) {
  if (!holds) breach_(breached());
}

void Invariants::before(const Event& event) {
  word_.reset();
  if (const auto* loaded = std::get_if<PolicyLoaded>(&event.input)) policy_ = loaded->policy;
  if (const auto* seen = std::get_if<Observation>(&event.input)) {
    const auto look = looks_.find({seen->service, seen->probe});
    if (look != looks_.end() && look->second == seen->run) looks_.erase(look);
  }
  if (const auto* finished = std::get_if<ActionFinished>(&event.input)) {
    unanswered_.erase(finished->report.id);
    if (finished->report.result == ActionResult::unsupported) {
      spending_.give_back(finished->report.id);
    }
  }
  if (const auto* withheld = std::get_if<ActionWithheld>(&event.input)) {
    unanswered_.erase(withheld->action);
    spending_.give_back(withheld->action);
  }
  if (const auto* word = std::get_if<Operated>(&event.input)) word_ = *word;
  adopted_ = adopted_ || std::holds_alternative<AdoptionFinished>(event.input);
  ending_ = ending_ || std::holds_alternative<ShutdownRequested>(event.input);
  // After these, what is in flight began too early to tell, and is not awaited.
  const bool anew = std::holds_alternative<ActionFinished>(event.input) ||
                    std::holds_alternative<ProcessExited>(event.input) ||
                    std::holds_alternative<PolicyLoaded>(event.input);
  if (anew) looks_.clear();
}

void Invariants::after(const Engine& engine, const Decision& decision, Instant now) {
  if (word_ && decision.refusal.empty()) note_operation(engine, *word_);
  for (const Record& record : decision.records) check_record(record);
  for (const Command& command : decision.commands) {
    if (const auto* act = std::get_if<ActCommand>(&command)) check_act(engine, decision, *act);
    if (const auto* look = std::get_if<ProbeCommand>(&command)) check_look(*look);
    shut_down_ = shut_down_ || std::holds_alternative<ShutdownFinished>(command);
  }
  require(decision.wake_at > now, [] { return std::string{"wake_at is not ahead"}; });
  check_marking(decision);
  if (!decision.marked) return;
  check_states(engine);
  check_attempts(engine, decision);
  check_wake(engine, decision, now);
  check_groups(engine);
}

void Invariants::note_operation(const Engine& engine, const Operated& word) {
  if (!word.service) return;
  const std::string& name = engine.state(*word.service).name;
  if (word.operation == Operation::stop) stopped_.insert(name);
  if (word.operation == Operation::start || word.operation == Operation::restart) {
    stopped_.erase(name);
  }
}

void Invariants::check_act(const Engine& engine, const Decision& decision,
                           const ActCommand& command) {
  const ServiceId service = command.order.service;
  const ServiceState& state = engine.state(service);
  const bool stands = state.activity == Activity::acting && state.action &&
                      state.action->id == command.order.id;
  require(stands,
          [&] { return "'" + state.name + "' is acted upon, but its state is not acting"; });
  if (!stands) return;
  const ActionState& action = *state.action;
  const auto name = [&] { return name_of(engine, service, action); };
  require(!shut_down_, [&] { return name() + " comes after the end of the shutdown"; });
  const bool intended = std::any_of(
      decision.records.begin(), decision.records.end(), [&](const Record& record) {
        return record.kind == RecordKind::action_intended && record.action == action.id;
      });
  const bool kept = std::find(decision.changed.begin(), decision.changed.end(), service) !=
                    decision.changed.end();
  require(intended && kept && decision.marked && decision.daemon_changed,
          [&] { return name() + " has no durable intent"; });
  const bool stop = action.kind == ActionKind::stop;
  require(stop || state.desired != Desired::stopped,
          [&] { return name() + " is wanted stopped"; });
  require(stop || stopped_.count(state.name) == 0,
          [&] { return name() + " undoes an operator's stop"; });
  unanswered_.insert(command.order.id);
  check_gates(engine, service, action);
  if (!is_rung(action) || action.kind == ActionKind::notify) return;
  spending_.spend(state.name, action.id, action.intended);
  const LimitPolicy& limits = engine.policy(service)->limits;
  require(spending_.of(state.name, limits.per, action.intended) <= limits.actions,
          [&] { return name() + " exceeds the budget of its service"; });
  const std::size_t total = std::max<std::size_t>(60, policy_->services.size() / 10);
  require(spending_.in_all(std::chrono::hours{1}, action.intended) <= total,
          [&] { return name() + " exceeds the budget of all services"; });
}

/// What nothing but an operator's word, or the end, may pass by.
void Invariants::check_gates(const Engine& engine, ServiceId service, const ActionState& action) {
  const auto name = [&] { return name_of(engine, service, action); };
  const bool asked_stop = action.kind == ActionKind::stop && !is_rung(action);
  if (action.cause == Cause::operation || asked_stop || !engine.declared(service)) return;
  const ServiceState& state = engine.state(service);
  const ServicePolicy& policy = *engine.policy(service);
  const Instant now = engine.daemon().now;
  require(adopted_, [&] { return name() + " comes before the adoption has finished"; });
  require(!policy.observe, [&] { return name() + " is only to be observed"; });
  require(!state.pause || state.pause->until <= now, [&] { return name() + " is paused"; });
  const std::optional<Pause>& freeze = engine.daemon().freeze;
  require(!freeze || freeze->until <= now, [&] { return name() + " comes while all is frozen"; });
  require(!engine.daemon().confirmation_wanted,
          [&] { return name() + " comes before the lost journal was confirmed"; });
  if (is_rung(action) || action.kind != ActionKind::start) check_places(engine, service);
  if (action.cause != Cause::ladder) return;
  for (const DependencyPolicy& need : policy.depends_on) {
    const auto dependency = engine.find(need.service);
    if (!need.gate || !dependency || !engine.declared(*dependency)) continue;
    const ServiceState& cause = engine.state(*dependency);
    require(cause.health != Health::unhealthy && cause.desired != Desired::stopped,
            [&] { return name() + " comes while its dependency '" + need.service + "' is down"; });
  }
}

void Invariants::check_look(const ProbeCommand& command) {
  const bool first = looks_.insert_or_assign({command.service, command.probe}, command.run).second;
  require(first, [&] {
    return "a second look at a time: service " + std::to_string(command.service.value()) +
           ", probe " + std::to_string(command.probe.value());
  });
}

void Invariants::check_record(const Record& record) {
  const auto of = [&] { return " of action " + std::to_string(record.action.value()); };
  if (record.kind == RecordKind::held || record.kind == RecordKind::latched ||
      record.kind == RecordKind::would_act) {
    check_hold(record.hold);
  }
  if (!record.service) return;
  ActionId& open = open_[*record.service];
  if (record.kind == RecordKind::action_intended) {
    require(unanswered_.count(open) == 0, [&] { return "two actions at a time" + of(); });
    require(open == ActionId{},
            [&] { return "an action before the verdict on the one before" + of(); });
    open = record.action;
  }
  const bool asked_stop = record.kind == RecordKind::action_finished &&
                          record.action_kind == ActionKind::stop && record.cause != Cause::ladder &&
                          record.cause != Cause::slow_retry;
  if (record.kind == RecordKind::verdict) {
    require(ended_.insert(record.action).second, [&] { return "a second verdict" + of(); });
  }
  if (record.kind != RecordKind::verdict && record.kind != RecordKind::action_withheld &&
      !asked_stop) {
    return;
  }
  require(open == record.action, [&] { return "an end without a beginning" + of(); });
  open = ActionId{};
}

void Invariants::heald_died() {
  unanswered_.clear();
  looks_.clear();
  adopted_ = false;
  ending_ = false;
  shut_down_ = false;
}

}  // namespace heald::sim
