#pragma once
// The interface to everything that acts.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "heald/ids.hpp"
#include "heald/incident.hpp"
#include "heald/policy.hpp"

namespace heald {

/// How an action ended, as far as whoever carried it out can tell. Whether it helped is the
/// verification's to say.
enum class ActionResult : std::uint8_t {
  done,
  failed,       ///< it ran and said no, or could not be started
  timed_out,    ///< its whole process group was killed, and is dead
  unsupported,  ///< this runtime cannot carry it out; nothing was done
  unknown,      ///< heald died between intent and outcome: it may have happened
};
[[nodiscard]] std::string_view to_string(ActionResult result);

/// How a process ended.
struct ExitStatus {
  enum class Kind : std::uint8_t { exited, signaled, unknown };
  Kind kind = Kind::unknown;
  int code = 0;      ///< the exit status, or the signal's number
  bool oom = false;  ///< the kernel killed it for memory (its cgroup says so)
  friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};
/// "exited with status 1", "killed by signal 9", "ended, status unknown".
[[nodiscard]] std::string describe(const ExitStatus& status);

/// One action that the engine decided and the journal holds.
struct ActionOrder {
  ActionId id;
  ServiceId service;
  std::shared_ptr<const ServicePolicy> policy;
  Action action;
  Duration timeout{};
  /// The generation to start, for actions that start a process (restart, start, reprovision).
  Generation generation;
  std::optional<Incident> story;  ///< for `notify`: the incident at that moment
  /// It goes before what else there is to do: the service is away until it has begun.
  bool at_once = false;
};

struct ActionReport {
  ActionId id;
  ActionResult result = ActionResult::unknown;
  std::optional<std::int64_t> pid;  ///< of the process that runs now, where one was started
  std::string evidence;             ///< for people, cut at 512 bytes, valid UTF-8
  /// Of the process that runs now, where that is not the one ordered (it ran already).
  Generation generation{};
};

/// A process ended without being asked to by the action in flight.
struct ExitReport {
  ServiceId service;
  Generation generation;
  ExitStatus status;
};

/// Acts on services. Implemented by `actuate` (the real world) and by `sim`.
/// Everything happens on the control strand: calls come from it, reports go to it, and no
/// report is made from inside a call.
class Actuator {
 public:
  struct Reports {
    std::function<void(ActionReport)> finished;
    std::function<void(ExitReport)> exited;
  };

  Actuator() = default;
  Actuator(const Actuator&) = delete;
  Actuator& operator=(const Actuator&) = delete;
  virtual ~Actuator() = default;

  /// Starts an action and returns at once. `finished` is called exactly once for it, and only
  /// when nothing of the action runs any more, except for the process that it started. The exit
  /// of a process that the action itself stops is part of it and not reported as `exited`.
  /// The order of reports for one service is the order in which things happened.
  virtual void start(ActionOrder order) = 0;
};

}  // namespace heald
