// New rules: what is new, changed, gone; what is untouched stays so.

#include <algorithm>
#include <string_view>
#include <utility>

#include "condition.hpp"
#include "hash.hpp"
#include "world.hpp"

namespace heald {
namespace {

const ProbePolicy* find_probe(const ServicePolicy* policy, std::string_view name) {
  if (policy == nullptr) return nullptr;
  const auto found = std::find_if(policy->probes.begin(), policy->probes.end(),
                                  [&](const ProbePolicy& probe) { return probe.name == name; });
  return found == policy->probes.end() ? nullptr : &*found;
}

/// Whether a child that was started under one of these is as one started under the other. How it
/// is stopped, told to reload, called ready, and what its exit means is looked up when it matters.
bool starts_alike(const ProcessRuntime& one, const ProcessRuntime& other) {
  return one.exec == other.exec && one.pre_start == other.pre_start &&
         one.output == other.output && one.umask == other.umask && one.limits == other.limits;
}

}  // namespace

void World::on(const PolicyLoaded& loaded) {
  const std::shared_ptr<const Policy> before = std::exchange(policy_, loaded.policy);
  load_groups(*policy_);
  const std::vector<ServiceId> services = take_in(*policy_);
  std::vector<bool> declared(slots_.size());
  for (std::size_t place = 0; place < services.size(); ++place) {
    declared[services[place].value()] = true;
    declare(at(services[place]), policy_->services[place]);
  }
  for (Slot& slot : slots_) {
    if (slot.policy && !declared[slot.id.value()]) remove(slot);
  }
  link_dependencies();
  note(RecordKind::policy_loaded, policy_->revision);
  touch_daemon();
  const bool all =
      !before || before->groups != policy_->groups || before->daemon != policy_->daemon;
  for (Slot& slot : slots_) {
    if (all || !is_at_rest(slot)) dirty(slot.id);
  }
  // Who is healthy under these rules is known before anything is done under them.
  for (Slot& slot : slots_) {
    if (slot.policy && slot.dirty) refresh_health(slot);
  }
}

/// Nothing is done about it, nor waits to be, whatever becomes of others.
bool World::is_at_rest(const Slot& slot) {
  const ServiceState& state = slot.state;
  return state.activity == Activity::idle && !state.incident && !state.pending &&
         !state.restart_wanted && !state.reload_wanted && !slot.former;
}

void World::load_groups(const Policy& policy) {
  for (const GroupPolicy& each : policy.groups) {
    const auto [found, fresh] =
        groups_by_name_.try_emplace(each.name, static_cast<std::uint32_t>(groups_.size()));
    if (fresh) {
      groups_.emplace_back(each);
    } else {
      groups_[found->second].replace(each);
    }
  }
}

/// The services of these rules, in their order; those that were never seen get a slot.
std::vector<ServiceId> World::take_in(const Policy& policy) {
  std::vector<ServiceId> services;
  services.reserve(policy.services.size());
  slots_.reserve(std::max(slots_.size(), policy.services.size()));
  const std::size_t known = slots_.size();
  for (const auto& service : policy.services) {
    // Most follow each other as they did before.
    const std::size_t next = services.empty() ? 0 : services.back().value() + std::size_t{1};
    const bool follows = next < known && slots_[next].state.name == service->name;
    const std::optional<ServiceId> found = follows ? slots_[next].id : find(service->name);
    if (!found) add_slot({.name = service->name});
    services.push_back(found.value_or(slots_.back().id));
  }
  if (slots_.size() > known) sort_names();
  return services;
}

void World::add_slot(ServiceState state) {
  Slot& slot = slots_.emplace_back();
  slot.id = ServiceId{static_cast<std::uint32_t>(slots_.size() - 1)};
  slot.state = std::move(state);
  deadlines_.grow(slots_.size());
}

void World::sort_names() {
  by_name_.clear();
  by_name_.reserve(slots_.size());
  for (const Slot& slot : slots_) by_name_.push_back(slot.id);
  std::sort(by_name_.begin(), by_name_.end(), [this](ServiceId one, ServiceId other) {
    return at(one).state.name < at(other).state.name;
  });
}

void World::declare(Slot& slot, const std::shared_ptr<const ServicePolicy>& policy) {
  if (slot.policy) {
    replace_policy(slot, policy);
    return;
  }
  dirty(slot.id);
  slot.policy = policy;
  slot.occupies = slot.state.action && takes_place(*slot.state.action);
  join_group(slot);
  lay_out_probes(slot, nullptr);
  touch(slot);
  if (adopted_) note(slot, RecordKind::service_added, {});
  if (slot.former) take_former_over(slot);
}

/// It is a process service again while the child that it had is still there, or being started.
void World::take_former_over(Slot& slot) {
  const std::shared_ptr<const ServicePolicy> before = std::move(slot.former);
  if (slot.state.running) set_process_condition(slot, ConditionStatus::pass, {});
  if (before->runtime != slot.policy->runtime) change_runtime(slot, before);
}

/// What runs, or is just being started, runs under other rules than those in force.
void World::change_runtime(Slot& slot, const std::shared_ptr<const ServicePolicy>& before) {
  const bool starts = slot.acting() && slot.state.action->starts;
  if (!before->process() || !(slot.state.running || starts)) return;
  if (slot.policy->process()) {
    const bool alike = starts_alike(*before->process(), *slot.policy->process());
    slot.state.restart_wanted = slot.state.restart_wanted || !alike;
  } else {
    slot.former = before;  // it is no longer our child's service: stop the child
  }
}

void World::replace_policy(Slot& slot, const std::shared_ptr<const ServicePolicy>& policy) {
  if (slot.policy == policy || *slot.policy == *policy) return;
  dirty(slot.id);
  const std::shared_ptr<const ServicePolicy> before = std::move(slot.policy);
  leave_group(slot);
  slot.policy = policy;
  join_group(slot);
  lay_out_probes(slot, before.get());
  note(slot, RecordKind::service_changed, {});
  if (slot.state.activity == Activity::latched) {
    note(slot, RecordKind::unlatched, "the rules changed");
    set_activity(slot, Activity::idle, {});
  }
  if (slot.former && slot.is_process()) {
    take_former_over(slot);
  } else if (before->runtime != policy->runtime) {
    change_runtime(slot, before);
  }
}

void World::remove(Slot& slot) {
  note(slot, RecordKind::service_removed, {});
  abandon_verification(slot, "the service was removed from the rules");
  drop_intentions(slot);
  if (slot.is_process() && (slot.state.running || slot.acting())) slot.former = slot.policy;
  leave_group(slot);
  slot.occupies = false;  // the group forgot it with the member
  for (ProbeSlot& probe : slot.probes) leave_source(probe.vantage);
  slot.probes.clear();
  slot.state.conditions.clear();
  slot.state.health = Health::unknown;
  slot.policy.reset();
  slot.needs.clear();
  if (!slot.acting()) set_activity(slot, Activity::idle, {});
  dirty(slot.id);
}

/// Nothing is to be done about this service any more.
void World::drop_intentions(Slot& slot) {
  if (slot.has_open_incident()) close_incident(slot, Closing::removed);
  slot.state.incident.reset();
  slot.state.pending.reset();
  slot.state.restart_wanted = false;
  slot.state.reload_wanted = false;
}

void World::join_group(Slot& slot) {
  slot.group = groups_by_name_.find(slot.policy->group)->second;
  Group& joined = group(slot);
  joined.join();
  if (slot.state.health == Health::healthy) joined.count_healthy(1);
  if (slot.occupies) joined.count_acting(1);
}

void World::leave_group(Slot& slot) {
  Group& left = group(slot);
  left.leave();
  if (slot.state.health == Health::healthy) left.count_healthy(-1);
  if (slot.occupies) left.count_acting(-1);
  std::erase(left.waiting, slot.id);
  slot.waiting = false;
  wake_waiting(left);
}

void World::link_dependencies() {
  for (Slot& slot : slots_) {
    slot.needs.clear();
    slot.needed_by.clear();
  }
  for (Slot& slot : slots_) {
    // What is on its way out still stops before what it depended on.
    const ServicePolicy* policy = slot.policy ? slot.policy.get() : slot.former.get();
    if (policy == nullptr) continue;
    for (const DependencyPolicy& rule : policy->depends_on) {
      const ServiceId needed = find(rule.service).value();
      slot.needs.push_back({needed, slot.policy ? &rule : nullptr});
      at(needed).needed_by.push_back(slot.id);
    }
  }
}

void World::lay_out_probes(Slot& slot, const ServicePolicy* before) {
  std::vector<Condition> old = std::move(slot.state.conditions);
  std::vector<ProbeSlot> old_probes = std::move(slot.probes);
  for (ProbeSlot& probe : old_probes) leave_source(probe.vantage);
  slot.probes.clear();
  slot.probes.reserve(slot.policy->probes.size());
  slot.state.conditions.clear();
  slot.state.conditions.reserve(slot.policy->probes.size() + (slot.is_process() ? 1 : 0));
  const auto keep = [&](const std::string& name, bool unchanged) {
    const auto found = std::find_if(old.begin(), old.end(),
                                    [&](const Condition& each) { return each.name == name; });
    Condition fresh;
    fresh.name = name;
    fresh.changed = now_;
    slot.state.conditions.push_back(unchanged && found != old.end() ? *found : fresh);
  };
  if (slot.is_process()) keep(std::string{process_condition}, true);
  for (const ProbePolicy& rule : slot.policy->probes) {
    const ProbePolicy* same = find_probe(before, rule.name);
    const bool unchanged = same != nullptr && *same == rule;
    keep(rule.name, before == nullptr || unchanged);
    ProbeSlot& probe = slot.probes.emplace_back();
    if (unchanged) {
      const auto place = static_cast<std::size_t>(same - before->probes.data());
      probe.starting_until = old_probes[place].starting_until;
    }
    look_from_now(probe);
    probe.vantage = sources_.join(rule.source, rule.address, rule.interval + rule.timeout);
    count_probe(slot, slot.probes.size() - 1);
    const double share = random_share(seed_, {slot.policy->name, rule.name});
    probe.due = now_ + std::chrono::duration_cast<Duration>(rule.interval * share);
  }
}

}  // namespace heald
