#pragma once
// The durable history of what changed decisions. See docs/ARCHITECTURE.md, "Journal".

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "heald/decision.hpp"
#include "heald/event.hpp"
#include "heald/state.hpp"

namespace heald {

/// One decision's worth of history: durable as a whole or not at all.
struct JournalEntry {
  WallTime wall{};
  Instant at{};
  std::optional<Event> event;          ///< when it was marked
  std::string rules_revision;          ///< in force after the event
  std::vector<Record> records;
  std::vector<std::pair<ServiceId, ServiceState>> changed;
  std::optional<DaemonState> daemon;   ///< when it changed
};

/// What the journal held at its opening.
struct Recovered {
  std::optional<Snapshot> snapshot;  ///< none: a new journal
  bool same_boot = false;            ///< the last entry was written in this boot
  std::optional<Instant> last;       ///< the engine time of the last entry
  /// How far CLOCK_BOOTTIME was at `last`; meaningful in the same boot only.
  Duration boottime_at_last{};
  /// A damaged journal was found and put aside under this name; empty: it was good.
  std::string kept_aside;
  std::string damage;  ///< what was wrong with it
};

/// Where a state folder's history is written. Appending never blocks: entries are committed
/// together (group commit) on the journal's own thread.
class Journal {
 public:
  /// Called on the journal's thread, in the order of the appends: empty when the entry is
  /// durable, else why it will never be.
  using Durable = std::function<void(const std::string& why_not)>;

  Journal() = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  virtual ~Journal() = default;

  virtual void append(JournalEntry entry, Durable durable) = 0;
  /// Commits what was appended, then returns. For the end of the daemon.
  virtual void flush() = 0;
};

}  // namespace heald
