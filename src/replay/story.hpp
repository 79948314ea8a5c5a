#pragma once
// The story of an incident: what came in, what was decided because of it and by which rule, what
// was held back and what would have let it go, and the verdicts with their proofs.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "journal/event_log.hpp"
#include "replay/replay.hpp"

namespace heald {

/// One decision of the story, and the rule that it was made by.
struct StoryDecision {
  Record record;
  std::string rule;  ///< empty: no single one
};

/// Something that came in, with all that was decided about the incident because of it.
struct StoryStep {
  std::uint64_t event = 0;
  WallTime wall{};
  Instant at{};
  std::string service;   ///< that the event is about; empty: none
  std::string input;     ///< "probe answers failed: HTTP 503"
  std::string progress;  ///< how far it counted: "2 of 3 failures"; empty: it is no count
  std::vector<StoryDecision> decisions;
};

struct Story {
  IncidentId id;
  std::string service;
  std::string symptom;
  Closing closing = Closing::open;
  std::uint32_t relapses = 0;
  bool beginning_kept = false;   ///< else the steps begin somewhere in the middle
  std::vector<StoryStep> steps;  ///< oldest first; the first are those that led up to it
  /// Why not the whole story was replayed and came out the same; empty: it did.
  std::string not_proven;
};

/// Empty: there never was such an incident, or the journal has forgotten all of it.
[[nodiscard]] Result<std::optional<Story>> tell_story(EventLog& log, IncidentId incident);

}  // namespace heald
