#include "sim/invariants.hpp"

#include <algorithm>
#include <string>

namespace heald::sim {

// `sight` stays where it is, so that those who ask it may be copied.
Invariants::Books::Books(const Requirement& require)
    : actions(require),
      gates(require),
      ladders(require),
      sight(require),
      conditions(require, sight),
      proofs(require, sight),
      incidents(require),
      reloads(require),
      tellings(require) {}

Invariants::Invariants(Breach breach) : require_(std::move(breach)) {}

void Invariants::before(const Event& event) {
  event_ = &event;
  if (const auto* loaded = std::get_if<PolicyLoaded>(&event.input)) policy_ = loaded->policy;
  adopted_ = adopted_ || std::holds_alternative<AdoptionFinished>(event.input);
  books_.actions.before(event);
  books_.gates.before(event);
  books_.ladders.before(event);
  books_.sight.before(event);
  books_.conditions.before(event);
  books_.proofs.before(event);
}

void Invariants::after(const Engine& engine, const Decision& decision, Instant now) {
  const Step step{*event_, engine, decision, *policy_, now, adopted_};
  require_("wake_at", decision.wake_at > now, [] { return std::string{"it is not ahead"}; });
  check_marking(decision);
  books_.actions.after(step);
  books_.gates.after(step);
  books_.ladders.after(step);
  books_.sight.after(step);
  books_.conditions.after(step);
  books_.proofs.after(step);
  books_.incidents.after(step);
  books_.reloads.after(step);
  books_.tellings.after(step);
  const auto* seen = step.input<Observation>();
  if (!decision.marked) {  // no state changed, but what comes next may have
    if (seen != nullptr && step.declares(seen->service)) check_wake(step, seen->service);
    return;
  }
  each_declared(step.engine, [&](ServiceId service) { check_wake(step, service); });
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
void Invariants::check_wake(const Step& step, ServiceId service) {
  if (!step.adopted || books_.gates.shutting_down()) return;
  const ServiceState& state = step.state(service);
  const auto waits = [&](std::string_view what, Instant when) {
    require_("wake_at", when > step.now && step.decision.wake_at <= when, [&] {
      return step.name(service) + " is " + std::string{to_string(state.activity)} +
             " and waits for " + std::string{what} + ", but nobody will be woken for it";
    });
  };
  const Engine::Next next = step.engine.next(service);
  waits(next.what, next.when);
  const bool paused = state.activity == Activity::held && state.hold->guard == Guard::pause;
  if (paused && state.pause) waits("its pause", state.pause->until);
  const bool latched = state.activity == Activity::latched && state.incident;
  if (latched && step.engine.policy(service)->slow_retry &&
      state.incident->slow_retry_at != never) {
    waits("the slow retry", state.incident->slow_retry_at);
  }
}

/// Every probe of what should run is looked at within its interval.
void Invariants::check_looks(const Step& step) {
  if (!step.adopted || books_.gates.shutting_down()) return;
  each_declared(step.engine, [&](ServiceId service) {
    const ServiceState& state = step.state(service);
    const ServicePolicy& policy = *step.engine.policy(service);
    if (state.desired != Desired::running || (policy.process() && !state.running)) return;
    for (std::uint32_t place = 0; place < policy.probes.size(); ++place) {
      const ProbeKey key{service, ProbeIndex{place}};
      const auto looked = books_.sight.looked(key);
      if (books_.sight.in_flight(key) || !looked) continue;
      const Instant due = *looked + policy.probes[place].interval;
      const Instant latest = std::max(due, step.now + Duration{1});
      require_("looked at in time", step.now <= due && step.decision.wake_at <= latest, [&] {
        return "'" + policy.probes[place].name + "' of " + step.name(service) + " is overdue";
      });
    }
  });
}

void Invariants::check_written(const Engine& engine, const Snapshot& journal) const {
  for (std::uint32_t slot = 0; slot < engine.size(); ++slot) {
    const ServiceState& state = engine.state(ServiceId{slot});
    require_("written down", slot < journal.services.size() && state == journal.services[slot],
             [&] { return "the state of '" + state.name + "' changed, and no decision said so"; });
  }
  DaemonState daemon = engine.daemon();
  daemon.now = journal.daemon.now;  // that of what was written last
  require_("written down", daemon == journal.daemon,
           [] { return std::string{"the daemon's state changed, and no decision said so"}; });
}

void Invariants::journal_fails() {
  if (!written_) written_ = books_;
}

void Invariants::heald_died() {
  adopted_ = false;
  if (written_) books_ = *written_;  // which ask the `sight` of `books_`, as these do
  books_.actions.heald_died();
  books_.gates.heald_died();
  books_.sight.heald_died();
  books_.conditions.heald_died();
  books_.proofs.heald_died();
  books_.incidents.heald_died();
  books_.tellings.heald_died();
}

}  // namespace heald::sim
