#include "replay/wording.hpp"

#include <algorithm>
#include <string_view>
#include <variant>

#include "policy/scalars.hpp"

namespace heald {
namespace {

std::string with(std::string text, std::string_view more) {
  if (!more.empty()) text.append(": ").append(more);
  return text;
}

struct Description {
  const ServicePolicy* policy;

  std::string operator()(const PolicyLoaded& loaded) const {
    return "the rules " + loaded.policy->revision + " were loaded";
  }
  std::string operator()(const Restarted& restarted) const {
    return restarted.boot == Restarted::Boot::same ? "heald came back" : "the machine was rebooted";
  }
  std::string operator()(const ProcessFound& found) const {
    if (found.what == ProcessFound::What::none) return "heald found no process of it";
    if (found.what == ProcessFound::What::ended) return "heald found that its process had ended";
    return "heald found its process running, pid " + std::to_string(found.pid.value_or(0));
  }
  std::string operator()(const AdoptionFinished&) const {
    return "heald had found out what runs";
  }
  std::string operator()(const Observation& seen) const {
    const std::string probe = "probe " + probe_name(seen.probe, policy);
    if (seen.outcome == Outcome::pass) return probe + " passed";
    return with(probe + (seen.outcome == Outcome::fail ? " failed" : " could not look"),
                seen.evidence);
  }
  std::string operator()(const ActionFinished& finished) const {
    const ActionReport& report = finished.report;
    const std::string action = "action " + std::to_string(report.id.value()) + " ended as ";
    return with(action + std::string{to_string(report.result)}, report.evidence);
  }
  std::string operator()(const ActionWithheld& withheld) const {
    return with("action " + std::to_string(withheld.action.value()) + " could not be journaled",
                withheld.why);
  }
  std::string operator()(const ProcessExited& exited) const {
    return "its process ended: " + heald::describe(exited.report.status);
  }
  std::string operator()(const JournalChanged& changed) const {
    return with(changed.what == JournalChanged::What::works ? "the journal works again"
                                                             : "the journal failed",
                changed.why);
  }
  std::string operator()(const Stalled& stalled) const {
    return "heald stood still for " + to_text(stalled.lasted);
  }
  std::string operator()(const Operated& operated) const {
    return with(operated.by + " said " + std::string{to_string(operated.operation)},
                operated.reason);
  }
  std::string operator()(const ShutdownRequested&) const { return "heald was asked to end"; }
  std::string operator()(const Tick&) const { return "its time had come"; }
};

const ProbePolicy* find_probe(const std::string& name, const ServicePolicy* policy) {
  if (policy == nullptr) return nullptr;
  const auto found = std::find_if(policy->probes.begin(), policy->probes.end(),
                                  [&](const ProbePolicy& probe) { return probe.name == name; });
  return found == policy->probes.end() ? nullptr : &*found;
}

const RungPolicy* find_rung(const std::string& name, const ServicePolicy* policy) {
  if (policy == nullptr) return nullptr;
  const auto found = std::find_if(policy->remediation.begin(), policy->remediation.end(),
                                  [&](const RungPolicy& rung) { return rung.name == name; });
  return found == policy->remediation.end() ? nullptr : &*found;
}

std::string condition_rule(const Record& record, const ServicePolicy* policy) {
  if (record.condition == process_condition) return {};  // a fact, and no rule
  const ProbePolicy* probe = find_probe(record.condition, policy);
  if (probe == nullptr) return {};
  std::string interval = "interval: " + to_text(probe->interval);
  if (record.text.starts_with(to_string(ConditionStatus::unknown))) return interval;
  if (record.text.starts_with(to_string(ConditionStatus::fail))) {
    return "failure_threshold: " + std::to_string(probe->failure_threshold) + ", " + interval;
  }
  return "success_threshold: " + std::to_string(probe->success_threshold);
}

std::string rung_rule(const Record& record, const ServicePolicy* policy) {
  const RungPolicy* rung = find_rung(record.rung, policy);
  if (rung == nullptr) return {};
  return "remediation: rung " + rung->name + ", attempts: " + std::to_string(rung->attempts);
}

std::string verify_rule(const Record& record, const ServicePolicy* policy) {
  if (policy == nullptr) return {};
  const RungPolicy* rung = find_rung(record.rung, policy);
  const VerifyPolicy verify = rung == nullptr ? VerifyPolicy{} : rung->verify;
  return "verify: within: " + to_text(verify.within) +
         ", stable_for: " + to_text(verify.stable_for);
}

}  // namespace

std::string describe(const Event& event, const ServicePolicy* policy) {
  return std::visit(Description{policy}, event.input);
}

std::string probe_name(ProbeIndex probe, const ServicePolicy* policy) {
  if (policy == nullptr || probe.value() >= policy->probes.size()) {
    return std::to_string(probe.value());
  }
  return policy->probes[probe.value()].name;
}

std::string rule_behind(const Record& record, const ServicePolicy* policy) {
  switch (record.kind) {
    case RecordKind::condition_changed: return condition_rule(record, policy);
    case RecordKind::action_intended:
    case RecordKind::would_act: return rung_rule(record, policy);
    case RecordKind::verdict: return verify_rule(record, policy);
    case RecordKind::held:
    case RecordKind::released:
    case RecordKind::latched: return record.hold.rule;
    default: return {};
  }
}

}  // namespace heald
