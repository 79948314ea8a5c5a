#include "ladder.hpp"

#include <algorithm>

#include "text.hpp"

namespace heald {
namespace {

template <class Name>
bool contains(const std::vector<Name>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool meets(const RungPolicy& rung, const Symptoms& symptoms) {
  if (rung.on.empty()) return symptoms.any();
  return std::any_of(rung.on.begin(), rung.on.end(), [&](const std::string& word) {
    if (word == "exited") return symptoms.exited;
    if (word == "oom") return symptoms.oom;
    if (word == "crash_loop") return symptoms.crash_loop;
    return contains(symptoms.failing, word);
  });
}

std::uint32_t taken(const Incident& incident, const std::string& rung) {
  const auto found = incident.attempts.find(rung);
  return found == incident.attempts.end() ? 0 : found->second;
}

bool barred(const RungPolicy& rung, const Symptoms& symptoms) {
  const auto kind = kind_of(rung.action);
  return symptoms.barred && (kind == ActionKind::restart || kind == ActionKind::start);
}

}  // namespace

bool can_carry_out(const ServicePolicy& policy, ActionKind kind) {
  const ExternalRuntime* external = policy.external();
  if (external == nullptr) return true;
  switch (kind) {
    case ActionKind::restart:
      return external->restart.has_value() || (external->stop && external->start);
    case ActionKind::start: return external->start.has_value();
    case ActionKind::stop: return external->stop.has_value();
    case ActionKind::reload: return external->reload.has_value();
    case ActionKind::signal: return false;
    case ActionKind::exec:
    case ActionKind::http:
    case ActionKind::reprovision:
    case ActionKind::notify: return true;
  }
  return false;
}

bool starts_service(const ServicePolicy& policy, ActionKind kind) {
  switch (kind) {
    case ActionKind::restart:
    case ActionKind::start:
    case ActionKind::reprovision: return true;
    case ActionKind::stop:
    case ActionKind::reload:
    case ActionKind::signal:
    case ActionKind::exec:
    case ActionKind::http:
    case ActionKind::notify: return false;
  }
  return policy.process() != nullptr;
}

bool takes_down(ActionKind kind) {
  return kind == ActionKind::restart || kind == ActionKind::stop || kind == ActionKind::reprovision;
}

bool restarts_at_exit(const RungPolicy& rung) {
  const bool any_exit =
      rung.on.empty() || contains(rung.on, "exited") || contains(rung.on, process_condition);
  return kind_of(rung.action) == ActionKind::restart && any_exit;
}

std::string passed_over(const RungPolicy& rung, const Incident& incident,
                        const Symptoms& symptoms) {
  if (!meets(rung, symptoms)) return "its `on` meets no symptom";
  if (barred(rung, symptoms)) return "the exit status is in `never_restart`";
  if (taken(incident, rung.name) >= rung.attempts) {
    return rung.attempts == 1 ? "its attempt is used up"
                              : "its " + count_of(rung.attempts, "attempt") + " are used up";
  }
  return {};
}

const RungPolicy* next_rung(const ServicePolicy& policy, const Incident& incident,
                            const Symptoms& symptoms) {
  const auto found = std::find_if(
      policy.remediation.begin(), policy.remediation.end(),
      [&](const RungPolicy& rung) { return passed_over(rung, incident, symptoms).empty(); });
  return found == policy.remediation.end() ? nullptr : &*found;
}

const RungPolicy* slow_rung(const ServicePolicy& policy, const Symptoms& symptoms) {
  const auto found = std::find_if(
      policy.remediation.begin(), policy.remediation.end(), [&](const RungPolicy& rung) {
        const ActionKind kind = kind_of(rung.action);
        const bool may_help = symptoms.exited
                                  ? starts_service(policy, kind)
                                  : kind != ActionKind::notify && kind != ActionKind::stop;
        return may_help && !rung.destructive && can_carry_out(policy, kind) &&
               meets(rung, symptoms) && !barred(rung, symptoms);
      });
  return found == policy.remediation.end() ? nullptr : &*found;
}

std::vector<std::string> judged_on(const ServicePolicy& policy, const RungPolicy& rung,
                                   const Symptoms& symptoms) {
  if (!rung.verify.probes.empty()) return rung.verify.probes;
  std::vector<std::string> names;
  for (const ProbePolicy& probe : policy.probes) {
    // A death takes every alive probe with it, whether or not it was seen failing.
    const bool lost = symptoms.exited && probe.role == ProbeRole::alive;
    const bool meant = rung.on.empty() || contains(rung.on, probe.name);
    if (lost || (meant && contains(symptoms.failing, probe.name))) names.push_back(probe.name);
  }
  return names;
}

}  // namespace heald
