// The words of the rule files, records and messages, in one place.

#include <array>
#include <cstddef>
#include <string>
#include <variant>

#include "heald/actuator.hpp"
#include "heald/decision.hpp"
#include "heald/message.hpp"
#include "heald/observation.hpp"
#include "heald/policy.hpp"
#include "heald/state.hpp"

namespace heald {

std::string_view to_string(Outcome outcome) {
  static constexpr std::array<std::string_view, 3> words{"pass", "fail", "unknown"};
  return words.at(static_cast<std::size_t>(outcome));
}

std::string_view kind_word(const ProbeKind& kind) {
  static constexpr std::array<std::string_view, std::variant_size_v<ProbeKind>> words{
      "http", "tcp", "unix", "tls", "udp", "icmp", "dns", "exec", "notify", "watchdog"};
  return words.at(kind.index());
}

std::string_view to_string(ActionKind kind) {
  static constexpr std::array<std::string_view, 9> words{
      "restart", "start", "stop", "reload", "signal", "exec", "http", "reprovision", "notify"};
  return words.at(static_cast<std::size_t>(kind));
}

std::string_view to_string(Occasion occasion) {
  static constexpr std::array<std::string_view, 3> words{"opened", "latched", "recovered"};
  return words.at(static_cast<std::size_t>(occasion));
}

std::string_view to_string(ActionResult result) {
  static constexpr std::array<std::string_view, 5> words{"done", "failed", "timed_out",
                                                         "unsupported", "unknown"};
  return words.at(static_cast<std::size_t>(result));
}

std::string_view to_string(Desired desired) {
  static constexpr std::array<std::string_view, 3> words{
      "running", "stopped", "done"};
  return words.at(static_cast<std::size_t>(desired));
}

std::string_view to_string(Health health) {
  static constexpr std::array<std::string_view, 4> words{
      "unknown", "starting", "healthy", "unhealthy"};
  return words.at(static_cast<std::size_t>(health));
}

std::string_view to_string(Activity activity) {
  static constexpr std::array<std::string_view, 6> words{
      "idle", "backing_off", "acting", "verifying", "held", "latched"};
  return words.at(static_cast<std::size_t>(activity));
}

std::string_view to_string(Verdict verdict) {
  static constexpr std::array<std::string_view, 3> words{
      "healed", "not_healed", "unknown"};
  return words.at(static_cast<std::size_t>(verdict));
}

std::string_view to_string(Cause cause) {
  static constexpr std::array<std::string_view, 4> words{
      "ladder", "slow_retry", "convergence", "operation"};
  return words.at(static_cast<std::size_t>(cause));
}

std::string_view to_string(Guard guard) {
  static constexpr std::array<std::string_view, 20> words{
      "none", "adoption", "confirmation", "observe", "freeze", "pause", "journal", "action",
      "unknown", "dependency", "blindness", "storm", "total_budget", "max_concurrent",
      "min_healthy", "start_order", "start_concurrency", "backoff", "budget", "ladder"};
  return words.at(static_cast<std::size_t>(guard));
}

std::string_view to_string(ConditionStatus status) {
  static constexpr std::array<std::string_view, 3> words{
      "unknown", "pass", "fail"};
  return words.at(static_cast<std::size_t>(status));
}

std::string_view to_string(Closing closing) {
  static constexpr std::array<std::string_view, 5> words{
      "open", "healed", "recovered", "stopped", "removed"};
  return words.at(static_cast<std::size_t>(closing));
}

std::string_view to_string(Operation operation) {
  static constexpr std::array<std::string_view, 8> words{
      "start", "stop", "restart", "pause", "resume", "freeze", "thaw", "confirm"};
  return words.at(static_cast<std::size_t>(operation));
}

std::string_view to_string(RecordKind kind) {
  static constexpr std::array<std::string_view, 34> words{
      "policy_loaded", "service_added", "service_changed", "service_removed", "restarted",
      "adopted", "desired_changed", "health_changed", "condition_changed", "exited",
      "incident_opened", "incident_relapsed", "incident_collected", "incident_closed",
      "action_intended", "action_withheld", "action_finished", "verdict", "held",
      "released", "would_act", "latched", "unlatched", "operated", "refused", "told",
      "storm_begun", "storm_ended", "blinded", "sighted", "stalled", "journal_failed",
      "journal_works", "shutdown"};
  return words.at(static_cast<std::size_t>(kind));
}

std::string describe(const ExitStatus& status) {
  const std::string oom = status.oom ? ", out of memory" : "";
  switch (status.kind) {
    case ExitStatus::Kind::exited: return "exited with status " + std::to_string(status.code) + oom;
    case ExitStatus::Kind::signaled: return "killed by signal " + std::to_string(status.code) + oom;
    case ExitStatus::Kind::unknown: break;
  }
  return "ended, status unknown" + oom;
}

std::string_view to_string(MessageEnd end) {
  switch (end) {
    case MessageEnd::delivered: return "delivered";
    case MessageEnd::refused: return "refused";
    case MessageEnd::expired: return "expired";
    case MessageEnd::superseded: return "superseded";
    case MessageEnd::dropped: break;
  }
  return "dropped";
}

}  // namespace heald
