#pragma once
// What the engine answers: what to do, what to write down, and when to come back.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "heald/actuator.hpp"
#include "heald/ids.hpp"
#include "heald/policy.hpp"
#include "heald/state.hpp"
#include "heald/time.hpp"

namespace heald {

/// Look now. Needs no durability.
struct ProbeCommand {
  ServiceId service;
  ProbeIndex probe;
  ProbeRun run;
};

/// Act, but only after everything of this decision is durable in the journal; if that cannot
/// be, answer with `ActionWithheld`.
struct ActCommand {
  ActionOrder order;
  /// The rule `on_journal_loss: act`: go on even when the journal cannot be written.
  bool without_journal = false;
  /// It need not wait where the journal has the service as it was before this step: a process that
  /// runs, and about which nothing is being done, may be followed by one more
  /// (docs/ARCHITECTURE.md, "Pre-armed restarts").
  bool armed = false;
};

/// Tell people. Not an action: spends nothing and is verified by its delivery.
struct TellCommand {
  ServiceId service;
  IncidentId incident;
  Occasion occasion = Occasion::opened;
  bool reminder = false;
  std::vector<std::string> to;  ///< receivers' names
  std::string text;             ///< one line for people
  std::shared_ptr<const ServicePolicy> policy;  ///< under which it was decided
  Incident story;                               ///< the incident at that moment
  /// Who depends on the service, however far, through edges that gate: those that have an open
  /// incident, and the others.
  std::vector<std::string> sick_dependents, other_dependents;
};

/// Everything has stopped, or its time is up: the daemon may end.
struct ShutdownFinished {
  std::vector<ServiceId> remaining;  ///< still running when the time was up: kill them
};

using Command = std::variant<ProbeCommand, ActCommand, TellCommand, ShutdownFinished>;

/// What a record tells. One line each in timelines, the log and the journal.
enum class RecordKind : std::uint8_t {
  policy_loaded,
  service_added,
  service_changed,
  service_removed,
  restarted,            ///< heald came back
  adopted,              ///< a running child was taken over
  desired_changed,
  health_changed,
  condition_changed,
  exited,
  incident_opened,
  incident_relapsed,
  incident_collected,   ///< put under its dependency's incident
  incident_closed,
  action_intended,
  action_withheld,
  action_finished,
  verdict,
  held,
  released,             ///< the hold is over
  would_act,            ///< `observe`: what would have been done
  latched,
  unlatched,
  operated,
  refused,              ///< an operator's word that was not carried out, with the reason
  told,
  storm_begun,
  storm_ended,
  blinded,
  sighted,
  stalled,
  journal_failed,
  journal_works,
  shutdown,
};
[[nodiscard]] std::string_view to_string(RecordKind kind);

/// Something that happened or was decided, for the journal and for people. Fields that do not
/// apply are empty. `text` is a full sentence fragment that stands by itself.
struct Record {
  RecordKind kind{};
  Instant at{};
  std::optional<ServiceId> service;
  IncidentId incident;
  ActionId action;
  std::string condition;  ///< or the group, or the source, that the record is about
  std::string rung;
  std::optional<ActionKind> action_kind;
  std::optional<Cause> cause;
  std::optional<Verdict> verdict;
  std::optional<ActionResult> result;
  std::optional<Closing> closing;
  Hold hold;         ///< of held, released, latched, would_act, refused
  std::string text;  ///< evidence, or what is told
  Duration took{};   ///< of health_changed to unhealthy: detection; of incident_closed: its length
};

/// The answer to one event. The spans look into the engine and are valid until the next call.
struct Decision {
  std::span<const Command> commands;
  std::span<const Record> records;
  /// Services whose durable state changed; `Engine::state` has the new one.
  std::span<const ServiceId> changed;
  bool daemon_changed = false;  ///< the same for `Engine::daemon`
  /// The event changed decision state and belongs into the journal. False: leaving it out
  /// changes no later decision.
  bool marked = false;
  /// When to come back with a `Tick`; `never`: not before something happens.
  Instant wake_at = never;
  /// Of an `Operated` event: why it was not accepted; empty: it was.
  std::string_view refusal;
};

}  // namespace heald
