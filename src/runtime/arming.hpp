#pragma once
// Which processes may be followed by another at once, since the journal allows for it already.

#include <cstdint>
#include <vector>

#include "heald/ids.hpp"
#include "heald/state.hpp"
#include "journal/journal.hpp"

namespace heald {

/// Remembers what of each service is durable. A process that runs by the journal, with nothing
/// being done about it, may have been followed by one more when heald comes back; so the first
/// restart after it need not wait for a write (docs/ARCHITECTURE.md, "Pre-armed restarts").
///
/// Entries are numbered from 1 on, in the order in which they go to the journal.
class Arming {
 public:
  /// `entry` is on its way to the journal.
  void appended(std::uint64_t number, const JournalEntry& entry);
  /// It and all before it are durable.
  void written(std::uint64_t number) { written_ = number; }
  /// It is not, and so nothing is known of what is on its way. What a service was counts again when
  /// a later entry about it is durable.
  void failed() { failed_ = appended_; }

  /// Whether `next` is the one that the journal allows for.
  [[nodiscard]] bool allows(ServiceId service, Generation next) const;

 private:
  struct Last {
    std::uint64_t entry = 0;  ///< the latest about the service
    Generation running;       ///< by that; zero when something was being done about it
  };
  [[nodiscard]] bool durable(std::uint64_t entry) const {
    return entry > failed_ && entry <= written_;
  }

  std::vector<Last> services_;  ///< by slot
  std::uint64_t appended_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t rules_ = 0;  ///< the entry of the rules in force
};

}  // namespace heald
