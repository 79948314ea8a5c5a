#pragma once
// Opens the journal of a state folder.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "heald/event.hpp"
#include "heald/life.hpp"
#include "journal/journal.hpp"

namespace heald {

struct JournalOptions {
  Retention retention;
  /// Set aside in STATE_DIR/reserve, and given back to the file system when the disk is full.
  Bytes reserve{4ULL << 20U};
  /// Events, records and states that may wait in memory while the disk hangs or fails. Beyond
  /// it the oldest history is given up and counted; the newest state of each service is not.
  std::size_t most_waiting = 65'536;
  /// Between two retention runs. An idle journal makes none.
  Duration upkeep_every = 1min;
  /// How long the check for damage may take at the opening; a larger file is checked in part.
  Duration longest_check = 2s;
  /// Of the heald that opens it. Whether the journal was lost is found out at the opening.
  Life life;
  /// Finds `life.left_over`; may be empty. Asked once nobody else has the folder: until then, a
  /// heald that died may have a child that is still about to write itself down.
  std::function<std::vector<std::string>()> find_left_over;
  /// Names the boot; empty: the kernel's.
  std::string boot_id;
  /// Told when the journal begins to fail and when it works again. On the journal's thread.
  std::function<void(const JournalChanged&)> on_change;
};

struct OpenedJournal {
  std::unique_ptr<Journal> journal;
  Recovered recovered;
  Life life;  ///< as the journal keeps it
};

/// Opens STATE_DIR/journal.db, and makes the folder and the file where there are none. A damaged
/// file is moved aside and a new one begun; `Recovered` says so. Errors: the folder cannot be
/// written, another process holds it (flock on STATE_DIR/lock), the journal was written by a
/// newer heald, the disk is full. Blocks on the disk.
[[nodiscard]] Result<OpenedJournal> open_journal(const std::string& state_dir,
                                                 JournalOptions options);

}  // namespace heald
