#pragma once
// Time as the core sees it: passed in, never read.

#include <chrono>
#include <cstdint>

namespace heald {

/// A span of time. Everything that lasts is held in this type; raw integers for time do not occur.
using Duration = std::chrono::nanoseconds;

/// The clock that engine time is counted on. It has no `now()`, so nothing in the core can read
/// it: a driver (live, simulated, replayed) passes each instant in with its event.
/// It never goes back, does not stop while the machine is suspended, and is continued from the
/// last journaled instant after a restart; a reboot passes no time on it.
struct EngineClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<EngineClock, duration>;
  static constexpr bool is_steady = true;
};

/// A point in engine time.
using Instant = EngineClock::time_point;

/// Later than everything; as a deadline: none.
inline constexpr Instant never = Instant::max();

/// Wall time, for display and for schedules only: no decision compares it.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

}  // namespace heald
