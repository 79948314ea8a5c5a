#pragma once
// Copies of the whole state, so that replay need not begin at the beginning.

#include <cstdint>

#include "journal/database.hpp"
#include "heald/policy.hpp"

namespace heald {

/// On the journal's thread, in transactions of their own.
class Snapshots {
 public:
  Snapshots(Database& database, std::uint64_t every);

  /// Counts events that were written.
  void count(std::uint64_t events) { since_ += events; }
  /// The next `keep` makes one in any case: events were lost, and replay cannot cross the gap.
  void want() { wanted_ = true; }
  /// Makes one when it is due, and forgets all but the newest two. Left out while the copies
  /// would take more than a quarter of `max_size`: history is worth more than a shorter replay.
  void keep(Bytes max_size);

 private:
  [[nodiscard]] bool due();
  void make();

  Database& database_;
  std::uint64_t every_;
  std::uint64_t since_ = 0;
  bool wanted_ = true;  ///< after a start: events before it may belong to an older program
  Statement count_services_, size_of_state_, insert_, insert_state_, forget_;
};

}  // namespace heald
