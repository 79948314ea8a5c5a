// What the simulator found, each as the short scenario that shows it.

#include <catch2/catch.hpp>

#include "rehearsal.hpp"

using namespace heald;
using namespace heald::rehearsal;

TEST_CASE("sickness is told of while an operator's word waits for the journal") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.break_journal();
  world.operate(Operation::restart, "web");
  world.run(1s);
  REQUIRE(world.state("web").pending == Operation::restart);
  world.answer("web", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("web").health == Health::unhealthy; }));
  CHECK(world.count(RecordKind::incident_opened, "web") == 1);
}
