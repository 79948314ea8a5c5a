#include "api/shapes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/replies.hpp"
#include "api/words.hpp"
#include "base/iso8601.hpp"

namespace heald {

namespace {

using nlohmann::json;

json seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// Null for what has no time: `never`, and instants that were never set.
json time(Instant instant, const LiveClock& clock) {
  if (instant == never || instant == Instant{}) return nullptr;
  return iso8601(clock.wall_of(instant));
}

json wall(WallTime time) {
  if (time == WallTime{}) return nullptr;
  return iso8601(time);
}

json exit_shape(const ServiceState& state) {
  if (!state.last_exit) return nullptr;
  return {{"text", describe(*state.last_exit)}, {"oom", state.last_exit->oom}};
}

json action_shape(const Seldom<ActionState>& action, const LiveClock& clock) {
  if (!action) return nullptr;
  const bool ended = action->finished != Instant{};
  return {{"id", action->id.value()},
          {"action", to_string(action->kind)},
          {"cause", to_string(action->cause)},
          {"rung", action->rung},
          {"intended", time(action->intended, clock)},
          {"finished", time(action->finished, clock)},
          {"result", ended ? json(to_string(action->result)) : json(nullptr)},
          {"evidence", action->evidence}};
}

/// Since when every condition of the verification has passed; `never`: not all of them do.
Instant stable_since(const VerificationState& verification) {
  Instant since{};
  for (const auto& name : verification.rule.probes) {
    if (name == process_condition) continue;
    const auto proof = verification.proofs.find(name);
    if (proof == verification.proofs.end()) return never;
    since = std::max(since, proof->second.first_pass);
  }
  return since;
}

json verification_shape(const Seldom<VerificationState>& verification,
                        const LiveClock& clock) {
  if (!verification) return nullptr;
  return {{"probes", verification->rule.probes},
          {"within_seconds", seconds(verification->rule.within)},
          {"stable_for_seconds", seconds(verification->rule.stable_for)},
          {"stable_since", time(stable_since(*verification), clock)}};
}

json probes_shape(const ServicePage& page, const Board& board, const LiveClock& clock) {
  json shape = json::array();
  std::uint32_t index = 0;
  for (const auto& probe : page.policy->probes) {
    const auto reading = board.reading(page.id, ProbeIndex{index++});
    const bool looked = reading.ended != Instant{};
    shape.push_back({{"name", probe.name},
                     {"role", probe.role == ProbeRole::alive ? "alive" : "ready"},
                     {"address", probe.address},
                     {"outcome", looked ? json(to_string(reading.outcome)) : json(nullptr)},
                     {"ended", time(reading.ended, clock)},
                     {"took_seconds", looked ? seconds(reading.took) : json(nullptr)}});
  }
  return shape;
}

}  // namespace

std::string to_text(const json& value) {
  return value.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
}

ServerReply json_reply(const json& body) {
  ServerReply reply;
  reply.body = to_text(body);
  return reply;
}

ServerReply error_reply(unsigned status, const std::string& message) {
  auto reply = json_reply({{"error", message}});
  reply.status = status;
  return reply;
}

ServerReply only(std::string_view allow) {
  auto reply = error_reply(405, "only " + std::string{allow} + " is understood here");
  reply.allow = allow;
  return reply;
}

json pause_shape(const Seldom<Pause>& pause, const LiveClock& clock) {
  if (!pause) return nullptr;
  return {{"until", time(pause->until, clock)}, {"by", pause->by}, {"reason", pause->reason}};
}

json hold_shape(const Hold& hold, const LiveClock& clock) {
  if (hold.guard == Guard::none) return nullptr;
  return {{"guard", to_string(hold.guard)},
          {"rule", hold.rule},
          {"value", hold.value},
          {"wanted", hold.wanted},
          {"until", time(hold.until, clock)}};
}

json condition_shape(const Condition& condition, const ServicePolicy& policy,
                     const LiveClock& clock) {
  json shape{{"name", condition.name},
             {"status", to_string(condition.status)},
             {"fails", condition.fails},
             {"passes", condition.passes},
             {"changed", time(condition.changed, clock)},
             {"unknown_since", time(condition.unknown_since, clock)},
             {"evidence", condition.evidence}};
  for (const auto& probe : policy.probes) {
    if (probe.name != condition.name) continue;
    shape["failure_threshold"] = probe.failure_threshold;
    shape["success_threshold"] = probe.success_threshold;
    shape["interval_seconds"] = seconds(probe.interval);
  }
  return shape;
}

json service_row(const ServicePage& page, const LiveClock& clock) {
  const auto& state = page.state;
  json next = nullptr;
  if (!page.next.what.empty()) {
    next = {{"what", page.next.what}, {"when", time(page.next.when, clock)}};
  }
  const bool incident = has_open_incident(page);
  return {{"name", state.name},
          {"group", page.policy ? page.policy->group : ""},
          {"desired", to_string(state.desired)},
          {"health", to_string(state.health)},
          {"activity", to_string(state.activity)},
          {"health_since", time(state.health_since, clock)},
          {"activity_since", time(state.activity_since, clock)},
          {"pid", state.pid && state.running ? json(*state.pid) : json(nullptr)},
          {"lacks_health", lacks_health(page)},
          {"reason", reason_of(page)},
          {"said", page.said},
          {"hold", hold_shape(state.hold, clock)},
          {"pause", pause_shape(state.pause, clock)},
          {"next", std::move(next)},
          {"incident_id", incident ? json(state.incident->id.value()) : json(nullptr)},
          {"owner", page.policy ? page.policy->owner : ""},
          {"severity", page.policy ? json(severity_word(page.policy->severity)) : json(nullptr)},
          {"labels", page.policy ? json(page.policy->labels.get()) : json::object()}};
}

/// Where one finds what the service printed, for whoever wants to know why it ended.
json output_of(const ServicePage& page, const DaemonPage& daemon) {
  const auto* process = page.policy->process();
  if (process == nullptr || process->output != Output::file || daemon.logs.empty()) return nullptr;
  return daemon.logs + "/" + page.state.name + ".log";
}

json service_detail(const ServicePage& page, const Board& board, const LiveClock& clock) {
  auto shape = service_row(page, clock);
  const auto& state = page.state;
  const auto& policy = *page.policy;
  shape["description"] = policy.description;
  shape["runbook"] = policy.runbook;
  shape["runtime"] = policy.process() != nullptr ? "process" : "external";
  shape["output"] = output_of(page, *board.daemon());
  shape["observe"] = policy.observe;
  shape["running"] = state.running;
  shape["generation"] = state.generation.value();
  shape["started"] = time(state.started, clock);
  shape["last_exit"] = exit_shape(state);
  shape["restarts"] = state.restarts;
  shape["pending"] = state.pending ? json(to_string(*state.pending)) : json(nullptr);
  shape["converging"] = state.restart_wanted || state.reload_wanted;
  shape["action"] = action_shape(state.action, clock);
  shape["verification"] = verification_shape(state.verification, clock);
  shape["incident"] =
      state.incident ? incident_shape(*state.incident, state.name, clock) : json(nullptr);
  auto& conditions = shape["conditions"] = json::array();
  for (const auto& condition : state.conditions) {
    conditions.push_back(condition_shape(condition, policy, clock));
  }
  shape["probes"] = probes_shape(page, board, clock);
  auto& dependencies = shape["depends_on"] = json::array();
  for (const auto& dependency : policy.depends_on) {
    const auto found = board.find(dependency.service);
    dependencies.push_back(
        {{"service", dependency.service},
         {"health", found ? json(to_string(found->state.health)) : json(nullptr)}});
  }
  return shape;
}

json ladder_shape(const ServicePage& page) {
  auto ladder = json::array();
  for (const auto& rung : page.policy->remediation) {
    std::uint32_t used = 0;
    if (const auto& incident = page.state.incident) {
      const auto found = incident->attempts.find(rung.name);
      if (found != incident->attempts.end()) used = found->second;
    }
    ladder.push_back({{"rung", rung.name},
                      {"action", to_string(kind_of(rung.action))},
                      {"on", rung.on},
                      {"attempts", rung.attempts},
                      {"attempts_used", used},
                      {"destructive", rung.destructive},
                      {"verify_within_seconds", seconds(rung.verify.within)},
                      {"verify_stable_for_seconds", seconds(rung.verify.stable_for)}});
  }
  return ladder;
}

json daemon_shape(const DaemonPage& page, const LiveClock& clock) {
  auto storms = json::array();
  for (const auto& [group, until] : page.state.storm_until) {
    storms.push_back({{"group", group}, {"until", time(until, clock)}});
  }
  auto receivers = json::array();
  for (const TroubledReceiver& troubled : page.troubled_receivers) {
    receivers.push_back({{"receiver", troubled.receiver},
                         {"waiting", troubled.waiting},
                         {"problem", troubled.problem},
                         {"since", time(troubled.since, clock)}});
  }
  return {{"ready", page.ready},
          {"observe", page.observe},
          {"rules_revision", page.revision},
          {"rules_loaded", wall(page.rules_loaded)},
          {"rules_problem", page.rules_problem},
          {"rules_refused", wall(page.rules_refused)},
          {"journal_problem", page.journal_problem},
          {"oom_problem", page.oom_problem},
          {"confirmation_wanted", page.state.confirmation_wanted},
          {"freeze", pause_shape(page.state.freeze, clock)},
          {"storms", std::move(storms)},
          {"troubled_receivers", std::move(receivers)}};
}

}  // namespace heald
