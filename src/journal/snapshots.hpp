#pragma once
// The state that each life of heald began with, so that replay need not begin at the beginning.

#include <cstdint>
#include <string>

#include "heald/policy.hpp"
#include "journal/database.hpp"
#include "journal/journal.hpp"

namespace heald {

/// In SQL, the number of the last event that was written, forgotten or not.
inline constexpr const char* last_event =
    "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)";

/// An engine knows more than its durable state: looks in flight, the windows of storms and of
/// blindness. At the start of heald there is nothing of that, so only there does the state alone
/// determine what follows; a copy from the middle of a life would be of no use to a replay.
class Snapshots {
 public:
  /// `found` is the state that the life of row `start` begins with.
  Snapshots(Database& database, std::int64_t start, const Recovered& found);

  /// Keeps it, before the first entry of this life and in the same transaction. Copies of older
  /// lives go while all together would take more than a quarter of `max_size`; one that alone
  /// would is not made, for history is worth more than a shorter replay.
  void make(Bytes max_size);

 private:
  std::int64_t start_;
  bool anything_;       ///< the journal held a state
  std::string daemon_;  ///< as it was restored, which the table may not say
  Statement size_of_state_, size_of_copies_, insert_, insert_state_, forget_oldest_;
};

}  // namespace heald
