// When to look. All of it is the engine's: probes are spread evenly over their interval, and
// look more often while something starts or is verified.

#include <algorithm>

#include "world.hpp"

namespace heald {
namespace {

using namespace std::chrono_literals;

/// The pause after the `taken`th look since a start or an outcome: short at first, so that a
/// quick start is seen quickly, twice as long after every second one, and at most a tenth of the
/// interval within 100 ms and 1 s.
Duration hurried_pause(Duration interval, std::uint32_t taken) {
  const Duration most = std::min(interval, std::clamp<Duration>(interval / 10, 100ms, 1s));
  const Duration ramp = Duration{10ms} * (1U << std::min((taken - 1) / 2, 7U));
  return std::min(ramp, most);
}

}  // namespace

bool World::probed(const Slot& slot) const {
  if (!slot.policy || !adopted_ || shutting_down_) return false;
  if (slot.state.desired != Desired::running) return false;
  return !slot.is_process() || slot.state.running;
}

bool World::in_start_period(const Slot& slot, std::size_t probe) const {
  return now_ < slot.probes[probe].starting_until;
}

void World::probe_due(Slot& slot) {
  if (!probed(slot)) return;
  for (std::size_t place = 0; place < slot.probes.size(); ++place) {
    ProbeSlot& probe = slot.probes[place];
    if (probe.in_flight || now_ < probe.due) continue;
    probe.in_flight = true;
    probe.run = ProbeRun{next_run_++};
    // One that is ordered a little late does not shift all that come after it.
    const bool on_time = now_ < probe.due + slot.policy->probes[place].interval / 10;
    probe.counted_from = on_time ? probe.due : now_;
    commands_.emplace_back(
        ProbeCommand{slot.id, ProbeIndex{static_cast<std::uint32_t>(place)}, probe.run});
  }
}

/// Looks at everything at once: what is in flight began too early to tell.
void World::look_soon(Slot& slot) {
  for (ProbeSlot& probe : slot.probes) {
    disown_look(probe);
    probe.due = now_;
    probe.hurried = 0;
    probe.passed = false;
    probe.counts_from = {};
  }
}

void World::look_again() {
  for (Slot& slot : slots_) {
    for (ProbeSlot& probe : slot.probes) {
      if (!probe.in_flight) continue;
      disown_look(probe);
      probe.due = now_;
      deadlines_.set(slot.id, now_);
    }
  }
}

void World::disown_look(ProbeSlot& probe) {
  probe.in_flight = false;
  probe.run = {};
  look_from_now(probe);
}

/// Only looks begun from now on tell anything.
void World::look_from_now(ProbeSlot& probe) const { probe.oldest = now_; }

/// Told by when a look began, and not by whether it was ordered before: without the unmarked events
/// a replay orders other looks, and numbers them differently.
bool World::is_late(const ProbeSlot& probe, const Observation& seen) {
  return seen.begun < probe.oldest || seen.run <= probe.heard;
}

/// Asks each alive probe for a look begun from now on; the slot's `wanted` tell until it came. What
/// is not looked at now is looked at when it runs again, and whoever waits goes on without until
/// then.
void World::look_afresh(Slot& slot) {
  for (std::size_t probe = 0; probe < slot.probes.size(); ++probe) {
    if (slot.policy->probes[probe].role != ProbeRole::alive) continue;
    slot.probes[probe].wanted = now_;
    slot.probes[probe].due = now_;
  }
  dirty(slot.id);
  wake_dependents(slot);  // what holds them may be this look now
}

bool World::looks_afresh(const Slot& slot) const {
  return probed(slot) && std::any_of(slot.probes.begin(), slot.probes.end(), [](const auto& probe) {
           return probe.wanted != never;
         });
}

void World::schedule_after_look(Slot& slot, std::size_t probe) {
  ProbeSlot& look = slot.probes[probe];
  const ProbePolicy& rule = slot.policy->probes[probe];
  const Condition& condition = slot.state.conditions[condition_of(slot, probe)];
  look.due = std::max(now_, look.counted_from + rule.interval);
  const bool starting =
      in_start_period(slot, probe) && condition.status != ConditionStatus::pass;
  const bool wanted = look.wanted != never;
  const bool verified = slot.verifying() && slot.state.verification &&
                        slot.state.verification->proofs.contains(rule.name);
  const Instant stable =
      verified ? stable_until(*slot.state.verification, *slot.state.action) : never;
  if (wanted) {
    look.due = now_;
  } else if (verified && stable != never) {
    look.due = std::min(look.due, std::max(now_, stable));
  } else if (starting || verified) {
    look.due = std::min(look.due, now_ + hurried_pause(rule.interval, look.hurried));
  }
}

Instant World::grace_end(const Slot& slot) const {
  const ActionState& action = *slot.state.action;
  Instant end = action.finished;
  if (!action.starts) return end;
  for (std::size_t probe = 0; probe < slot.probes.size(); ++probe) {
    const std::string& name = slot.policy->probes[probe].name;
    if (!slot.state.verification->proofs.contains(name)) continue;
    end = std::max(end, slot.probes[probe].starting_until);
  }
  return end;
}

Duration World::patience(const Slot& slot) const {
  Duration longest{};
  for (const ProbePolicy& rule : slot.policy->probes) {
    if (!slot.state.verification->proofs.contains(rule.name)) continue;
    longest = std::max(longest, 3 * rule.interval + rule.timeout);
  }
  return longest;
}

}  // namespace heald
