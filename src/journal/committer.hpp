#pragma once
// The journal's thread at work: transactions, the reserve, and housekeeping between them.

#include <memory>
#include <string>

#include "journal/backlog.hpp"
#include "journal/database.hpp"
#include "journal/entry_writer.hpp"
#include "journal/reserve.hpp"
#include "journal/retention.hpp"
#include "journal/sqlite_journal.hpp"

namespace heald {

/// Everything that touches the disk. One thread at a time.
class Committer {
 public:
  /// `recovered` is what the database held at its opening.
  Committer(std::unique_ptr<Database> database, Reserve reserve, const JournalOptions& options,
            std::string boot_id, const Recovered& recovered);

  /// Commits the batch, and before it whatever could not be written earlier, in one transaction.
  /// Empty: all of it is durable. Else why not; what it held is kept for the next call, folded
  /// when it is too much.
  std::string write(Backlog batch, RuleTexts rules);
  /// Something waits for a disk that failed.
  [[nodiscard]] bool unwritten() const { return !unwritten_.empty(); }

  /// Moves the write-ahead log into the database when it has grown.
  void checkpoint();
  /// A bounded piece of housekeeping: the reserve, retention. True: there is more.
  /// What cannot be done now is tried again with the next call.
  bool tidy(const Retention& retention);

  [[nodiscard]] const JournalStats& stats() const { return stats_; }
  /// Looks at the files' sizes for `stats`.
  void measure();

 private:
  enum class Room : std::uint8_t { as_found, reserve_released };
  void commit(Room room);

  std::unique_ptr<Database> database_;
  Reserve reserve_;
  Backlog unwritten_;
  RuleTexts unwritten_rules_;
  EntryWriter writer_;
  HistoryRetention retention_;
  Instant last_;
  JournalStats stats_;
};

}  // namespace heald
