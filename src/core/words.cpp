// The words of the rule files, records and messages, in one place.

#include <array>
#include <cstddef>
#include <string>

#include "heald/actuator.hpp"
#include "heald/observation.hpp"
#include "heald/policy.hpp"

namespace heald {

std::string_view to_string(Outcome outcome) {
  static constexpr std::array<std::string_view, 3> words{"pass", "fail", "unknown"};
  return words.at(static_cast<std::size_t>(outcome));
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

std::string describe(const ExitStatus& status) {
  const std::string oom = status.oom ? ", out of memory" : "";
  switch (status.kind) {
    case ExitStatus::Kind::exited: return "exited with status " + std::to_string(status.code) + oom;
    case ExitStatus::Kind::signaled: return "killed by signal " + std::to_string(status.code) + oom;
    case ExitStatus::Kind::unknown: break;
  }
  return "ended, status unknown" + oom;
}

}  // namespace heald
