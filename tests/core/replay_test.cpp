// Determinism: what is journaled is enough, and the same goes in, the same comes out.

#include <catch2/catch.hpp>

#include "rehearsal.hpp"

using namespace heald;
using namespace heald::rehearsal;

namespace {

/// An eventful while: deaths, hangs, a flapping dependency, an operator.
void play(Rehearsal& world) {
  world.begin();
  world.run(90s);
  world.end("web");
  world.run(20s);
  world.answer("redis", Answer::fail);
  world.run(25s);
  world.answer("redis", Answer::pass);
  world.answer("api", Answer::silent);
  world.run(3min);
  world.operate(Operation::restart, "api");
  world.answer("web", Answer::unknown);
  world.run(12min);
  world.answer("web", Answer::fail);
  world.run(40min);
  world.feed(Stalled{20s});
  world.answer("", Answer::pass);
  world.answer("web", Answer::pass);
  world.answer("api", Answer::pass);
  world.run(20min);
}

Policy eventful() {
  ServicePolicy web = process("web");
  web.depends_on = {on("redis")};
  ServicePolicy api = process("api", {probe("answers"), probe("queue")});
  api.depends_on = {on("redis")};
  GroupPolicy all;
  all.name = "all";
  return rules({web, api, process("redis")}, {all});
}

}  // namespace

TEST_CASE("equal seeds and equal events give equal decisions") {
  Rehearsal first{eventful(), 3};
  Rehearsal second{eventful(), 3};
  play(first);
  play(second);
  REQUIRE(first.taken.size() == second.taken.size());
  for (std::size_t place = 0; place < first.taken.size(); ++place) {
    REQUIRE(first.taken[place].digest == second.taken[place].digest);
  }
}

TEST_CASE("leaving out the unmarked events changes no decision") {
  Rehearsal world{eventful(), 3};
  play(world);
  const std::vector<std::string> lived = world.marked();
  const std::vector<std::string> replayed = world.replayed();
  REQUIRE(lived.size() < world.taken.size() / 2);
  for (std::size_t place = 0; place < lived.size(); ++place) {
    INFO("marked event " << place);
    REQUIRE(replayed[place] == lived[place]);
  }
}

TEST_CASE("an unmarked event decides nothing but looks") {
  Rehearsal world{eventful(), 3};
  play(world);
  for (const Taken& each : world.taken) {
    if (!each.marked) REQUIRE(each.digest.empty());
  }
}

TEST_CASE("an observation that comes twice counts once") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.answer("web", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("web").conditions[1].fails == 1; }));
  const auto seen = std::get<Observation>(world.taken.back().event.input);
  world.feed(seen);
  world.feed(seen);
  CHECK(world.state("web").conditions[1].fails == 1);
}

TEST_CASE("an outcome that comes twice gives one verdict, and one of nobody's action none") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.end("web");
  world.run_until([&] { return world.state("web").activity == Activity::verifying; });
  const auto finished = std::get<ActionFinished>(world.taken.back().event.input);
  world.feed(finished);
  ActionFinished foreign = finished;
  foreign.report.id = ActionId{999};
  world.feed(foreign);
  world.run(1min);
  CHECK(world.verdicts("web") == "healed");
  CHECK(world.deeds("web") == "restart");
}

TEST_CASE("a late report of an earlier process's end is no end of the present one") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  const Generation before = world.patient("web").generation;
  world.end("web");
  world.run(1min);
  world.feed(ProcessExited{{world.id("web"), before, killed_by(9)}});
  CHECK(world.state("web").running);
  CHECK(world.state("web").health == Health::healthy);
  CHECK(world.deeds("web") == "restart");
}

TEST_CASE("an event from before the latest one counts as of now") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  const Instant before = world.engine().daemon().now;
  world.engine().step(Event{before - 1h, Tick{}});
  CHECK(world.engine().daemon().now == before);
}

TEST_CASE("a process found twice counts once") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  ProcessFound found{.service = world.id("web"), .what = ProcessFound::What::running,
                     .generation = world.patient("web").generation, .pid = 1001};
  world.feed(found);
  world.feed(ShutdownRequested{});
  world.run(10s);
  CHECK(world.shut_down.has_value());
}
