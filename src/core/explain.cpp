// What people ask for: what would hold the next action back, and what comes next.

#include "text.hpp"
#include "world.hpp"

namespace heald {

std::vector<Hold> World::guards(ServiceId service) const {
  const Slot& slot = slots_.at(service.value());
  std::vector<Hold> holds;
  if (!slot.policy) return holds;
  const Action start = StartAction{};
  Candidate candidate{&start, "start", Cause::convergence};
  if (slot.acting() || slot.verifying()) {
    const std::string what{to_string(slot.state.action->kind)};
    return {{Guard::action, "one action at a time",
             "'" + what + "' is " + (slot.acting() ? "carried out" : "verified"),
             slot.acting() ? "its outcome and its verdict" : "its verdict", slot.judge_at}};
  }
  if (slot.has_open_incident()) {
    const Symptoms symptoms = symptoms_of(slot);
    const RungPolicy* rung = next_rung(*slot.policy, *slot.state.incident, symptoms);
    if (!symptoms.any()) {
      holds.push_back(without_symptom(slot));
    } else if (rung == nullptr) {
      holds.push_back({Guard::ladder, "remediation", "no rung is left",
                       "health, an operator, or other rules", slot.state.incident->slow_retry_at});
    }
    candidate = {rung == nullptr ? nullptr : &rung->action, rung == nullptr ? "" : rung->name,
                 Cause::ladder};
    if (std::optional<Hold> spent = budget_hold(slot)) holds.push_back(std::move(*spent));
  } else if (slot.state.running || !slot.is_process() || slot.state.desired != Desired::running) {
    return holds;  // nothing is about to be done
  }
  for (const GuardCheck check : checks_for(candidate.cause)) {
    if (std::optional<Hold> held = (this->*check)(slot, candidate)) {
      holds.push_back(std::move(*held));
    }
  }
  return holds;
}

Engine::Next World::next(ServiceId service) const {
  const Slot& slot = slots_.at(service.value());
  const ServiceState& state = slot.state;
  if (!slot.policy) return {};
  if (!adopted_) return {"the end of the start-up", never};
  if (shutting_down_ && !slot.acting()) return {"the end of the shutdown", shutdown_deadline_};
  switch (state.activity) {
    case Activity::acting:
      return {"the end of '" + std::string{to_string(state.action->kind)} + "'", never};
    case Activity::verifying: return {"the verdict", slot.judge_at};
    case Activity::backing_off:
    case Activity::held: return {state.hold->wanted, state.hold->until};
    case Activity::latched:
      if (state.incident && state.incident->slow_retry_at != never) {
        return {"the slow retry", state.incident->slow_retry_at};
      }
      return {"nothing until " + state.hold->wanted, never};
    case Activity::idle: break;
  }
  Engine::Next look{"nothing: it is not probed", never};
  if (!probed(slot)) return look;
  for (std::size_t place = 0; place < slot.probes.size(); ++place) {
    const ProbeSlot& probe = slot.probes[place];
    if (probe.in_flight || probe.due >= look.when) continue;
    look = {"probe '" + slot.policy->probes[place].name + "'", probe.due};
  }
  if (slot.probes.empty()) look.what = "the end of its process";
  return look;
}

}  // namespace heald
