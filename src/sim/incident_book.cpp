#include "sim/incident_book.hpp"

#include <algorithm>

namespace heald::sim {

void IncidentBook::after(const Step& step) {
  ending_ = ending_ || step.input<ShutdownRequested>() != nullptr;
  for (const Record& record : step.decision.records) check_record(step, record);
  if (!step.decision.marked) return;
  each_declared(step.engine, [&](ServiceId service) { check_service(step, service); });
}

void IncidentBook::check_record(const Step& step, const Record& record) {
  const bool holds = record.kind == RecordKind::held || record.kind == RecordKind::latched ||
                     record.kind == RecordKind::would_act;
  if (holds) check_hold(record.hold);
  if (!record.service) return;
  Case& known = cases_[*record.service];
  switch (record.kind) {
    case RecordKind::incident_opened:
      require_("one incident", !known.open && record.incident > highest_,
               [&] { return step.name(*record.service) + " opens a second incident"; });
      highest_ = std::max(highest_, record.incident);
      known = Case{record.incident};
      return;
    case RecordKind::incident_relapsed:
      require_("one incident", !known.open && known.id == record.incident,
               [&] { return step.name(*record.service) + " relapses into what is not closed"; });
      known = Case{record.incident};
      return;
    case RecordKind::incident_closed: return check_closing(step, record);
    case RecordKind::verdict:
      if (record.cause && is_rung(*record.cause)) known.verdict = record.verdict;
      return;
    case RecordKind::would_act:
      require_("observe", !known.would_act,
               [&] { return step.name(*record.service) + " says twice what it would do"; });
      known.would_act = true;
      return;
    case RecordKind::held: held_[*record.service] = record.hold.guard; return;
    default: return;
  }
}

void IncidentBook::check_closing(const Step& step, const Record& record) {
  const ServiceId service = *record.service;
  Case& known = cases_[service];
  require_("one incident", known.open,
           [&] { return step.name(service) + " closes what is not open"; });
  known.open = false;
  const Closing closing = *record.closing;
  if (closing != Closing::healed && closing != Closing::recovered) return;
  const bool ours = known.verdict == Verdict::healed;
  require_("healed is proven", ours == (closing == Closing::healed), [&] {
    return "the incident of " + step.name(service) + " is closed as " +
           std::string{to_string(closing)} + " after the verdict " +
           (known.verdict ? std::string{to_string(*known.verdict)} : "of nobody");
  });
}

void IncidentBook::check_service(const Step& step, ServiceId service) {
  const ServiceState& state = step.state(service);
  const Case& known = cases_[service];
  if (state.hold->guard != Guard::none) check_hold(state.hold);
  const bool open = state.incident && state.incident->closing == Closing::open;
  require_("one incident", open == known.open,
           [&] { return step.name(service) + " has an incident that no record tells of"; });
  if (!step.adopted || ending_ || state.desired != Desired::running) return;
  const bool busy = state.activity == Activity::acting || state.activity == Activity::verifying;
  const bool sick = state.health == Health::unhealthy;
  const auto is = [&] {
    return step.name(service) + " is " + std::string{to_string(state.health)} + ", " +
           std::string{to_string(state.activity)};
  };
  // Convergence and operators may act on what is sick, and their verdict comes first. So does that
  // of a rung that an operator's stop found in flight.
  const bool rung = state.action && is_rung(state.action->cause);
  const bool stopped = !state.incident || state.incident->closing == Closing::stopped;
  require_("sickness has an incident", !sick || open || (busy && (!rung || stopped)), is);
  require_("an incident ends with its cause", busy || !open || state.health != Health::healthy,
           is);
  const bool absent = step.engine.policy(service)->process() != nullptr && !state.running;
  require_("a reason for what is not done",
           state.activity != Activity::idle || !(sick || absent || state.pending), is);
  check_reason(step, service);
}

void IncidentBook::check_reason(const Step& step, ServiceId service) {
  const ServiceState& state = step.state(service);
  const bool waits = state.activity == Activity::held || state.activity == Activity::latched ||
                     state.activity == Activity::backing_off;
  require_("a reason for what is not done", !waits || state.hold->guard != Guard::none,
           [&] { return step.name(service) + " waits without a reason"; });
  if (state.activity != Activity::held) return;
  require_("a reason for what is not done", held_[service] == state.hold->guard, [&] {
    return step.name(service) + " is held by " + std::string{to_string(state.hold->guard)} +
           ", which no record tells of";
  });
}

void IncidentBook::check_hold(const Hold& hold) {
  const bool complete = hold.guard != Guard::none && !hold.rule.empty() && !hold.value.empty() &&
                        !hold.wanted.empty();
  require_("a reason for what is not done", complete, [&] {
    return "guard " + std::string{to_string(hold.guard)} + ", rule '" + hold.rule + "', value '" +
           hold.value + "', wanted '" + hold.wanted + "'";
  });
}

void IncidentBook::heald_died() {
  ending_ = false;
}

}  // namespace heald::sim
