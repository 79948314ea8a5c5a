#include "cli/answers.hpp"

#include <nlohmann/json.hpp>

#include "cli/text.hpp"
#include "policy/problem.hpp"

namespace heald {

namespace {

using nlohmann::json;

/// The member, or null; null as well when `from` is no object.
const json& member(const json& from, const char* name) {
  static const json nothing;
  if (!from.is_object()) return nothing;
  const auto found = from.find(name);
  return found == from.end() ? nothing : *found;
}

std::string text(const json& from, const char* name) {
  const auto& value = member(from, name);
  return value.is_string() ? value.get<std::string>() : "";
}

std::uint64_t number(const json& from, const char* name) {
  const auto& value = member(from, name);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

double real(const json& from, const char* name) {
  const auto& value = member(from, name);
  return value.is_number() ? value.get<double>() : 0;
}

bool flag(const json& from, const char* name) {
  const auto& value = member(from, name);
  return value.is_boolean() && value.get<bool>();
}

std::optional<WallTime> time(const json& from, const char* name) {
  return parse_iso8601(text(from, name));
}

std::vector<std::string> texts(const json& from) {
  std::vector<std::string> all;
  for (const auto& value : from) {
    if (value.is_string()) all.push_back(value.get<std::string>());
  }
  return all;
}

template <class Read>
auto each(const json& from, Read read) {
  std::vector<decltype(read(from))> all;
  if (!from.is_array()) return all;
  for (const auto& value : from) all.push_back(read(value));
  return all;
}

template <class Read>
auto unless_null(const json& from, Read read) {
  using Answer = decltype(read(from));
  return from.is_object() ? std::optional<Answer>{read(from)} : std::nullopt;
}

HoldAnswer hold(const json& from) {
  return {text(from, "guard"), text(from, "rule"), text(from, "value"), text(from, "wanted"),
          time(from, "until")};
}

PauseAnswer pause(const json& from) {
  return {time(from, "until"), text(from, "by"), text(from, "reason")};
}

RecordAnswer record(const json& from) {
  RecordAnswer answer;
  answer.sequence = number(from, "sequence");
  answer.at = time(from, "at");
  answer.kind = text(from, "kind");
  answer.service = text(from, "service");
  answer.condition = text(from, "condition");
  answer.rung = text(from, "rung");
  answer.action = text(from, "action");
  answer.cause = text(from, "cause");
  answer.verdict = text(from, "verdict");
  answer.result = text(from, "result");
  answer.closing = text(from, "closing");
  answer.text = text(from, "text");
  answer.incident = number(from, "incident_id");
  answer.action_id = number(from, "action_id");
  answer.hold = unless_null(member(from, "hold"), hold);
  return answer;
}

IncidentAnswer incident(const json& from) {
  IncidentAnswer answer;
  answer.id = number(from, "id");
  answer.root = number(from, "root_id");
  answer.service = text(from, "service");
  answer.symptom = text(from, "symptom");
  answer.closing = text(from, "closing");
  answer.last_verdict = text(from, "last_verdict");
  answer.first_symptom = time(from, "first_symptom");
  answer.opened = time(from, "opened");
  answer.closed = time(from, "closed");
  answer.relapses = number(from, "relapses");
  answer.actions = number(from, "actions");
  return answer;
}

ServiceAnswer service(const json& from) {
  ServiceAnswer answer;
  answer.name = text(from, "name");
  answer.desired = text(from, "desired");
  answer.health = text(from, "health");
  answer.activity = text(from, "activity");
  answer.reason = text(from, "reason");
  answer.said = text(from, "said");
  answer.next_what = text(member(from, "next"), "what");
  answer.next_when = time(member(from, "next"), "when");
  answer.health_since = time(from, "health_since");
  answer.activity_since = time(from, "activity_since");
  const auto& pid = member(from, "pid");
  if (pid.is_number_integer()) answer.pid = pid.get<std::int64_t>();
  answer.hold = unless_null(member(from, "hold"), hold);
  answer.incident_id = number(from, "incident_id");
  answer.lacks_health = flag(from, "lacks_health");
  answer.pause = unless_null(member(from, "pause"), pause);
  return answer;
}

ConditionAnswer condition(const json& from) {
  return {text(from, "name"),  text(from, "status"),          text(from, "evidence"),
          number(from, "fails"), number(from, "failure_threshold"), time(from, "changed"),
          time(from, "unknown_since")};
}

RungAnswer rung(const json& from) {
  return {text(from, "rung"), text(from, "action"), texts(member(from, "on")),
          number(from, "attempts"), number(from, "attempts_used")};
}

ActionAnswer action(const json& from) {
  return {text(from, "action"), text(from, "cause"),     text(from, "rung"),
          text(from, "result"), time(from, "intended"), time(from, "finished")};
}

VerificationAnswer verification(const json& from) {
  return {texts(member(from, "probes")), real(from, "within_seconds"),
          real(from, "stable_for_seconds"), time(from, "stable_since")};
}

DetailAnswer detail(const json& from) {
  DetailAnswer answer;
  answer.service = service(from);
  answer.description = text(from, "description");
  answer.owner = text(from, "owner");
  answer.runbook = text(from, "runbook");
  answer.runtime = text(from, "runtime");
  answer.output = text(from, "output");
  answer.last_exit = text(member(from, "last_exit"), "text");
  answer.pending = text(from, "pending");
  answer.running = flag(from, "running");
  answer.converging = flag(from, "converging");
  answer.observe = flag(from, "observe");
  answer.action = unless_null(member(from, "action"), action);
  answer.verification = unless_null(member(from, "verification"), verification);
  answer.conditions = each(member(from, "conditions"), condition);
  answer.dependencies = each(member(from, "depends_on"), [](const json& one) {
    return std::pair{text(one, "service"), text(one, "health")};
  });
  return answer;
}

DaemonAnswer daemon(const json& from) {
  DaemonAnswer answer;
  answer.ready = flag(from, "ready");
  answer.observe = flag(from, "observe");
  answer.confirmation_wanted = flag(from, "confirmation_wanted");
  answer.rules_problem = text(from, "rules_problem");
  answer.rules_refused = time(from, "rules_refused");
  answer.journal_problem = text(from, "journal_problem");
  answer.oom_problem = text(from, "oom_problem");
  answer.freeze = unless_null(member(from, "freeze"), pause);
  answer.troubled_receivers = each(member(from, "troubled_receivers"), [](const json& one) {
    return ReceiverAnswer{text(one, "receiver"), text(one, "problem"), number(one, "waiting")};
  });
  return answer;
}

SummaryAnswer summary(const json& from) {
  return {number(from, "services"), number(from, "healthy"),        number(from, "unhealthy"),
          number(from, "starting"), number(from, "unknown"),        number(from, "stopped"),
          number(from, "lacking_health"), number(from, "incidents_open")};
}

/// Null when the body is not one JSON object.
json parse(const std::string& body) {
  auto parsed = json::parse(body, nullptr, false);
  return parsed.is_object() ? parsed : json{};
}

Error not_ours() {
  return Error{"cannot understand the answer: it is not what heald's API promises"};
}

std::string dump(const json& value) {
  return value.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
}

}  // namespace

Result<StatusAnswer> read_status(const std::string& body) {
  const auto from = parse(body);
  if (!member(from, "services").is_array()) return not_ours();
  StatusAnswer answer;
  answer.daemon = daemon(member(from, "daemon"));
  answer.summary = summary(member(from, "summary"));
  answer.services = each(member(from, "services"), service);
  if (member(from, "next_after").is_number()) answer.next_after = number(from, "next_after");
  return answer;
}

Result<DetailAnswer> read_detail(const std::string& body) {
  const auto from = parse(body);
  if (!member(from, "name").is_string()) return not_ours();
  return detail(from);
}

Result<ExplainAnswer> read_explain(const std::string& body) {
  const auto from = parse(body);
  if (!member(from, "service").is_object()) return not_ours();
  ExplainAnswer answer;
  answer.detail = detail(member(from, "service"));
  answer.freeze = unless_null(member(from, "freeze"), pause);
  answer.ladder = each(member(from, "ladder"), rung);
  answer.guards = each(member(from, "guards"), hold);
  answer.incident = unless_null(member(from, "incident"), incident);
  answer.timeline = each(member(from, "timeline"), record);
  return answer;
}

Result<IncidentsAnswer> read_incidents(const std::string& body) {
  const auto from = parse(body);
  if (!member(from, "incidents").is_array()) return not_ours();
  return IncidentsAnswer{each(member(from, "incidents"), incident)};
}

Result<IncidentTimelineAnswer> read_incident(const std::string& body) {
  const auto from = parse(body);
  if (!member(from, "incident").is_object()) return not_ours();
  return IncidentTimelineAnswer{incident(member(from, "incident")),
                                each(member(from, "timeline"), record)};
}

Result<EventsAnswer> read_events(const std::string& body) {
  const auto from = parse(body);
  if (!member(from, "events").is_array()) return not_ours();
  return EventsAnswer{each(member(from, "events"), record), number(from, "latest")};
}

Result<ReloadedAnswer> read_reloaded(const std::string& body) {
  const auto from = parse(body);
  if (!member(from, "revision").is_string()) return not_ours();
  return ReloadedAnswer{text(from, "revision"), texts(member(from, "remarks"))};
}

std::uint64_t read_after(const std::string& body) { return number(parse(body), "after"); }

std::string read_error(const std::string& body) {
  const auto reason = text(parse(body), "error");
  return reason.empty() ? body : reason;
}

std::vector<std::string> read_problems(const std::string& body) {
  return each(member(parse(body), "problems"), [](const json& one) {
    Problem problem;
    problem.file = text(one, "file");
    problem.line = static_cast<unsigned>(number(one, "line"));
    problem.column = static_cast<unsigned>(number(one, "column"));
    problem.message = text(one, "message");
    return to_string(problem);
  });
}

std::string merge_status(const std::vector<std::string>& pages) {
  json whole;
  for (const auto& page : pages) {
    auto parsed = parse(page);
    if (whole.is_null()) {
      whole = std::move(parsed);
      continue;
    }
    for (auto& one : parsed["services"]) whole["services"].push_back(std::move(one));
  }
  whole["next_after"] = nullptr;
  return dump(whole);
}

std::string event_lines(const std::string& body) {
  std::string lines;
  const auto from = parse(body);
  for (const auto& event : member(from, "events")) lines.append(dump(event));
  return lines;
}

std::string command_body(const std::string& reason, const std::string& dependents) {
  return dump({{"reason", reason}, {"dependents", dependents}});
}

std::string command_body(const std::string& reason, const std::optional<Duration>& lasting) {
  json body{{"reason", reason}};
  if (lasting) body["for_seconds"] = std::chrono::duration<double>(*lasting).count();
  return dump(body);
}

}  // namespace heald
