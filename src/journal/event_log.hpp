#pragma once
// A journal as replay reads it: the lives of heald, and every event with what was decided then.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "heald/life.hpp"
#include "heald/state.hpp"
#include "journal/rows.hpp"

namespace heald {

/// One life of heald, from its start to its end.
struct LifeRow {
  std::uint64_t start = 0;  ///< counts up over the life of a state folder
  WallTime started{};
  std::int64_t pid = 0;
  std::optional<Life> life;  ///< none: a heald wrote it that kept nothing of that
  /// The last event before the state that it began with, where that state is kept.
  std::optional<std::uint64_t> snapshot_after;
};

/// Entries that were given up while the disk failed.
struct GapRow {
  std::uint64_t after = 0;  ///< the last event before them
  std::uint64_t start = 0;
  WallTime wall{};
  std::uint64_t entries = 0, events = 0, records = 0;
};

struct LoggedEvent {
  std::uint64_t start = 0;  ///< the life that it belongs to
  EventRow row;             ///< rules are given by their revision only
  std::vector<RecordRow> records;
};

/// One moment of a journal, whether or not a heald writes on: a transaction is held open, so do
/// not keep it for long. One thread at a time. Errors: the file cannot be read, or a row in it is
/// damaged.
class EventLog {
 public:
  EventLog() = default;
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;
  virtual ~EventLog() = default;

  /// Oldest first, as far as their events are kept.
  [[nodiscard]] virtual const std::vector<LifeRow>& lives() const = 0;
  [[nodiscard]] virtual const std::vector<GapRow>& gaps() const = 0;
  /// The next event, oldest first; empty: there is none.
  [[nodiscard]] virtual Result<std::optional<LoggedEvent>> next() = 0;
  /// The state that a life began with, where it is kept.
  [[nodiscard]] virtual Result<Snapshot> snapshot(std::uint64_t start) = 0;
  /// The newest state. The daemon's is as it was written last.
  [[nodiscard]] virtual Result<Snapshot> newest() = 0;
  /// The files of a revision; empty: they are not kept.
  [[nodiscard]] virtual Result<std::vector<RuleFile>> rules(const std::string& revision) = 0;
};

/// `path` is a journal, or a state folder that holds one.
[[nodiscard]] Result<std::unique_ptr<EventLog>> open_event_log(const std::string& path);

}  // namespace heald
