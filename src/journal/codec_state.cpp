// The states of services and of the daemon, and the text of rules, as JSON.

#include "journal/codec.hpp"
#include "journal/codec_json.hpp"

namespace heald {

using codec::Same;

// Found by argument-dependent lookup from the templates in codec_json.hpp.

template <class V, Same<Hold> S>
void fields(V& visit, S& hold) {
  auto& [guard, rule, value, wanted, until] = hold;
  visit("guard", guard);
  visit("rule", rule);
  visit("value", value);
  visit("wanted", wanted);
  visit("until", until);
}

template <class V, Same<Condition> S>
void fields(V& visit, S& condition) {
  auto& [name, status, fails, passes, changed, failing_since, unknown_since, evidence] = condition;
  visit("name", name);
  visit("status", status);
  visit("fails", fails);
  visit("passes", passes);
  visit("changed", changed);
  visit("failing_since", failing_since);
  visit("unknown_since", unknown_since);
  visit("evidence", evidence);
}

template <class V, Same<Incident> S>
void fields(V& visit, S& incident) {
  auto& [id, root, first_symptom, opened, closed, closing, relapses, actions, attempts,
         backoff_until, last_told, slow_retry_at, observed, notify_only, last_verdict, symptom,
         told, told_latched, owed, last_rung, last_action, last_evidence] = incident;
  visit("id", id);
  visit("root", root);
  visit("first_symptom", first_symptom);
  visit("opened", opened);
  visit("closed", closed);
  visit("closing", closing);
  visit("relapses", relapses);
  visit("actions", actions);
  visit("attempts", attempts);
  visit("backoff_until", backoff_until);
  visit("last_told", last_told);
  visit("slow_retry_at", slow_retry_at);
  visit("observed", observed);
  visit("notify_only", notify_only);
  visit("last_verdict", last_verdict);
  visit("symptom", symptom);
  visit("told", told);
  visit("told_latched", told_latched);
  visit("owed", owed);
  visit("last_rung", last_rung);
  visit("last_action", last_action);
  visit("last_evidence", last_evidence);
}

template <class V, Same<ActionState> S>
void fields(V& visit, S& action) {
  auto& [id, kind, cause, rung, generation, intended, finished, result, evidence, starts] = action;
  visit("id", id);
  visit("kind", kind);
  visit("cause", cause);
  visit("rung", rung);
  visit("generation", generation);
  visit("intended", intended);
  visit("finished", finished);
  visit("result", result);
  visit("evidence", evidence);
  visit("starts", starts);
}

template <class V, Same<VerifyPolicy> S>
void fields(V& visit, S& rule) {
  auto& [probes, within, stable_for] = rule;
  visit("probes", probes);
  visit("within", within);
  visit("stable_for", stable_for);
}

template <class V, Same<Proof> S>
void fields(V& visit, S& proof) {
  auto& [first_pass, last_pass, last_fail] = proof;
  visit("first_pass", first_pass);
  visit("last_pass", last_pass);
  visit("last_fail", last_fail);
}

template <class V, Same<VerificationState> S>
void fields(V& visit, S& verification) {
  auto& [rule, proofs] = verification;
  visit("rule", rule);
  visit("proofs", proofs);
}

template <class V, Same<Pause> S>
void fields(V& visit, S& pause) {
  auto& [until, by, reason] = pause;
  visit("until", until);
  visit("by", by);
  visit("reason", reason);
}

template <class V, Same<ServiceState> S>
void fields(V& visit, S& state) {
  auto& [name, desired, health, activity, health_since, activity_since, hold, running, generation,
         pid, started, last_exit, exits, restarts, conditions, incident, action, verification,
         spent, pause, pending, restart_wanted, reload_wanted] = state;
  visit("name", name);
  visit("desired", desired);
  visit("health", health);
  visit("activity", activity);
  visit("health_since", health_since);
  visit("activity_since", activity_since);
  visit("hold", hold);
  visit("running", running);
  visit("generation", generation);
  visit("pid", pid);
  visit("started", started);
  visit("last_exit", last_exit);
  visit("exits", exits);
  visit("restarts", restarts);
  visit("conditions", conditions);
  visit("incident", incident);
  visit("action", action);
  visit("verification", verification);
  visit("spent", spent);
  visit("pause", pause);
  visit("pending", pending);
  visit("restart_wanted", restart_wanted);
  visit("reload_wanted", reload_wanted);
}

template <class V, Same<DaemonState> S>
void fields(V& visit, S& state) {
  auto& [now, next_incident, next_action, spent, freeze, storm_until, storm_let,
         confirmation_wanted] = state;
  visit("now", now);
  visit("next_incident", next_incident);
  visit("next_action", next_action);
  visit("spent", spent);
  visit("freeze", freeze);
  visit("storm_until", storm_until);
  visit("storm_let", storm_let);
  visit("confirmation_wanted", confirmation_wanted);
}

template <class V, Same<RuleFile> S>
void fields(V& visit, S& file) {
  auto& [name, text] = file;
  visit("file", name);
  visit("text", text);
}

std::string encode(const ServiceState& state) {
  return codec::dump(codec::Coder<ServiceState>::encode(state));
}

std::string encode(const DaemonState& state) {
  return codec::dump(codec::Coder<DaemonState>::encode(state));
}

Result<ServiceState> decode_service(std::string_view json) {
  return codec::parse<ServiceState>(json, "the state of a service");
}

Result<DaemonState> decode_daemon(std::string_view json) {
  return codec::parse<DaemonState>(json, "the state of the daemon");
}

std::string encode(const std::vector<RuleFile>& files) {
  return codec::dump(codec::Coder<std::vector<RuleFile>>::encode(files));
}

Result<std::vector<RuleFile>> decode_rules(std::string_view json) {
  return codec::parse<std::vector<RuleFile>>(json, "the text of rules");
}

std::string encode(const std::vector<std::string>& names) {
  return codec::dump(codec::Coder<std::vector<std::string>>::encode(names));
}

Result<std::vector<std::string>> decode_names(std::string_view json) {
  return codec::parse<std::vector<std::string>>(json, "a list of names");
}

}  // namespace heald
