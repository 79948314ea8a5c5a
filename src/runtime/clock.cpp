#include "runtime/clock.hpp"

#include <ctime>

#include "heald/assert.hpp"

namespace heald {

Duration boottime() {
  timespec now{};
  HEALD_ASSERT(::clock_gettime(CLOCK_BOOTTIME, &now) == 0);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

LiveClock::LiveClock() = default;

LiveClock::LiveClock(const Recovered& recovered) {
  if (!recovered.last) return;
  const Duration last = recovered.last->time_since_epoch();
  shift_ = last - (recovered.same_boot ? recovered.boottime_at_last : boottime());
}

Instant LiveClock::now() const { return Instant{boottime() + shift_}; }

WallTime LiveClock::wall() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

WallTime LiveClock::wall_of(Instant instant) const {
  if (instant == never) return WallTime::max();
  // Both clocks are read together, at every use: the pair is never older than the answer. Cut to
  // milliseconds only then, so that one instant has one wall time, whenever it is asked for.
  const Duration ago = now() - instant;
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now() - ago);
}

}  // namespace heald
