#pragma once
// The table of messages: what people are to be told, until it is delivered or given up.

#include <string>
#include <vector>

#include "journal/database.hpp"
#include "journal/journal.hpp"

namespace heald {

/// On the journal's thread, inside a transaction of the caller.
class MessageTable {
 public:
  /// `database` must outlive it.
  explicit MessageTable(Database& database);

  void write(WallTime wall, const std::vector<Message>& messages,
             const std::vector<MessageOutcome>& outcomes);

 private:
  Statement insert_, end_;
};

/// Those without an outcome, oldest first. Throws RowError for one that cannot have been written
/// by this program.
[[nodiscard]] std::vector<Message> waiting_messages(Database& database);

/// The greatest id that was given out; 0: none was.
[[nodiscard]] MessageId last_message(Database& database);

}  // namespace heald
