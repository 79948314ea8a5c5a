#pragma once
// The durable history of what changed decisions. docs/journal.md has the tables and the queries.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "heald/decision.hpp"
#include "heald/event.hpp"
#include "heald/life.hpp"
#include "heald/message.hpp"
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
  std::vector<Message> messages;       ///< that people are to be told
  std::vector<MessageOutcome> message_outcomes;  ///< of these, or of earlier ones
};

/// What the journal held at its opening.
struct Recovered {
  std::optional<Snapshot> snapshot;  ///< none: a new journal
  bool same_boot = false;            ///< the last entry was written in this boot
  std::optional<Instant> last;       ///< the engine time of the last entry
  /// How far CLOCK_BOOTTIME was at `last`; meaningful in the same boot only.
  Duration boottime_at_last{};
  std::string rules_revision;  ///< in force at the last entry
  std::vector<Message> messages;  ///< that have no outcome yet, oldest first
  MessageId last_message;         ///< the greatest id that was given out
  /// A damaged journal was found and put aside under this name; empty: it was good.
  std::string kept_aside;
  std::string damage;  ///< what was wrong with it
};

/// How much history is kept. State, open incidents and intents without an outcome always are.
struct Retention {
  Bytes max_size{256ULL << 20U};  ///< of the database file; reached within a retention run
  Duration max_age = 24h * 90;    ///< in engine time, so that no set clock can erase history
};

/// Counts since the opening, for metrics.
struct JournalStats {
  std::uint64_t entries = 0;   ///< made durable
  std::uint64_t commits = 0;   ///< transactions that it took
  std::uint64_t failures = 0;  ///< transactions that could not be committed
  std::uint64_t lost = 0;      ///< entries whose events and records had to be given up
  Bytes size;                  ///< of the database and its write-ahead log, at the last look
  bool works = true;
  bool reserve = true;  ///< the space kept for a full disk is there
};

/// Where a state folder's history is written. Appending never blocks: entries are committed
/// together (group commit) on the journal's own thread. All functions may be called on any
/// thread, but entries count in the order in which `append` gets them.
class Journal {
 public:
  /// Called on the journal's thread, in the order of the appends: empty when the entry is
  /// durable, else why it is not. An entry that was answered so may still be written later as
  /// history, when the journal works again; nobody may act on it.
  using Durable = std::function<void(const std::string& why_not)>;

  Journal() = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  /// Flushes, then ends the thread: no callback comes after it.
  virtual ~Journal() = default;

  /// `durable` may be empty.
  virtual void append(JournalEntry entry, Durable durable) = 0;
  /// Keeps the text of rules, for replay; before the first entry that has their revision.
  virtual void keep_rules(const std::string& revision, std::vector<RuleFile> files) = 0;
  /// Returns when everything appended before has been answered. For the end of the daemon.
  virtual void flush() = 0;
  /// New limits, after a reload of the rules; looked at with the next retention run.
  virtual void retain(const Retention&) {}
  [[nodiscard]] virtual JournalStats stats() const { return {}; }
};

}  // namespace heald
