// What the members of a group share: places, a floor of healthy ones, storms. And that what holds
// an action back is still so.

#include <algorithm>
#include <cmath>
#include <string>

#include "sim/gate_book.hpp"

namespace heald::sim {

/// An action that takes a place leaves no more than `max_concurrent` taken, and enough healthy.
void GateBook::check_places(const Step& step, ServiceId service, const ActionState& action) {
  const std::string& name = step.engine.policy(service)->group;
  const GroupPolicy& group = *group_of(step.policy, name);
  const Count count = recount(step, name);
  require_("max_concurrent", count.acting <= group.max_concurrent, [&] {
    return "group '" + name + "' has " + std::to_string(count.acting) + " members acted upon";
  });
  const bool down = action.kind == ActionKind::restart || action.kind == ActionKind::stop ||
                    action.kind == ActionKind::reprovision;
  if (!down || count.members <= 1 || step.state(service).health != Health::healthy) return;
  const double floor = std::floor(group.min_healthy.value * static_cast<double>(count.members));
  require_("min_healthy", static_cast<double>(count.healthy) > floor, [&] {
    return step.name(service) + " is taken down, one of " + std::to_string(count.healthy) +
           " healthy of " + std::to_string(count.members);
  });
}

/// Of what is removed: the one that it was in until then; of what was removed before, none.
std::string GateBook::group_at_verdict(const Step& step, ServiceId service) const {
  if (step.declares(service)) return step.engine.policy(service)->group;
  const auto before = groups_.find(service);
  const bool leaves = step.input<PolicyLoaded>() != nullptr && before != groups_.end();
  return leaves ? before->second : std::string{};
}

void GateBook::note_groups(const Step& step) {
  if (step.input<PolicyLoaded>() == nullptr) return;
  groups_.clear();
  each_declared(step.engine, [&](ServiceId service) {
    groups_[service] = step.engine.policy(service)->group;
  });
}

void GateBook::note_storm(const Step& step, const Record& record) {
  if (record.kind == RecordKind::health_changed && record.text == to_string(Health::unhealthy)) {
    sickened_[*record.service] = {step.engine.policy(*record.service)->group, step.now};
  }
  if (record.kind == RecordKind::verdict && *record.cause == Cause::ladder) {
    const auto storm = storms_.find(group_at_verdict(step, *record.service));
    const GroupPolicy* group =
        storm == storms_.end() ? nullptr : group_of(step.policy, storm->first);
    if (group != nullptr) storm->second.quiet_at = step.now + group->storm.cool_down;
  }
  if (record.kind == RecordKind::storm_begun) {
    const StormPolicy& rule = group_of(step.policy, record.condition)->storm;
    const Count count = recount(step, record.condition);
    const auto turned = static_cast<std::size_t>(
        std::count_if(sickened_.begin(), sickened_.end(), [&](const auto& turn) {
          return turn.second.group == record.condition && step.now - turn.second.at < rule.within;
        }));
    const bool many = turned >= rule.at_least && static_cast<double>(turned) >=
                      rule.unhealthy.value * static_cast<double>(count.members);
    require_("storm", many, [&] {
      return "'" + record.condition + "' is in a storm of " + std::to_string(turned) + " of " +
             std::to_string(count.members);
    });
    storms_[record.condition] = {true, step.now + rule.cool_down, {}};
  }
  // In the order of the records, for what is intended before a storm in the same step may be.
  if (record.kind == RecordKind::action_intended && is_rung(*record.cause)) {
    check_storm(step, *record.service);
  }
  if (record.kind == RecordKind::storm_ended) {
    Storm& storm = storms_[record.condition];
    const bool declared = group_of(step.policy, record.condition) != nullptr;
    require_("storm", !storm.on || !declared || step.now >= storm.quiet_at,
             [&] { return "that of '" + record.condition + "' ends before its cool_down"; });
    storm.on = false;
  }
}

void GateBook::check_storm(const Step& step, ServiceId service) {
  const std::string& name = step.engine.policy(service)->group;
  const auto found = storms_.find(name);
  if (found == storms_.end() || !found->second.on) return;
  // Whoever was let stays so, also under new rules that would let fewer.
  if (!found->second.let.insert(service).second) return;
  const StormPolicy& rule = group_of(step.policy, name)->storm;
  require_("storm", found->second.let.size() <= rule.let, [&] {
    return "'" + name + "' has " + std::to_string(found->second.let.size()) +
           " members acted upon in one";
  });
}

/// A hold ends with its cause: nothing waits for what is over.
void GateBook::check_holds(const Step& step) {
  each_declared(step.engine, [&](ServiceId service) {
    if (step.state(service).activity == Activity::held) check_hold(step, service);
  });
}

void GateBook::check_hold(const Step& step, ServiceId service) {
  const Hold& hold = step.state(service).hold;
  const std::string& group = step.engine.policy(service)->group;
  bool so = true;
  Instant end = never;  // by which it is over by itself
  switch (hold.guard) {
    case Guard::adoption: so = !step.adopted; break;
    case Guard::confirmation: so = *unconfirmed_; break;
    case Guard::observe: so = step.engine.policy(service)->observe; break;
    case Guard::freeze:
      so = frozen_.has_value();
      end = frozen_.value_or(never);
      break;
    case Guard::pause:
      so = paused(service, step.now);
      if (so) end = paused_.at(service);
      break;
    case Guard::storm:
      so = storms_[group].on;
      end = storms_[group].quiet_at;
      break;
    case Guard::max_concurrent:
      so = recount(step, group).acting >= group_of(step.policy, group)->max_concurrent;
      break;
    case Guard::start_concurrency: {
      // One that was removed meanwhile starts all the same.
      std::size_t starts = 0;
      for (std::uint32_t slot = 0; slot < step.engine.size(); ++slot) {
        starts += step.state(ServiceId{slot}).activity == Activity::acting ? 1 : 0;
      }
      so = starts >= step.policy.daemon.start_concurrency;
      break;
    }
    default: break;
  }
  require_("hold with a cause", so, [&] {
    return step.name(service) + " is held by " + std::string{to_string(hold.guard)} +
           ", which is over";
  });
  require_("wake_at", step.decision.wake_at <= end, [&] {
    return step.name(service) + " is held by " + std::string{to_string(hold.guard)} +
           ", and nobody will be woken for its end";
  });
}

/// Recounts what the engine counts as it goes, wherever a guard tells its count.
void GateBook::check_counts(const Step& step) {
  each_declared(step.engine, [&](ServiceId service) {
    const ServiceState& state = step.state(service);
    if (state.activity == Activity::idle) return;
    for (const Hold& hold : step.engine.guards(service)) {
      const bool acting = hold.guard == Guard::max_concurrent;
      if (!acting && hold.guard != Guard::min_healthy) continue;
      const Count count = recount(step, step.engine.policy(service)->group);
      require_("group counts", std::stoul(hold.value) == (acting ? count.acting : count.healthy),
               [&] {
                 return "'" + hold.rule + "' sees '" + hold.value + "', but " +
                        std::to_string(count.acting) + " act and " +
                        std::to_string(count.healthy) + " are healthy";
               });
    }
  });
}

}  // namespace heald::sim
