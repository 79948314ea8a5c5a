#pragma once
// The one way into the engine: what happened, and when.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "heald/actuator.hpp"
#include "heald/ids.hpp"
#include "heald/observation.hpp"
#include "heald/policy.hpp"
#include "heald/state.hpp"
#include "heald/time.hpp"

namespace heald {

/// New rules, the first ones included. Must be the first event of an engine.
struct PolicyLoaded {
  std::shared_ptr<const Policy> policy;
};

/// heald was started with a restored snapshot: actions without an outcome are looked at, not
/// repeated; conditions have to be observed anew.
struct Restarted {
  enum class Boot : std::uint8_t {
    same,
    another,  ///< nothing of ours can run any more; what was in flight has no verdict
  };
  Boot boot = Boot::same;
};

/// Start-up found out about the child of a process service.
struct ProcessFound {
  enum class What : std::uint8_t {
    running,  ///< adopted
    ended,    ///< it was started in this boot and is gone
    none,     ///< never started, or stopped, or of another boot
  };
  ServiceId service;
  What what = What::none;
  Generation generation;  ///< as the child recorded it
  std::optional<std::int64_t> pid;
};

/// Start-up is over: a `ProcessFound` came for every process service. Convergence begins.
struct AdoptionFinished {};

struct ActionFinished {
  ActionReport report;
};

/// The intent could not be made durable: the action was not started and never will be.
struct ActionWithheld {
  ActionId action;
  std::string why;
};

struct ProcessExited {
  ExitReport report;
};

/// The journal works (again), or does not.
struct JournalChanged {
  enum class What : std::uint8_t { works, fails } what = What::works;
  std::string why;
};

/// The strand stood still, or the machine was suspended, for longer than a probe's interval:
/// what is in flight may have been starved rather than refused.
struct Stalled {
  Duration lasted{};
};

/// An operator's word.
struct Operated {
  enum class Dependents : std::uint8_t { refuse, include };
  Operation operation = Operation::start;
  std::optional<ServiceId> service;  ///< empty: everything (freeze, thaw, confirm)
  Dependents dependents = Dependents::refuse;
  std::optional<Duration> lasting;  ///< of pause and freeze; empty: 1 h
  std::string by;                   ///< who, as the socket's peer says: "alice (uid 1000)"
  std::string reason;
};

/// TERM or INT: stop everything, in reverse order, then end.
struct ShutdownRequested {};

/// The instant that a decision asked to be woken at has come.
struct Tick {};

struct Event {
  Instant at;  ///< never before the one of the event before; an earlier one counts as that
  std::variant<PolicyLoaded, Restarted, ProcessFound, AdoptionFinished, Observation,
               ActionFinished, ActionWithheld, ProcessExited, JournalChanged, Stalled, Operated,
               ShutdownRequested, Tick>
      input;
};

}  // namespace heald
