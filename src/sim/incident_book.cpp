#include "sim/incident_book.hpp"

#include <algorithm>

namespace heald::sim {
namespace {

using namespace std::chrono_literals;

bool wants(const NotifyPolicy& rule, Occasion occasion) {
  return !rule.to.empty() && std::find(rule.on.begin(), rule.on.end(), occasion) != rule.on.end();
}

}  // namespace

void IncidentBook::after(const Step& step) {
  ending_ = ending_ || step.input<ShutdownRequested>() != nullptr;
  if (step.input<PolicyLoaded>() != nullptr) ruled_since_ = step.now;
  for (const Command& command : step.decision.commands) {
    const auto* tell = std::get_if<TellCommand>(&command);
    if (tell == nullptr) continue;
    cases_[tell->service].told = step.now;
  }
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
      known = Case{record.incident, step.now};
      return check_told(step, *record.service, Occasion::opened);
    case RecordKind::incident_relapsed:
      require_("one incident", !known.open && known.id == record.incident,
               [&] { return step.name(*record.service) + " relapses into what is not closed"; });
      known = Case{record.incident, step.now};
      return check_told(step, *record.service, Occasion::opened);
    case RecordKind::incident_closed: return check_closing(step, record);
    case RecordKind::verdict:
      if (record.cause && is_rung(*record.cause)) known.verdict = record.verdict;
      return;
    case RecordKind::latched:
      if (!known.told_latched) check_told(step, *record.service, Occasion::latched);
      known.told_latched = true;
      return;
    case RecordKind::operated:
      if (const auto* word = step.input<Operated>()) {
        const bool anew = word->operation == Operation::start ||
                          word->operation == Operation::restart;
        known.told_latched = known.told_latched && !anew;
      }
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

void IncidentBook::check_told(const Step& step, ServiceId service, Occasion occasion) {
  if (!step.declares(service)) return;
  if (!wants(step.engine.policy(service)->notify, occasion)) return;
  const auto& commands = step.decision.commands;
  const bool told = std::any_of(commands.begin(), commands.end(), [&](const Command& command) {
    const auto* tell = std::get_if<TellCommand>(&command);
    return tell != nullptr && tell->service == service && tell->occasion == occasion;
  });
  require_("people told", told, [&] {
    return "nobody is told that " + step.name(service) + " is " +
           std::string{to_string(occasion)};
  });
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
  check_told(step, service, Occasion::recovered);
}

void IncidentBook::check_service(const Step& step, ServiceId service) {
  const ServiceState& state = step.state(service);
  const Case& known = cases_[service];
  if (state.hold.guard != Guard::none) check_hold(state.hold);
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
  check_reminder(step, service);
}

void IncidentBook::check_reason(const Step& step, ServiceId service) {
  const ServiceState& state = step.state(service);
  const bool waits = state.activity == Activity::held || state.activity == Activity::latched ||
                     state.activity == Activity::backing_off;
  require_("a reason for what is not done", !waits || state.hold.guard != Guard::none,
           [&] { return step.name(service) + " waits without a reason"; });
  if (state.activity != Activity::held) return;
  require_("a reason for what is not done", held_[service] == state.hold.guard, [&] {
    return step.name(service) + " is held by " + std::string{to_string(state.hold.guard)} +
           ", which no record tells of";
  });
}

void IncidentBook::check_reminder(const Step& step, ServiceId service) {
  const ServiceState& state = step.state(service);
  const NotifyPolicy& rule = step.engine.policy(service)->notify;
  if (state.activity != Activity::latched || rule.repeat <= 0s) return;
  if (!wants(rule, Occasion::latched) || !wants(rule, Occasion::opened)) return;
  if (!wants(rule, Occasion::recovered)) return;
  // Under other rules nobody may have wanted to be told.
  const Instant since = std::max(state.activity_since, ruled_since_);
  const Instant due = std::max(cases_[service].told, since) + rule.repeat;
  require_("people told", step.now <= due,
           [&] { return "nobody is reminded that " + step.name(service) + " is latched"; });
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
