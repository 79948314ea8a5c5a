// The way round the loop, once: a failure is seen, acted upon, verified and closed.

#include <catch2/catch.hpp>

#include "rehearsal.hpp"

using namespace heald;
using namespace heald::rehearsal;

TEST_CASE("a service is started at boot and becomes healthy") {
  Rehearsal world{rules({process("web")})};
  world.begin();
  world.run(1min);
  CHECK(world.deeds("web") == "start");
  CHECK(world.actions("web").front().cause == Cause::convergence);
  CHECK(world.verdicts("web") == "healed");
  CHECK(world.state("web").health == Health::healthy);
  CHECK_FALSE(world.state("web").incident);
}

TEST_CASE("a dead process is restarted at once, and the incident closes as healed") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  const Instant death = world.now();
  world.end("web");
  REQUIRE(world.actions("web").size() == 1);
  CHECK(world.actions("web").front().at == death);
  CHECK(world.actions("web").front().cause == Cause::ladder);
  world.run(1min);
  CHECK(world.verdicts("web") == "healed");
  REQUIRE(world.count(RecordKind::incident_closed) == 1);
  CHECK(world.records_of(RecordKind::incident_closed).front().closing == Closing::healed);
}

TEST_CASE("a hung service is restarted after its third failed look, and not before") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.answer("web", Answer::silent);
  world.patient("web").usual.leaves = Answer::pass;
  world.run(19s);
  CHECK(world.deeds("web").empty());
  world.run(12s);
  CHECK(world.deeds("web") == "restart");
  world.run(1min);
  CHECK(world.verdicts("web") == "healed");
  CHECK(world.state("web").health == Health::healthy);
}

TEST_CASE("a look that is ordered a little late does not shift those that come after it") {
  Rehearsal world{rules({external("shop")})};
  world.settle_in();
  const Duration interval = world.policy().services.front()->probes.front().interval;
  const Instant due = world.wake_at();
  const auto order_late_by = [&](Duration lag) {
    world.stand_still(due + lag - world.now());
    world.run(lag / 2);
  };
  SECTION("by a twentieth of the interval") {
    order_late_by(interval / 20);
    CHECK(world.wake_at() == due + interval);
  }
  SECTION("but one that is late by much begins a new count") {
    order_late_by(interval / 2);
    CHECK(world.wake_at() == due + interval / 2 + interval);
  }
}
