#include "sim/invariants.hpp"

#include <algorithm>
#include <string>

namespace heald::sim {

Invariants::Invariants(Breach breach) : require_(std::move(breach)) {}

void Invariants::before(const Event& event) {
  event_ = &event;
  if (const auto* loaded = std::get_if<PolicyLoaded>(&event.input)) policy_ = loaded->policy;
  adopted_ = adopted_ || std::holds_alternative<AdoptionFinished>(event.input);
  actions_.before(event);
  gates_.before(event);
  ladders_.before(event);
  sight_.before(event);
  conditions_.before(event);
  proofs_.before(event);
}

void Invariants::after(const Engine& engine, const Decision& decision, Instant now) {
  const Step step{*event_, engine, decision, *policy_, now, adopted_};
  require_("wake_at", decision.wake_at > now, [] { return std::string{"it is not ahead"}; });
  check_marking(decision);
  actions_.after(step);
  gates_.after(step);
  ladders_.after(step);
  sight_.after(step);
  conditions_.after(step);
  proofs_.after(step);
  incidents_.after(step);
  if (!decision.marked) return;
  check_wake(step);
  check_looks(step);
}

/// Only marked events decide: the others may be left out of a replay.
void Invariants::check_marking(const Decision& decision) {
  if (decision.marked) return;
  const bool decides = std::any_of(
      decision.commands.begin(), decision.commands.end(),
      [](const Command& command) { return !std::holds_alternative<ProbeCommand>(command); });
  require_("marking",
           !decides && decision.records.empty() && decision.changed.empty() &&
               !decision.daemon_changed,
           [] { return std::string{"an unmarked event decided something"}; });
}

/// Whatever comes by time lies ahead, and the engine asks to be woken for it.
void Invariants::check_wake(const Step& step) {
  if (!step.adopted || gates_.shutting_down()) return;
  each_declared(step.engine, [&](ServiceId service) {
    const ServiceState& state = step.state(service);
    const auto waits = [&](std::string_view what, Instant when) {
      require_("wake_at", when > step.now && step.decision.wake_at <= when, [&] {
        return step.name(service) + " is " + std::string{to_string(state.activity)} +
               " and waits for " + std::string{what} + ", but nobody will be woken for it";
      });
    };
    const Engine::Next next = step.engine.next(service);
    waits(next.what, next.when);
    const bool paused = state.activity == Activity::held && state.hold.guard == Guard::pause;
    if (paused && state.pause) waits("its pause", state.pause->until);
    const bool latched = state.activity == Activity::latched && state.incident;
    if (latched && step.engine.policy(service)->slow_retry &&
        state.incident->slow_retry_at != never) {
      waits("the slow retry", state.incident->slow_retry_at);
    }
  });
}

/// Every probe of what should run is looked at within its interval.
void Invariants::check_looks(const Step& step) {
  if (!step.adopted || gates_.shutting_down()) return;
  each_declared(step.engine, [&](ServiceId service) {
    const ServiceState& state = step.state(service);
    const ServicePolicy& policy = *step.engine.policy(service);
    if (state.desired != Desired::running || (policy.process() && !state.running)) return;
    for (std::uint32_t place = 0; place < policy.probes.size(); ++place) {
      const ProbeKey key{service, ProbeIndex{place}};
      const auto looked = sight_.looked(key);
      if (sight_.in_flight(key) || !looked) continue;
      const Instant due = *looked + policy.probes[place].interval;
      const Instant latest = std::max(due, step.now + Duration{1});
      require_("looked at in time", step.now <= due && step.decision.wake_at <= latest, [&] {
        return "'" + policy.probes[place].name + "' of " + step.name(service) + " is overdue";
      });
    }
  });
}

void Invariants::heald_died() {
  adopted_ = false;
  actions_.heald_died();
  gates_.heald_died();
  sight_.heald_died();
  conditions_.heald_died();
  proofs_.heald_died();
  incidents_.heald_died();
}

}  // namespace heald::sim
