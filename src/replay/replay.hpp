#pragma once
// Replay: the engine decides the journal's events again, and has to come to the same.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "heald/engine.hpp"
#include "journal/event_log.hpp"
#include "replay/compare.hpp"

namespace heald {

/// The first thing that the engine decided otherwise.
struct Difference {
  std::uint64_t event = 0;  ///< its number in the journal
  WallTime wall{};
  std::string input;  ///< what came in
  Mismatch mismatch;
};

/// What became of one life of heald.
struct LifeReplayed {
  std::uint64_t start = 0;
  WallTime started{};
  std::uint64_t first_event = 0, last_event = 0;  ///< as kept; 0: none
  std::uint64_t decisions = 0;                    ///< decided again, and the same
  std::string not_replayed;  ///< why all of it, or what follows, was not; empty: it was
};

struct Replayed {
  std::vector<LifeReplayed> lives;  ///< those of which events are kept, oldest first
  std::optional<Difference> difference;  ///< nothing after it was looked at

  [[nodiscard]] std::uint64_t decisions() const;
  /// Every kept event was decided again.
  [[nodiscard]] bool whole() const;
};

/// An event, and what was decided.
struct Redecided {
  const LoggedEvent& logged;
  const Event& event;     ///< with the rules, where it brings some and they are kept
  const Engine* engine;   ///< it stands after the event; null: the event was not replayed
};
using Watch = std::function<void(const Redecided&)>;

/// Replays a journal from its beginning, or from the first life of heald whose beginning is kept.
/// `watch` sees every event, also those that are not replayed; it may be empty. Errors: the journal
/// cannot be read.
[[nodiscard]] Result<Replayed> replay(EventLog& log, const Watch& watch = {});

}  // namespace heald
