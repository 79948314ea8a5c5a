#pragma once
// The daemon's answers as plain data. docs/api.md describes the JSON that they are read from.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "heald/time.hpp"

namespace heald {

struct HoldAnswer {
  std::string guard, rule, value, wanted;
  std::optional<WallTime> until;
};

struct PauseAnswer {
  std::optional<WallTime> until;
  std::string by, reason;
};

struct RecordAnswer {
  std::uint64_t sequence = 0;
  std::optional<WallTime> at;
  std::string kind, service, condition, rung, action, cause, verdict, result, closing, text;
  std::uint64_t incident = 0;  ///< 0: none
  std::uint64_t action_id = 0;
  std::optional<HoldAnswer> hold;
};

struct IncidentAnswer {
  std::uint64_t id = 0;
  std::uint64_t root = 0;  ///< 0: none
  std::string service, symptom, closing, last_verdict;
  std::optional<WallTime> first_symptom, opened, closed;
  std::uint64_t relapses = 0, actions = 0;
};

struct ServiceAnswer {
  std::string name, desired, health, activity, reason, next_what, said;
  std::optional<WallTime> health_since, activity_since, next_when;
  std::optional<std::int64_t> pid;
  std::optional<HoldAnswer> hold;
  std::optional<PauseAnswer> pause;
  std::uint64_t incident_id = 0;  ///< the open one; 0: none
  bool lacks_health = false;
};

struct ConditionAnswer {
  std::string name, status, evidence;
  std::uint64_t fails = 0, failure_threshold = 0;
  std::optional<WallTime> changed, unknown_since;
};

struct RungAnswer {
  std::string rung, action;
  std::vector<std::string> on;
  std::uint64_t attempts = 0, attempts_used = 0;
};

struct ActionAnswer {
  std::string action, cause, rung, result;
  std::optional<WallTime> intended, finished;
};

struct VerificationAnswer {
  std::vector<std::string> probes;
  double within_seconds = 0, stable_for_seconds = 0;
  std::optional<WallTime> stable_since;
};

/// A service with everything that is known of it.
struct DetailAnswer {
  ServiceAnswer service;
  std::string description, owner, runbook, runtime, output, last_exit, pending;
  bool running = false, converging = false, observe = false;
  std::optional<ActionAnswer> action;
  std::optional<VerificationAnswer> verification;
  std::vector<ConditionAnswer> conditions;
  std::vector<std::pair<std::string, std::string>> dependencies;  ///< name, health
};

struct ExplainAnswer {
  DetailAnswer detail;
  std::optional<PauseAnswer> freeze;
  std::vector<RungAnswer> ladder;
  std::vector<HoldAnswer> guards;
  std::optional<IncidentAnswer> incident;
  std::vector<RecordAnswer> timeline;
};

struct ReceiverAnswer {
  std::string receiver, problem;
  std::uint64_t waiting = 0;
};

struct DaemonAnswer {
  bool ready = false, observe = false, confirmation_wanted = false;
  std::string rules_problem, journal_problem, oom_problem;
  std::optional<WallTime> rules_refused;
  std::optional<PauseAnswer> freeze;
  std::vector<ReceiverAnswer> troubled_receivers;
};

struct SummaryAnswer {
  std::uint64_t services = 0, healthy = 0, unhealthy = 0, starting = 0, unknown = 0, stopped = 0;
  std::uint64_t lacking_health = 0, incidents_open = 0;
};

struct StatusAnswer {
  DaemonAnswer daemon;
  SummaryAnswer summary;
  std::vector<ServiceAnswer> services;
  std::optional<std::uint64_t> next_after;  ///< where the next page begins
};

struct IncidentsAnswer {
  std::vector<IncidentAnswer> incidents;  ///< the newest first
};

struct IncidentTimelineAnswer {
  IncidentAnswer incident;
  std::vector<RecordAnswer> timeline;
};

struct EventsAnswer {
  std::vector<RecordAnswer> events;
  std::uint64_t latest = 0;  ///< the sequence to go on after
};

struct ReloadedAnswer {
  std::string revision;
  std::vector<std::string> remarks;
};

/// Each reads a body. Error: it is not the JSON that the API promises. Fields that are missing
/// keep their defaults, so that an older daemon can be asked too.
[[nodiscard]] Result<StatusAnswer> read_status(const std::string& body);
[[nodiscard]] Result<DetailAnswer> read_detail(const std::string& body);
[[nodiscard]] Result<ExplainAnswer> read_explain(const std::string& body);
[[nodiscard]] Result<IncidentsAnswer> read_incidents(const std::string& body);
[[nodiscard]] Result<IncidentTimelineAnswer> read_incident(const std::string& body);
[[nodiscard]] Result<EventsAnswer> read_events(const std::string& body);
[[nodiscard]] Result<ReloadedAnswer> read_reloaded(const std::string& body);
/// Of an accepted command: the sequence of the last event before it.
[[nodiscard]] std::uint64_t read_after(const std::string& body);
/// The reason in `{"error": "…"}`; else the body itself.
[[nodiscard]] std::string read_error(const std::string& body);
/// What is wrong with rules: "FILE:LINE:COLUMN: MESSAGE" each. Empty: the answer is about else.
[[nodiscard]] std::vector<std::string> read_problems(const std::string& body);

/// One document out of the pages of /v1/status.
[[nodiscard]] std::string merge_status(const std::vector<std::string>& pages);
/// The elements of `events`, each as one line.
[[nodiscard]] std::string event_lines(const std::string& body);
/// The body of a command: `{"reason": …, "dependents": …}`.
[[nodiscard]] std::string command_body(const std::string& reason, const std::string& dependents);
/// The same of what has no dependents: `{"reason": …, "for_seconds": …}`.
[[nodiscard]] std::string command_body(const std::string& reason,
                                       const std::optional<Duration>& lasting);

}  // namespace heald
