#include "journal/random_values.hpp"

#include <array>

namespace heald::test {

std::string Draw::text() {
  static const std::array<std::string, 6> texts{
      "", "web", "it's \"quoted\"\n\t\\", std::string{"nul\0inside", 10}, "\u00e9\u4e2d\U0001F600",
      std::string(600, 'x')};
  return texts.at(below(texts.size()));
}

Hold Draw::hold() { return {word<Guard>(), text(), text(), text(), instant()}; }

Condition Draw::condition() {
  return {text(), word<ConditionStatus>(), integer<std::uint32_t>(), integer<std::uint32_t>(),
          instant(), instant(), instant(), text()};
}

Incident Draw::incident() {
  Incident incident;
  incident.id = id<IncidentId>();
  incident.root = id<IncidentId>();
  incident.first_symptom = instant();
  incident.opened = instant();
  incident.closed = instant();
  incident.closing = word<Closing>();
  incident.relapses = integer<std::uint32_t>();
  incident.actions = integer<std::uint32_t>();
  for (const std::string& rung : list([&] { return text(); })) {
    incident.attempts[rung] = integer<std::uint32_t>();
  }
  incident.backoff_until = instant();
  incident.last_told = instant();
  incident.slow_retry_at = instant();
  incident.observed = flip();
  incident.notify_only = flip();
  incident.last_verdict = maybe([&] { return word<Verdict>(); });
  incident.symptom = text();
  return incident;
}

ActionState Draw::action() {
  return {id<ActionId>(), word<ActionKind>(), word<Cause>(),        text(), id<Generation>(),
          instant(),      instant(),          word<ActionResult>(), text(), flip()};
}

VerificationState Draw::verification() {
  VerificationState verification;
  verification.rule = {list([&] { return text(); }), duration(), duration()};
  for (const std::string& name : list([&] { return text(); })) {
    verification.proofs[name] = Proof{instant(), instant(), instant()};
  }
  return verification;
}

Pause Draw::pause() { return {instant(), text(), text()}; }

ExitStatus Draw::exit_status() { return {word<ExitStatus::Kind>(), integer<int>(), flip()}; }

ServiceState Draw::service() {
  ServiceState state;
  state.name = text();
  state.desired = word<Desired>();
  state.health = word<Health>();
  state.activity = word<Activity>();
  state.health_since = instant();
  state.activity_since = instant();
  state.hold = hold();
  state.running = flip();
  state.generation = id<Generation>();
  state.pid = maybe([&] { return integer<std::int64_t>(); });
  state.started = instant();
  state.last_exit = maybe([&] { return exit_status(); });
  state.exits = list([&] { return instant(); });
  state.restarts = integer<std::uint64_t>();
  state.conditions = list([&] { return condition(); });
  state.incident = maybe([&] { return incident(); });
  state.action = maybe([&] { return action(); });
  state.verification = maybe([&] { return verification(); });
  state.spent = list([&] { return instant(); });
  state.pause = maybe([&] { return pause(); });
  state.pending = maybe([&] { return word<Operation>(); });
  state.restart_wanted = flip();
  state.reload_wanted = flip();
  return state;
}

DaemonState Draw::daemon() {
  DaemonState state;
  state.now = instant();
  state.next_incident = integer<std::uint64_t>();
  state.next_action = integer<std::uint64_t>();
  state.spent = list([&] { return instant(); });
  state.freeze = maybe([&] { return pause(); });
  for (const std::string& group : list([&] { return text(); })) {
    state.storm_until[group] = instant();
    state.storm_let[group] = list([&] { return text(); });
  }
  state.confirmation_wanted = flip();
  return state;
}

Observation Draw::observation() {
  return {id<ServiceId>(), id<ProbeIndex>(), id<ProbeRun>(), word<Outcome>(),
          flip(),          instant(),        duration(),     text()};
}

Operated Draw::operated() {
  return {word<Operation>(), maybe([&] { return id<ServiceId>(); }), word<Operated::Dependents>(),
          maybe([&] { return duration(); }), text(), text()};
}

Event Draw::event(std::size_t alternative) {
  const auto pid = [&] { return maybe([&] { return integer<std::int64_t>(); }); };
  const auto policy = [&] {
    auto loaded = std::make_shared<Policy>();
    loaded->revision = text();
    return loaded;
  };
  const Instant when = instant();
  switch (alternative) {
    case 0: return {when, PolicyLoaded{policy()}};
    case 1: return {when, Restarted{word<Restarted::Boot>()}};
    case 2:
      return {when, ProcessFound{id<ServiceId>(), word<ProcessFound::What>(), id<Generation>(),
                                 pid()}};
    case 3: return {when, AdoptionFinished{}};
    case 4: return {when, observation()};
    case 5:
      return {when, ActionFinished{{id<ActionId>(), word<ActionResult>(), pid(), text(),
                                    id<Generation>()}}};
    case 6: return {when, ActionWithheld{id<ActionId>(), text()}};
    case 7:
      return {when, ProcessExited{{id<ServiceId>(), id<Generation>(), exit_status()}}};
    case 8: return {when, JournalChanged{word<JournalChanged::What>(), text()}};
    case 9: return {when, Stalled{duration()}};
    case 10: return {when, operated()};
    case 11: return {when, ShutdownRequested{}};
    default: return {when, Tick{}};
  }
}

}  // namespace heald::test
