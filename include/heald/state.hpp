#pragma once
// What the engine remembers of a service: plain data, kept durable by the journal and shown to
// people. The engine alone writes it. docs/ARCHITECTURE.md, "State", tells how it moves.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heald/actuator.hpp"
#include "heald/ids.hpp"
#include "heald/incident.hpp"
#include "heald/policy.hpp"
#include "heald/seldom.hpp"
#include "heald/time.hpp"

namespace heald {

enum class Desired : std::uint8_t {
  running,
  stopped,  ///< an operator's word; survives restarts
  done,     ///< a one-shot that has done its work
};

enum class Health : std::uint8_t { unknown, starting, healthy, unhealthy };

enum class Activity : std::uint8_t {
  idle,
  backing_off,  ///< a rung is chosen and waits for its delay
  acting,       ///< an action's intent is journaled; its report is awaited
  verifying,    ///< the action ended; its verdict is not out
  held,         ///< a guard holds the next action back; see `Hold`
  latched,      ///< no rung is left; people are told, the slow retry goes on
};

/// Why an action is taken.
enum class Cause : std::uint8_t {
  ladder,       ///< a rung of an incident; spends budget
  slow_retry,   ///< a rung of a latched incident; spends budget
  convergence,  ///< reaching the desired state: at boot, after a reload, at shutdown
  operation,    ///< an operator's word
};

/// Who holds an action back.
enum class Guard : std::uint8_t {
  none,
  adoption,        ///< start-up has not finished looking at what runs
  confirmation,    ///< the journal was lost; an operator has to confirm the first starts
  observe,         ///< the rules say to look only
  freeze,
  pause,
  journal,         ///< the intent could not be made durable
  action,          ///< an action on the same service is in flight
  unknown,         ///< the condition is unknown: nothing fresh to act on
  dependency,
  blindness,
  storm,
  total_budget,
  max_concurrent,
  min_healthy,
  start_order,     ///< convergence waits for a dependency, or a dependent when stopping
  start_concurrency,
  backoff,
  budget,          ///< the service's own; it latches rather than holds
  ladder,          ///< no rung is left
};

[[nodiscard]] std::string_view to_string(Desired desired);
[[nodiscard]] std::string_view to_string(Health health);
[[nodiscard]] std::string_view to_string(Activity activity);
[[nodiscard]] std::string_view to_string(Cause cause);
[[nodiscard]] std::string_view to_string(Guard guard);

/// Why an action is not taken (now): the guard, what it saw, and what would change its mind.
struct Hold {
  Guard guard = Guard::none;
  std::string rule;      ///< the rule in force: "limits: 5 actions per 10m"
  std::string value;     ///< what it saw: "5 actions since 10:02:11"
  std::string wanted;    ///< what would let the action go: "a free slot, the first in 3m 12s"
  Instant until = never;  ///< when it is over by itself; `never`: not by time
  friend bool operator==(const Hold&, const Hold&) = default;
};

enum class ConditionStatus : std::uint8_t { unknown, pass, fail };
[[nodiscard]] std::string_view to_string(ConditionStatus status);

/// What consecutive observations of one probe add up to.
struct Condition {
  std::string name;  ///< the probe's, or `process`
  ConditionStatus status = ConditionStatus::unknown;
  std::uint32_t fails = 0;   ///< consecutive
  std::uint32_t passes = 0;  ///< consecutive, counted up to the threshold
  Instant changed{};         ///< when the status last changed
  Instant failing_since = never;  ///< begin of the first of the consecutive fails
  /// Since when only `unknown` has come; `never` when the last observation was a pass or a fail.
  Instant unknown_since = never;
  Sparse<std::string> evidence;  ///< of the last fail or unknown
  friend bool operator==(const Condition&, const Condition&) = default;
};

/// The action in flight, or the one that is verified.
struct ActionState {
  ActionId id;
  ActionKind kind = ActionKind::restart;
  Cause cause = Cause::ladder;
  std::string rung;  ///< empty when it is not a rung's
  Generation generation;
  Instant intended{};
  Instant finished{};
  ActionResult result = ActionResult::unknown;
  std::string evidence;
  bool starts = false;  ///< it starts the service: the start period applies
  friend bool operator==(const ActionState&, const ActionState&) = default;
};

/// What one condition has shown since an action's outcome. Instants are those at which the
/// observations began.
struct Proof {
  Instant first_pass = never;  ///< of the passes since the last fail
  Instant last_pass = never;
  Instant last_fail = never;
  friend bool operator==(const Proof&, const Proof&) = default;
};

/// The verification of `action`.
struct VerificationState {
  VerifyPolicy rule;                    ///< `probes` resolved
  std::map<std::string, Proof> proofs;  ///< by condition; `process` has none, it is a fact
  friend bool operator==(const VerificationState&, const VerificationState&) = default;
};

/// A word of an operator that waits for the action in flight.
enum class Operation : std::uint8_t { start, stop, restart, pause, resume, freeze, thaw, confirm };
[[nodiscard]] std::string_view to_string(Operation operation);

struct Pause {
  Instant until = never;
  std::string by, reason;
  friend bool operator==(const Pause&, const Pause&) = default;
};

struct ServiceState {
  std::string name;
  Desired desired = Desired::running;
  Health health = Health::unknown;
  Activity activity = Activity::idle;
  Instant health_since{};
  Instant activity_since{};
  Sparse<Hold> hold;  ///< while `held`; also the reason of `latched` and `backing_off`

  bool running = false;  ///< of a process: its child lives
  Generation generation;  ///< of the child that runs or ran last
  std::optional<std::int64_t> pid;
  Instant started{};
  std::optional<ExitStatus> last_exit;
  std::vector<Instant> exits;  ///< recent unasked exits, for `crash_loop`
  std::uint64_t restarts = 0;  ///< by remediation, ever

  std::vector<Condition> conditions;  ///< `process` first where there is one, then each probe
  Seldom<Incident> incident;  ///< open, or closed and not yet past `reset_after`
  Seldom<ActionState> action;  ///< while acting or verifying
  Seldom<VerificationState> verification;
  std::vector<Instant> spent;  ///< the budget's window: when each action was intended
  Seldom<Pause> pause;
  std::optional<Operation> pending;  ///< waits for the action in flight
  bool restart_wanted = false;       ///< convergence: the command changed, or a dependency did
  bool reload_wanted = false;
  friend bool operator==(const ServiceState&, const ServiceState&) = default;
};

/// What belongs to no single service.
struct DaemonState {
  Instant now{};  ///< the latest event's
  std::uint64_t next_incident = 1;
  std::uint64_t next_action = 1;
  std::vector<Instant> spent;  ///< the window of the budget over all services
  Seldom<Pause> freeze;
  std::map<std::string, Instant> storm_until;  ///< by group, while one lasts
  /// Who was let act in that storm, by group.
  std::map<std::string, std::vector<std::string>> storm_let;
  bool confirmation_wanted = false;  ///< after a lost journal: nothing is started unconfirmed
  friend bool operator==(const DaemonState&, const DaemonState&) = default;
};

/// Everything that a new engine needs to go on where another one stopped.
struct Snapshot {
  DaemonState daemon;
  std::vector<ServiceState> services;  ///< in the order of their ids
};

/// What in a snapshot cannot be, and an engine must not go on from: "service 'web': its action has
/// no verification". Empty: nothing. Whatever an engine gave out passes; what was read from a disk
/// may not, though each value in it can be read.
[[nodiscard]] std::string contradiction(const Snapshot& snapshot);

}  // namespace heald
