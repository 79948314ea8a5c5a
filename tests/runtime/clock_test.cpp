#include "runtime/clock.hpp"

#include <catch2/catch.hpp>

namespace heald::test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("engine time goes on through the time that heald was down") {
  Recovered recovered;
  recovered.last = Instant{100h};
  recovered.same_boot = true;
  recovered.boottime_at_last = boottime() - 10s;
  const LiveClock clock{recovered};
  CHECK(clock.now() >= Instant{100h + 10s});
  CHECK(clock.now() < Instant{101h});
}

TEST_CASE("no engine time passes over a reboot") {
  Recovered recovered;
  recovered.last = Instant{100h};
  recovered.same_boot = false;
  recovered.boottime_at_last = 99h;
  const LiveClock clock{recovered};
  CHECK(clock.now() >= Instant{100h});
  CHECK(clock.now() < Instant{101h});
}

TEST_CASE("a new history begins with the time since boot") {
  const Duration before = boottime();
  const LiveClock clock{Recovered{}};
  const Duration now = clock.now().time_since_epoch();
  CHECK(now >= before);
  CHECK(now <= boottime());
}

TEST_CASE("an instant is shown at its wall time") {
  const LiveClock clock;
  const auto shown = clock.wall_of(clock.now() - 1h);
  CHECK(shown <= LiveClock::wall() - 1h + 1ms);
  CHECK(shown >= LiveClock::wall() - 2h);
  CHECK(clock.wall_of(never) == WallTime::max());
}

TEST_CASE("an instant has the same wall time whenever it is asked for") {
  const LiveClock clock;
  constexpr int times = 20'000;
  int others = 0;
  for (int tenth = 0; tenth < 10; ++tenth) {  // of a millisecond, so that every rounding is met
    const Instant instant = clock.now() + tenth * 100us;
    const auto first = clock.wall_of(instant);
    for (int asked = 0; asked < times; ++asked) others += clock.wall_of(instant) == first ? 0 : 1;
  }
  // A wall clock that is being slewed, or a pause between its reading and the other's, may differ.
  CHECK(others < times / 2);
}

}  // namespace
}  // namespace heald::test
