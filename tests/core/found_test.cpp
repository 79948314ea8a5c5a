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

TEST_CASE("a stop in the middle of a verification ends it with a verdict") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.end("web");
  REQUIRE(world.run_until([&] { return world.state("web").activity == Activity::verifying; }));
  world.patient("web").usual.starts = false;
  world.end("web");
  world.operate(Operation::stop, "web");
  world.run(1min);
  CHECK(world.count(RecordKind::action_intended, "web") == world.count(RecordKind::verdict, "web"));
  CHECK_FALSE(world.state("web").action.has_value());
}

TEST_CASE("a relapse of an incident that only told of blindness is acted upon at once") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.answer("web", Answer::unknown);
  REQUIRE(world.run_until([&] { return world.count(RecordKind::incident_opened, "web") == 1; }));
  world.answer("web", Answer::pass);
  REQUIRE(world.run_until([&] { return world.count(RecordKind::incident_closed, "web") == 1; }));
  world.answer("web", Answer::fail);
  REQUIRE(world.run_until([&] { return world.count(RecordKind::incident_relapsed, "web") == 1; }));
  const Hold& hold = world.state("web").hold;
  CHECK(hold.guard != Guard::unknown);
}

TEST_CASE("a restart for new rules keeps its place in the group over a death of heald") {
  GroupPolicy pair;
  pair.name = "pair";
  pair.max_concurrent = 1;
  ServicePolicy first = process("first");
  ServicePolicy second = process("second");
  first.group = second.group = "pair";
  Rehearsal world{rules({first, second}, {pair})};
  world.settle_in();
  process_of(first).exec.command.push_back("--changed");
  world.reload(rules({first, second}, {pair}));
  REQUIRE(world.run_until([&] { return world.state("first").activity == Activity::verifying; }));
  world.crash();
  world.come_back();
  REQUIRE(world.state("first").activity == Activity::verifying);
  world.end("second");
  world.run(1s);
  CHECK(world.state("second").hold.guard == Guard::max_concurrent);
}

TEST_CASE("sickness is told of while the child of an earlier runtime cannot be stopped") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.patient("web").usual.result = ActionResult::failed;
  world.reload(rules({external("web")}));
  world.answer("web", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("web").health == Health::unhealthy; }));
  CHECK(world.count(RecordKind::incident_opened, "web") == 1);
}

TEST_CASE("the start period of what is not heald's child goes on over a death of heald") {
  ProbePolicy slow = probe();
  slow.start_period = 5min;
  for (const Activity at_death : {Activity::acting, Activity::verifying}) {
    Rehearsal world{rules({external("shop", {slow})})};
    world.settle_in();
    world.answer("shop", Answer::fail);
    REQUIRE(world.run_until([&] { return world.state("shop").activity == at_death; }));
    world.crash(Rehearsal::InFlight::done);
    world.come_back();
    world.run(2min);
    CHECK(world.state("shop").health == Health::starting);
    CHECK(world.deeds("shop") == "restart");
    world.answer("shop", Answer::pass);
    world.run(1min);
    CHECK(world.verdicts("shop") == "healed");
  }
}
