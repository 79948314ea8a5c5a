#pragma once
// What is forgotten, and when.

#include <cstdint>
#include <optional>

#include "journal/database.hpp"
#include "journal/journal.hpp"

namespace heald {

/// Forgets closed history from its old end on, in small transactions, and gives the space back
/// to the file system. On the journal's thread.
///
/// Age is counted in engine time: a wall clock that jumps ahead by a year forgets nothing. Never
/// forgotten are the state, open incidents, and actions without an outcome; of open incidents
/// even the timeline is kept, unless the size cannot be reached otherwise.
class HistoryRetention {
 public:
  explicit HistoryRetention(Database& database);

  /// One batch. True: there is more to do; the caller may serve what waits in between.
  bool step(const Retention& limits, Instant now);

 private:
  bool forget_before(Instant horizon);
  bool forget_oldest();
  bool forget_open_timelines();
  bool shrink(std::uint64_t max_size);

  Database& database_;
  std::uint64_t page_size_;
  bool over_size_ = false;  ///< the size was exceeded and has not come down far enough
  Statement forget_events_, forget_records_, forget_incidents_, forget_actions_, forget_messages_,
      forget_starts_, forget_snapshots_, forget_gaps_, forget_rules_, forget_open_records_,
      oldest_events_, oldest_records_;
  Statement pages_, free_pages_, changes_;
};

}  // namespace heald
