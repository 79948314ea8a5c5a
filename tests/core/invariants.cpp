#include "invariants.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

namespace heald::rehearsal {
namespace {

bool takes_a_place(const ServiceState& state) {
  if (!state.action) return false;
  if (state.activity != Activity::acting && state.activity != Activity::verifying) return false;
  const ActionState& action = *state.action;
  const bool rolling = action.cause == Cause::convergence &&
                       (action.kind == ActionKind::restart || action.kind == ActionKind::reload);
  return rolling || action.cause == Cause::ladder || action.cause == Cause::slow_retry;
}

struct Count {
  std::size_t acting = 0;
  std::size_t healthy = 0;
};

Count recount(const Engine& engine, const std::string& group) {
  Count count;
  for (std::uint32_t slot = 0; slot < engine.size(); ++slot) {
    const ServiceId member{slot};
    if (!engine.declared(member) || engine.policy(member)->group != group) continue;
    count.acting += takes_a_place(engine.state(member)) ? 1 : 0;
    count.healthy += engine.state(member).health == Health::healthy ? 1 : 0;
  }
  return count;
}

}  // namespace

void Invariants::before(const Event& event) {
  if (const auto* seen = std::get_if<Observation>(&event.input)) {
    const auto look = looks_.find({seen->service, seen->probe});
    if (look != looks_.end() && look->second == seen->run) looks_.erase(look);
  }
  if (const auto* finished = std::get_if<ActionFinished>(&event.input)) {
    unanswered_.erase(finished->report.id);
  }
  if (const auto* withheld = std::get_if<ActionWithheld>(&event.input)) {
    unanswered_.erase(withheld->action);
  }
  // After these, what is in flight began too early to tell, and is not awaited.
  const bool anew = std::holds_alternative<ActionFinished>(event.input) ||
                    std::holds_alternative<ProcessExited>(event.input) ||
                    std::holds_alternative<PolicyLoaded>(event.input);
  if (anew) looks_.clear();
}

void Invariants::after(const Engine& engine, const Decision& decision, Instant now) {
  for (const Record& record : decision.records) check_record(record);
  for (const Command& command : decision.commands) {
    if (const auto* act = std::get_if<ActCommand>(&command)) check_act(engine, *act);
    if (const auto* look = std::get_if<ProbeCommand>(&command)) check_look(*look);
    shut_down_ = shut_down_ || std::holds_alternative<ShutdownFinished>(command);
  }
  for (std::uint32_t slot = 0; slot < engine.size(); ++slot) {
    const ServiceState& state = engine.state(ServiceId{slot});
    if (state.hold.guard != Guard::none) check_hold(state.hold);
  }
  check_wake(engine, decision, now);
  check_groups(engine);
}

void Invariants::check_act(const Engine& engine, const ActCommand& command) {
  const ServiceState& state = engine.state(command.order.service);
  INFO("action " << command.order.id.value() << " on " << state.name);
  CHECK(state.activity == Activity::acting);
  CHECK(state.action->id == command.order.id);
  CHECK_FALSE(shut_down_);
  const ActionKind kind = kind_of(command.order.action);
  if (state.desired == Desired::stopped) CHECK(kind == ActionKind::stop);
  unanswered_.insert(command.order.id);
}

void Invariants::check_look(const ProbeCommand& command) {
  const bool first = looks_.insert_or_assign({command.service, command.probe}, command.run).second;
  if (first) return;
  FAIL_CHECK("a second look at a time: service " << command.service.value() << ", probe "
                                                 << command.probe.value());
}

void Invariants::check_record(const Record& record) {
  INFO(to_string(record.kind) << " of action " << record.action.value());
  if (record.kind == RecordKind::held || record.kind == RecordKind::latched ||
      record.kind == RecordKind::would_act) {
    check_hold(record.hold);
  }
  if (!record.service) return;
  if (record.kind == RecordKind::action_intended) {
    CHECK(unanswered_.count(open_[*record.service]) == 0);  // none is in flight on the service
    CHECK(open_[*record.service] == ActionId{});        // and none without a verdict
    open_[*record.service] = record.action;
  }
  const bool asked_stop = record.kind == RecordKind::action_finished &&
                          record.action_kind == ActionKind::stop && record.cause != Cause::ladder &&
                          record.cause != Cause::slow_retry;
  if (record.kind == RecordKind::verdict) CHECK(ended_.insert(record.action).second);
  if (record.kind == RecordKind::verdict || record.kind == RecordKind::action_withheld ||
      asked_stop) {
    CHECK(open_[*record.service] == record.action);
    open_[*record.service] = ActionId{};
  }
}

/// Whatever comes by time lies ahead, and the engine asks to be woken for it.
void Invariants::check_wake(const Engine& engine, const Decision& decision, Instant now) {
  CHECK(decision.wake_at > now);
  for (std::uint32_t slot = 0; slot < engine.size(); ++slot) {
    const ServiceId service{slot};
    if (!engine.declared(service)) continue;
    const Engine::Next next = engine.next(service);
    const ServiceState& state = engine.state(service);
    if (next.when > now && decision.wake_at <= next.when) continue;
    INFO(state.name << " is " << to_string(state.activity) << ", next: " << next.what);
    CHECK(next.when > now);
    CHECK(decision.wake_at <= next.when);
  }
}

void Invariants::check_hold(const Hold& hold) {
  const bool complete = hold.guard != Guard::none && !hold.rule.empty() && !hold.value.empty() &&
                        !hold.wanted.empty();
  if (complete) return;
  FAIL_CHECK("a hold without its reason: guard " << to_string(hold.guard) << ", rule '" << hold.rule
                                                 << "', value '" << hold.value << "', wanted '"
                                                 << hold.wanted << "'");
}

/// Recounts what the engine counts as it goes, wherever a guard tells its count.
void Invariants::check_groups(const Engine& engine) {
  for (std::uint32_t slot = 0; slot < engine.size(); ++slot) {
    if (!engine.declared(ServiceId{slot})) continue;
    for (const Hold& hold : engine.guards(ServiceId{slot})) {
      const bool acting = hold.guard == Guard::max_concurrent;
      if (!acting && hold.guard != Guard::min_healthy) continue;
      const Count count = recount(engine, engine.policy(ServiceId{slot})->group);
      if (std::stoul(hold.value) == (acting ? count.acting : count.healthy)) continue;
      FAIL_CHECK("miscounted: '" << hold.rule << "' sees '" << hold.value << "', but "
                                 << count.acting << " act and " << count.healthy << " are healthy");
    }
  }
}

void Invariants::heald_died() {
  unanswered_.clear();
  looks_.clear();
}

}  // namespace heald::rehearsal
