#include "sim/proof_book.hpp"

#include <algorithm>

namespace heald::sim {
namespace {

bool is_down(const Step& step, ServiceId service) {
  return step.engine.policy(service)->process() != nullptr && !step.state(service).running;
}

const ProbePolicy* probe_of(const ServicePolicy& policy, const std::string& name) {
  const auto found = std::find_if(policy.probes.begin(), policy.probes.end(),
                                  [&](const ProbePolicy& each) { return each.name == name; });
  return found == policy.probes.end() ? nullptr : &*found;
}

bool failed_itself(ActionResult result) {
  return result == ActionResult::failed || result == ActionResult::timed_out;
}

}  // namespace

void ProofBook::before(const Event& event) {
  ending_ = ending_ || std::holds_alternative<ShutdownRequested>(event.input);
  if (const auto* finished = std::get_if<ActionFinished>(&event.input)) {
    const auto trial = trials_.find(finished->report.id);
    if (trial == trials_.end() || trial->second.finished != never) return;
    trial->second.finished = event.at;
    trial->second.result = finished->report.result;
  }
  if (const auto* withheld = std::get_if<ActionWithheld>(&event.input)) {
    trials_.erase(withheld->action);
  }
  // What was seen before heald went away proves nothing after it.
  if (!std::holds_alternative<Restarted>(event.input)) return;
  for (auto& [action, trial] : trials_) {
    trial.finished = event.at;
    trial.seen.clear();
  }
}

void ProofBook::after(const Step& step) {
  if (const auto* seen = step.input<Observation>()) note_look(step, *seen);
  for (const Record& record : step.decision.records) {
    if (record.kind == RecordKind::verdict) judge(step, record);
  }
  for (const ServiceId service : step.decision.changed) {
    words_wait_[service] = step.state(service).pending.has_value();
  }
  for (const Command& command : step.decision.commands) {
    if (const auto* act = std::get_if<ActCommand>(&command)) begin(step, act->order.service);
  }
  const auto* found = step.input<ProcessFound>();
  if (found != nullptr && step.records(RecordKind::action_intended, found->service)) {
    begin(step, found->service);
    note_found(step, found->service);
  }
  if (!step.decision.marked || !step.adopted) return;
  for (const auto& [action, trial] : trials_) check_lasting(step, trial);
}

void ProofBook::begin(const Step& step, ServiceId service) {
  const ServiceState& state = step.state(service);
  if (!state.action || !state.verification) return;
  Trial trial;
  trial.service = service;
  trial.cause = state.action->cause;
  trial.rule = state.verification->rule;
  trial.revision = step.policy.revision;
  trial.generation = state.action->generation;
  trials_.emplace(state.action->id, std::move(trial));
}

/// The action whose process is found is over, and nobody knows how it ended.
void ProofBook::note_found(const Step& step, ServiceId service) {
  const auto trial = trials_.find(step.state(service).action->id);
  require_("pre-armed", trial != trials_.end(),
           [&] { return step.name(service) + " is found restarted, and not verified"; });
  if (trial == trials_.end()) return;
  trial->second.finished = step.now;
  trial->second.result = ActionResult::unknown;
}

void ProofBook::note_look(const Step& step, const Observation& look) {
  if (!step.declares(look.service) || look.outcome == Outcome::unknown) return;
  const auto& probes = step.engine.policy(look.service)->probes;
  if (look.probe.value() >= probes.size()) return;
  const ProbePolicy& probe = probes[look.probe.value()];
  for (auto& [action, trial] : trials_) {
    if (trial.service != look.service || look.begun < trial.finished) continue;
    Seen& seen = trial.seen[probe.name];
    if (look.outcome == Outcome::pass) {
      if (seen.first == never) seen.first = look.begun;
      seen.last = look.begun;
      continue;
    }
    seen.failed = true;
    const SightBook& sight = sight_;
    if (sight.certain(step) && sight.blind(probe) == false) seen.first = seen.last = never;
  }
}

void ProofBook::judge(const Step& step, const Record& verdict) {
  const auto node = trials_.extract(verdict.action);
  if (node.empty() || !step.declares(node.mapped().service)) return;
  const Trial& trial = node.mapped();
  require_("verdict", trial.finished != never,
           [&] { return step.name(trial.service) + " has a verdict before the outcome"; });
  if (trial.finished == never) return;
  switch (*verdict.verdict) {
    case Verdict::healed: return check_healed(step, trial);
    case Verdict::not_healed: return check_not_healed(step, trial);
    case Verdict::unknown: return check_unknown(step, trial);
  }
}

/// Each condition passed, went on passing for `stable_for`, and passed once more at its end.
void ProofBook::check_healed(const Step& step, const Trial& trial) {
  if (step.state(trial.service).desired == Desired::done) return;
  const auto& policy = *step.engine.policy(trial.service);
  Instant since = trial.finished;
  Instant last = never;
  for (const std::string& name : trial.rule.probes) {
    if (probe_of(policy, name) == nullptr) continue;
    const auto seen = trial.seen.find(name);
    const bool stands = seen != trial.seen.end() && seen->second.first != never;
    require_("healed is proven", stands, [&] {
      return step.name(trial.service) + " is called healed, but '" + name + "' does not pass";
    });
    if (!stands) return;
    since = std::max(since, seen->second.first);
    last = std::min(last, seen->second.last);
  }
  const Instant end = since + trial.rule.stable_for;
  require_("healed is proven", step.now >= end && last >= end && !is_down(step, trial.service),
           [&] { return step.name(trial.service) + " is called healed before `stable_for`"; });
}

/// It ended, it was not done, or time to help is over and something still fails.
void ProofBook::check_not_healed(const Step& step, const Trial& trial) {
  if (trial.result == ActionResult::unsupported || is_down(step, trial.service)) return;
  const bool failed = std::any_of(trial.seen.begin(), trial.seen.end(),
                                  [](const auto& each) { return each.second.failed; });
  require_("not_healed is proven", failed, [&] {
    return step.name(trial.service) + " is called not healed, but nothing failed since";
  });
  const bool hopeless = failed_itself(trial.result) || !is_rung(trial.cause);
  require_("not_healed is proven", hopeless || step.now >= trial.finished + trial.rule.within,
           [&] { return step.name(trial.service) + " is called not healed before `within`"; });
}

/// Something came between, or nobody could tell in time.
void ProofBook::check_unknown(const Step& step, const Trial& trial) {
  const auto* restarted = step.input<Restarted>();
  const bool rebooted = restarted != nullptr && restarted->boot == Restarted::Boot::another;
  const bool another = step.input<Operated>() != nullptr || rebooted ||
                       step.input<PolicyLoaded>() != nullptr || ending_ ||
                       step.state(trial.service).desired != Desired::running ||
                       words_wait_[trial.service] ||
                       trial.revision != step.policy.revision;
  const auto* found = step.input<ProcessFound>();
  bool cause = another || (found != nullptr && found->service == trial.service &&
                           found->what == ProcessFound::What::running &&
                           found->generation < trial.generation);
  for (const DependencyPolicy& need : step.engine.policy(trial.service)->depends_on) {
    const auto dependency = step.engine.find(need.service);
    cause = cause || (need.gate && dependency &&
                      step.state(*dependency).health == Health::unhealthy);
  }
  const Duration least = std::min(trial.rule.within, trial.rule.stable_for);
  require_("unknown has a cause", cause || step.now >= trial.finished + least, [&] {
    return step.name(trial.service) + " has the verdict unknown, but nothing came between";
  });
}

/// A verdict comes in time: after the start period, `within`, `stable_for`, and what a look may
/// take to be answered at the end of either.
void ProofBook::check_lasting(const Step& step, const Trial& trial) {
  if (trial.finished == never || !step.declares(trial.service)) return;
  if (trial.revision != step.policy.revision) return;
  const ServiceState& state = step.state(trial.service);
  if (state.activity != Activity::verifying) return;
  Duration start{};
  Duration patience{};
  for (const ProbePolicy& probe : step.engine.policy(trial.service)->probes) {
    start = std::max(start, probe.start_period);
    patience = std::max(patience, 3 * probe.interval + probe.timeout);
  }
  // A start that heald died over began its period when heald came back, or before.
  const bool starts = state.action && state.action->starts;
  const Instant grace = starts ? trial.finished + start : state.started + start;
  const Instant end = std::max(trial.finished, grace) + trial.rule.within +
                      trial.rule.stable_for + 2 * patience;
  require_("verdict in time", step.now <= end, [&] {
    return step.name(trial.service) + " is still verified long after its time is over";
  });
  require_("wake_at", step.now >= end || step.decision.wake_at <= end, [&] {
    return step.name(trial.service) + " is verified, and nobody will be woken for its verdict";
  });
}

void ProofBook::heald_died() {
  ending_ = false;
  for (auto& [action, trial] : trials_) {
    if (trial.finished == never) trial.result = ActionResult::unknown;
  }
}

}  // namespace heald::sim
