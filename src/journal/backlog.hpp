#pragma once
// Entries that wait for the disk.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "journal/journal.hpp"
#include "journal/ledger.hpp"

namespace heald {

struct WaitingEntry {
  JournalEntry entry;
  Duration boottime{};  ///< CLOCK_BOOTTIME when it was appended
};

/// What is left of entries whose history was given up: everything that decisions need, and
/// what is told of incidents and actions, but neither events nor records.
struct Folded {
  std::uint64_t entries = 0, events = 0, records = 0;
  WallTime wall{};  ///< of the newest
  Instant at{};
  Duration boottime{};
  std::string rules_revision;
  std::map<ServiceId, ServiceState> states;
  std::optional<DaemonState> daemon;
  Ledger ledger;
  std::vector<Message> messages;  ///< without those that have ended meanwhile
  std::vector<MessageOutcome> message_outcomes;  ///< of messages that are in the journal

  void add(WaitingEntry waiting);
  void add(Folded later);

 private:
  void add(std::vector<Message> told, std::vector<MessageOutcome> ended);
};

/// A bounded queue that never loses a state. When it is full, the oldest entries are folded:
/// their place is then bounded by the number of services.
class Backlog {
 public:
  /// `most`: events, records and states that may wait unfolded.
  explicit Backlog(std::size_t most) : most_(most) {}

  void add(WaitingEntry waiting);
  /// Puts everything of a later backlog behind this one.
  void add(Backlog later);
  void clear();

  [[nodiscard]] bool empty() const { return !folded_ && entries_.empty(); }
  /// Older than all `entries`; empty: nothing had to be given up.
  [[nodiscard]] const std::optional<Folded>& folded() const { return folded_; }
  [[nodiscard]] const std::deque<WaitingEntry>& entries() const { return entries_; }

 private:
  void fold_oldest();

  std::size_t most_;
  std::size_t weight_ = 0;
  std::optional<Folded> folded_;
  std::deque<WaitingEntry> entries_;
};

}  // namespace heald
