#pragma once
// The live engine clock.

#include "heald/time.hpp"
#include "journal/journal.hpp"

namespace heald {

/// Engine time of a running daemon: CLOCK_BOOTTIME, which goes on while the machine is suspended,
/// shifted so that it continues where the journal ends. Thread-safe; immutable.
class LiveClock {
 public:
  /// Of a new history: engine time is the time since the machine booted.
  LiveClock();
  /// Goes on from what was journaled last. In the same boot the time while heald was down has
  /// passed; over a reboot none has.
  explicit LiveClock(const Recovered& recovered);

  [[nodiscard]] Instant now() const;

  /// The wall time at which an instant lies, by the wall clock as it is set at this moment.
  /// For display only: setting the wall clock moves the answer and nothing else. `never` gives
  /// the last WallTime.
  [[nodiscard]] WallTime wall_of(Instant instant) const;

  /// What the wall clock says, for display only.
  [[nodiscard]] static WallTime wall();

 private:
  Duration shift_{};  ///< engine time minus CLOCK_BOOTTIME
};

/// CLOCK_BOOTTIME: the time since boot, suspends included.
[[nodiscard]] Duration boottime();

}  // namespace heald
