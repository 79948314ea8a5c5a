#pragma once
// What the journal tells about the past: plain rows, for people and for the API.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "heald/decision.hpp"
#include "heald/event.hpp"
#include "heald/state.hpp"

namespace heald {

struct IncidentRow {
  IncidentId id;
  IncidentId root;  ///< the dependency's incident that it is collected under; or none
  std::optional<ServiceId> service;
  std::string service_name;
  std::optional<WallTime> first_symptom;
  std::optional<WallTime> opened;
  Instant opened_at = never;
  std::optional<WallTime> closed;
  Instant closed_at = never;
  Closing closing = Closing::open;
  std::uint32_t relapses = 0;
  std::string symptom;
  friend bool operator==(const IncidentRow&, const IncidentRow&) = default;
};

/// An attempt to act. Neither `result` nor `withheld`: its outcome is not known (yet).
struct ActionRow {
  ActionId id;
  IncidentId incident;  ///< none: it belongs to no incident
  std::optional<ServiceId> service;
  std::string service_name;
  std::optional<ActionKind> kind;
  std::string rung;
  std::optional<Cause> cause;
  std::optional<WallTime> intended;
  Instant intended_at = never;
  std::optional<WallTime> finished;
  std::optional<ActionResult> result;
  std::string evidence;  ///< of the result
  std::string withheld;  ///< why it was never started; empty: it was, or may have been
  std::optional<WallTime> judged;
  std::optional<Verdict> verdict;
  std::string proof;  ///< the verdict's evidence
  friend bool operator==(const ActionRow&, const ActionRow&) = default;
};

struct RecordRow {
  std::uint64_t seq = 0;  ///< in the order of the journal; wall time may go back, this does not
  WallTime wall{};
  std::string service_name;
  Record record;
};

struct EventRow {
  std::uint64_t seq = 0;
  WallTime wall{};
  std::string rules_revision;
  std::string service_name;
  Event event;
};

/// An incident with everything that was done and seen in it, oldest first.
struct IncidentStory {
  IncidentRow incident;
  std::vector<ActionRow> actions;
  std::vector<RecordRow> timeline;
};

}  // namespace heald
