// What must hold of the state that a step leaves behind.

#include <algorithm>
#include <string>

#include "sim/invariants.hpp"

namespace heald::sim {
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

/// An action that takes a place in its group leaves no more than `max_concurrent` taken.
void Invariants::check_places(const Engine& engine, ServiceId service) {
  const std::string& name = engine.policy(service)->group;
  const auto& groups = policy_->groups;
  const auto group = std::find_if(groups.begin(), groups.end(),
                                  [&](const GroupPolicy& each) { return each.name == name; });
  const std::size_t acting = recount(engine, name).acting;
  require(group != groups.end() && acting <= group->max_concurrent, [&] {
    return "group '" + name + "' has " + std::to_string(acting) + " members acted upon at once";
  });
}

/// Only marked events decide: the others may be left out of a replay.
void Invariants::check_marking(const Decision& decision) {
  if (decision.marked) return;
  const bool decides = std::any_of(
      decision.commands.begin(), decision.commands.end(),
      [](const Command& command) { return !std::holds_alternative<ProbeCommand>(command); });
  require(!decides && decision.records.empty() && decision.changed.empty(),
          [] { return std::string{"an unmarked event decided something"}; });
}

/// Sickness is never silent: it has an incident, whatever is done about it.
void Invariants::check_states(const Engine& engine) {
  for (std::uint32_t slot = 0; slot < engine.size(); ++slot) {
    const ServiceState& state = engine.state(ServiceId{slot});
    if (state.hold.guard != Guard::none) check_hold(state.hold);
    if (!engine.declared(ServiceId{slot}) || !adopted_ || ending_) continue;
    const bool proving = state.action.has_value();
    const bool sick = state.health == Health::unhealthy && state.desired == Desired::running;
    const bool open = state.incident && state.incident->closing == Closing::open;
    require(!sick || open || proving,
            [&] {
              return "'" + state.name + "' is unhealthy without an open incident, its activity " +
                     std::string{to_string(state.activity)} + ", its guard " +
                     std::string{to_string(state.hold.guard)};
            });
  }
}

/// Attempts are used up by actions alone: a hold never climbs a ladder.
void Invariants::check_attempts(const Engine& engine, const Decision& decision) {
  for (const ServiceId service : decision.changed) {
    const ServiceState& state = engine.state(service);
    auto& [incident, seen] = attempts_[service];
    if (!state.incident) {
      seen.clear();
      continue;
    }
    if (incident != state.incident->id) seen.clear();
    incident = state.incident->id;
    for (const auto& attempt : state.incident->attempts) {
      const std::string& rung = attempt.first;
      const bool acted = std::any_of(
          decision.records.begin(), decision.records.end(), [&](const Record& record) {
            const bool used_up = record.kind == RecordKind::action_finished &&
                                 record.result == ActionResult::unsupported;
            return record.service == service && record.rung == rung &&
                   (record.kind == RecordKind::action_intended || used_up);
          });
      require(attempt.second <= seen[rung] || acted, [&] {
        return "'" + state.name + "' lost an attempt of rung '" + rung + "' without an action";
      });
    }
    seen = state.incident->attempts;
  }
}

/// Whatever comes by time lies ahead, and the engine asks to be woken for it.
void Invariants::check_wake(const Engine& engine, const Decision& decision, Instant now) {
  for (std::uint32_t slot = 0; slot < engine.size(); ++slot) {
    const ServiceId service{slot};
    if (!engine.declared(service)) continue;
    const Engine::Next next = engine.next(service);
    require(next.when > now && decision.wake_at <= next.when, [&] {
      return "'" + engine.state(service).name + "' is " +
             std::string{to_string(engine.state(service).activity)} + " and waits for " +
             next.what + ", but nobody will be woken for it";
    });
  }
}

void Invariants::check_hold(const Hold& hold) {
  const bool complete = hold.guard != Guard::none && !hold.rule.empty() && !hold.value.empty() &&
                        !hold.wanted.empty();
  require(complete, [&] {
    return "a hold without its reason: guard " + std::string{to_string(hold.guard)} + ", rule '" +
           hold.rule + "', value '" + hold.value + "', wanted '" + hold.wanted + "'";
  });
}

/// Recounts what the engine counts as it goes, wherever a guard tells its count.
void Invariants::check_groups(const Engine& engine) {
  for (std::uint32_t slot = 0; slot < engine.size(); ++slot) {
    if (!engine.declared(ServiceId{slot})) continue;
    for (const Hold& hold : engine.guards(ServiceId{slot})) {
      const bool acting = hold.guard == Guard::max_concurrent;
      if (!acting && hold.guard != Guard::min_healthy) continue;
      const Count count = recount(engine, engine.policy(ServiceId{slot})->group);
      require(std::stoul(hold.value) == (acting ? count.acting : count.healthy), [&] {
        return "miscounted: '" + hold.rule + "' sees '" + hold.value + "', but " +
               std::to_string(count.acting) + " act and " + std::to_string(count.healthy) +
               " are healthy";
      });
    }
  }
}

}  // namespace heald::sim
