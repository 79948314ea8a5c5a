#include "sim/telling_book.hpp"

#include <algorithm>
#include <utility>

namespace heald::sim {
namespace {

using namespace std::chrono_literals;

bool wants(const NotifyPolicy& rule, Occasion occasion) {
  return std::find(rule.on.begin(), rule.on.end(), occasion) != rule.on.end();
}

bool names(const std::vector<std::string>& to, const std::string& receiver) {
  return std::find(to.begin(), to.end(), receiver) != to.end();
}

bool is_open(const ServiceState& state) {
  return state.incident && state.incident->closing == Closing::open;
}

/// Open, and by a failure: what is only unknown explains nothing.
bool explains(const ServiceState& state) { return is_open(state) && !state.incident->notify_only; }

/// Whatever is to be told of it waits for a verdict.
bool is_busy(const ServiceState& state) {
  return state.activity == Activity::acting || state.activity == Activity::verifying;
}

/// Each service that this one depends on through an edge that gates.
template <class Visit>
void each_gate(const Step& step, ServiceId service, const Visit& visit) {
  for (const DependencyPolicy& need : step.engine.policy(service)->depends_on) {
    const auto dependency = step.engine.find(need.service);
    if (need.gate && dependency && step.declares(*dependency)) visit(*dependency);
  }
}

/// How long it may take until each probe of it has been looked at twice.
Duration two_looks(const ServicePolicy& policy) {
  Duration longest{};
  for (const ProbePolicy& probe : policy.probes) {
    longest = std::max(longest, 2 * (probe.interval + probe.timeout));
  }
  return longest;
}

/// A look at it can tell something now.
bool looked_at(const Step& step, ServiceId service) {
  const ServicePolicy& policy = *step.engine.policy(service);
  const bool up = policy.process() == nullptr || step.state(service).running;
  return up && std::any_of(policy.probes.begin(), policy.probes.end(), [](const auto& probe) {
           return probe.role == ProbeRole::alive;
         });
}

bool begins_to_fail(const ServiceState& state) {
  return std::any_of(state.conditions.begin(), state.conditions.end(), [](const Condition& each) {
    return each.fails > 0 && each.status != ConditionStatus::fail;
  });
}

}  // namespace

void TellingBook::after(const Step& step) {
  ending_ = ending_ || step.input<ShutdownRequested>() != nullptr;
  if (step.input<PolicyLoaded>() != nullptr) ruled_since_ = step.now;
  const auto* seen = step.input<Observation>();
  if (seen != nullptr && step.declares(seen->service)) {
    // What was seen of a process before it was started anew answers nobody.
    const bool counts = seen->begun >= step.state(seen->service).started;
    Instant& latest = looked_[{seen->service, seen->probe}];
    if (counts) latest = std::max(latest, seen->begun);
  }
  closed_.clear();
  pass_over_gap(step.now);
  if (step.input<Stalled>() != nullptr) {
    each_declared(step.engine, [&](ServiceId service) { be_quiet(step, service); });
  }
  std::deque<const TellCommand*> tells;
  for (const Command& command : step.decision.commands) {
    if (const auto* tell = std::get_if<TellCommand>(&command)) tells.push_back(tell);
  }
  for (const Record& record : step.decision.records) {
    if (record.service) read(step, record, tells);
  }
  require_("people told", tells.empty(), [] { return "a message that no record tells of"; });
  for (const ServiceId service : closed_) {
    require_("recovery pairs", !cases_[service].end_owed, [&] {
      return "who heard of " + step.name(service) + " is not told of the end";
    });
  }
  if (!step.decision.marked) return;
  each_declared(step.engine, [&](ServiceId service) {
    if (!ending_ && step.adopted) check_service(step, service);
    cases_[service].explained = explains(step.state(service));
  });
}

/// Nobody looked while the machine slept: whatever was in flight is answered after it.
void TellingBook::pass_over_gap(Instant now) {
  const Duration gap = now - std::exchange(last_, now);
  if (gap < 1min) return;
  for (auto& [service, known] : cases_) {
    for (Instant* until : {&known.quiet_until, &known.asked_until}) {
      if (*until > now - gap) *until += gap;
    }
  }
}

void TellingBook::read(const Step& step, const Record& record,
                       std::deque<const TellCommand*>& tells) {
  const ServiceId service = *record.service;
  Case& known = cases_[service];
  switch (record.kind) {
    case RecordKind::incident_opened:
    case RecordKind::incident_relapsed:
      known = {.heard = {}, .heard_last = std::move(known.heard_last), .latch_owed = {},
               .latch_told = {}};
      known.begun = known.told = step.now;
      return be_quiet(step, service);
    case RecordKind::told:
      // One that only tells who has to wait has no message.
      if (tells.empty() || tells.front()->service != service) return;
      if (record.text.find(" not ") < record.text.find(" to ")) return;
      take(step, *tells.front());
      return tells.pop_front();
    case RecordKind::verdict:
      // What is owed waits for a look at it, and at what it depends on, that is begun after that.
      return be_quiet(step, service);
    case RecordKind::latched: return note_latch(step, service);
    case RecordKind::operated:
      if (const auto* word = step.input<Operated>()) {
        const bool anew =
            word->operation == Operation::start || word->operation == Operation::restart;
        if (anew) known.latch_told.clear();
      }
      return;
    case RecordKind::incident_closed: return close(step, service);
    default: return;
  }
}

void TellingBook::take(const Step& step, const TellCommand& tell) {
  Case& known = cases_[tell.service];
  known.told = step.now;
  if (tell.occasion == Occasion::recovered) return check_end(step, tell);
  if (!tell.reminder) check_once(step, tell);
  for (const std::string& receiver : tell.to) {
    known.heard.insert(receiver);
    if (tell.occasion != Occasion::latched) continue;
    known.latch_owed.erase(receiver);
    known.latch_told.insert(receiver);
  }
}

/// Whoever had heard of the root cause is not told of what it takes along: not while it is there,
/// nor before a look begun after its end.
void TellingBook::check_once(const Step& step, const TellCommand& tell) {
  if (!step.declares(tell.service)) return;
  for (const std::string& receiver : tell.to) {
    const bool heard = heard_cause(step, tell.service, tell.service, receiver);
    require_("one message for a cause", !heard, [&] {
      return receiver + " is told of " + step.name(tell.service) + ", and of what explains it";
    });
  }
}

/// Of what explains `service`, and with it the one that he is `told` of.
bool TellingBook::heard_cause(const Step& step, ServiceId told, ServiceId service,
                              const Receiver& receiver) {
  bool found = false;
  each_gate(step, service, [&](ServiceId cause) {
    const Case& root = cases_[cause];
    const bool over = closed_.contains(cause);
    // What begins with its end is another sickness.
    const bool asked = looked_at(step, told) && cases_[told].begun < step.now;
    const bool stands = root.explained && (over ? asked : explains(step.state(cause)));
    if (!stands) return;
    const auto& heard = over ? root.heard_last : root.heard;
    found = found || heard.contains(receiver) ||
            (!over && heard_cause(step, told, cause, receiver));
  });
  return found;
}

void TellingBook::check_end(const Step& step, const TellCommand& tell) {
  Case& known = cases_[tell.service];
  known.end_owed = false;
  const NotifyPolicy& rule = tell.policy->notify;
  const bool ends_only = !wants(rule, Occasion::opened) && !wants(rule, Occasion::latched);
  const std::set<std::string> to{tell.to.begin(), tell.to.end()};
  const bool pairs = ends_only ? std::includes(to.begin(), to.end(), known.heard.begin(),
                                               known.heard.end())
                               : to == known.heard;
  require_("recovery pairs", pairs, [&] {
    return "the end of " + step.name(tell.service) + " is told to " + std::to_string(to.size()) +
           ", and its beginning was to " + std::to_string(known.heard.size());
  });
}

void TellingBook::close(const Step& step, ServiceId service) {
  closed_.insert(service);
  Case& known = cases_[service];
  known.heard_last = known.heard;
  known.latch_owed.clear();
  if (!step.declares(service)) return;
  known.end_owed =
      !known.heard.empty() && wants(step.engine.policy(service)->notify, Occasion::recovered);
  each_declared(step.engine, [&](ServiceId each) {
    each_gate(step, each, [&](ServiceId cause) {
      if (cause == service) be_quiet(step, each);
    });
  });
}

/// For as long as it takes to look at it, and at what it depends on.
void TellingBook::be_quiet(const Step& step, ServiceId service) {
  if (!step.declares(service)) return;
  Duration looks = two_looks(*step.engine.policy(service));
  each_gate(step, service, [&](ServiceId cause) {
    const Duration at_cause = two_looks(*step.engine.policy(cause));
    cases_[cause].asked = step.now;
    cases_[cause].asked_until = step.now + at_cause + 1s;
    looks = std::max(looks, at_cause);
  });
  Case& known = cases_[service];
  known.asked = step.now;
  known.quiet_until = step.now + looks + 1s;
}

void TellingBook::note_latch(const Step& step, ServiceId service) {
  Case& known = cases_[service];
  if (!step.declares(service)) return;
  const NotifyPolicy& rule = step.engine.policy(service)->notify;
  for (const Receiver& receiver : rule.to) {
    const bool news = wants(rule, Occasion::latched) && !known.latch_told.contains(receiver);
    if (news) known.latch_owed.insert(receiver);
  }
}

/// A dependent asked for a look at it that may not have come yet, however long each one takes.
bool TellingBook::waits_for_look(const Step& step, ServiceId cause) {
  const Case& known = cases_[cause];
  const auto& probes = step.engine.policy(cause)->probes;
  std::uint32_t place = 0;
  const bool unseen = std::any_of(probes.begin(), probes.end(), [&](const ProbePolicy& probe) {
    const Instant latest = looked_[{cause, ProbeIndex{place++}}];
    return probe.role == ProbeRole::alive && latest < known.asked;
  });
  return step.now < known.asked_until || (unseen && looked_at(step, cause));
}

/// Whether this receiver hears of what explains this service, or it is not clear yet what does.
bool TellingBook::covered(const Step& step, ServiceId service, const Receiver& receiver) {
  bool found = false;
  each_gate(step, service, [&](ServiceId cause) {
    const ServiceState& state = step.state(cause);
    const NotifyPolicy& rule = step.engine.policy(cause)->notify;
    const bool will_hear = names(rule.to, receiver) && wants(rule, Occasion::opened);
    if (explains(state)) {
      const Case& root = cases_[cause];
      found = found || root.heard.contains(receiver) || step.now < root.quiet_until ||
              ((will_hear || root.latch_owed.contains(receiver)) && is_busy(state)) ||
              covered(step, cause, receiver);
    } else if (begins_to_fail(state) || waits_for_look(step, cause)) {
      found = found || will_hear || covered(step, cause, receiver);
    }
  });
  return found;
}

void TellingBook::check_service(const Step& step, ServiceId service) {
  const ServiceState& state = step.state(service);
  Case& known = cases_[service];
  if (!is_open(state) || is_busy(state) || state.desired != Desired::running) return;
  check_reminder(step, service);
  // Under other rules others may have been to hear of it.
  if (ruled_since_ >= known.begun || step.now < known.quiet_until) return;
  if (waits_for_look(step, service)) return;
  const NotifyPolicy& rule = step.engine.policy(service)->notify;
  const auto dark = [&](const Receiver& receiver, Occasion occasion) {
    require_("people told", covered(step, service, receiver), [&] {
      return receiver + " is not told that " + step.name(service) + " is " +
             std::string{to_string(occasion)};
    });
  };
  for (const Receiver& receiver : rule.to) {
    const bool heard = known.heard.contains(receiver);
    if (wants(rule, Occasion::opened) && !heard) dark(receiver, Occasion::opened);
    const bool latched = state.activity == Activity::latched;
    if (latched && known.latch_owed.contains(receiver)) dark(receiver, Occasion::latched);
  }
}

void TellingBook::check_reminder(const Step& step, ServiceId service) {
  const ServiceState& state = step.state(service);
  const Case& known = cases_[service];
  const NotifyPolicy& rule = step.engine.policy(service)->notify;
  if (state.activity != Activity::latched || rule.repeat <= 0s) return;
  if (!wants(rule, Occasion::latched)) return;
  const bool expected = std::any_of(rule.to.begin(), rule.to.end(), [&](const auto& receiver) {
    return known.heard.contains(receiver) && !known.latch_owed.contains(receiver);
  });
  // Under other rules nobody may have wanted to be told.
  const Instant since = std::max(state.activity_since, ruled_since_);
  const Instant due = std::max(known.told, since) + rule.repeat;
  require_("people told", !expected || step.now <= due,
           [&] { return "nobody is reminded that " + step.name(service) + " is latched"; });
}

}  // namespace heald::sim
