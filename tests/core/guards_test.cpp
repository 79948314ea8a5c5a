// What is shared and what holds back: groups, storms, observe, freeze, stalls.

#include <catch2/catch.hpp>

#include "allocations.hpp"
#include "heald/life.hpp"
#include "rehearsal.hpp"

using namespace heald;
using namespace heald::rehearsal;

TEST_CASE("a group's members are acted upon one after the other") {
  GroupPolicy all;
  all.name = "all";
  all.storm.at_least = 100;
  Rehearsal world{rules({process("a"), process("b"), process("c")}, {all})};
  world.settle_in();
  for (const char* name : {"a", "b", "c"}) world.end(name);
  CHECK(world.order() == "a");
  CHECK(world.state("b").hold->guard == Guard::max_concurrent);
  world.run(2min);
  CHECK(world.order() == "a b c");
}

TEST_CASE("a service that is removed while it is acted upon leaves its group's place") {
  GroupPolicy all;
  all.name = "all";
  const Policy both = rules({process("a"), process("b")}, {all});
  Rehearsal world{both};
  world.settle_in();
  world.end("a");
  world.reload(without(both, "a"));
  world.run(1min);
  CHECK(world.verdicts("a") == "unknown");
  world.end("b");
  world.run(1min);
  CHECK(world.state("b").health == Health::healthy);
}

TEST_CASE("a service declared again while it is being stopped runs, and is left running") {
  const Policy both = rules({process("a"), process("b")});
  Rehearsal world{both};
  world.settle_in();
  world.reload(without(both, "a"));
  world.run(50ms);
  world.reload(both);
  world.run(10min);
  CHECK(world.deeds("a") == "stop start");
  CHECK(world.deeds("b").empty());
  CHECK(world.state("a").health == Health::healthy);
}

TEST_CASE("in a storm only those let proceed, until the cool-down is over") {
  GroupPolicy all;
  all.name = "all";
  all.max_concurrent = 10;
  Rehearsal world{rules({process("a"), process("b"), process("c"), process("d")}, {all})};
  world.settle_in();
  for (const char* name : {"a", "b", "c", "d"}) world.answer(name, Answer::fail);
  world.run(4min);
  CHECK(world.count(RecordKind::storm_begun) == 1);
  CHECK(world.state("d").hold->guard == Guard::storm);
  const std::size_t before = world.ordered.size();
  CHECK(before > 0);
  for (const char* name : {"a", "b", "c", "d"}) world.patient(name).usual.leaves = Answer::pass;
  world.run(1h);
  CHECK(world.count(RecordKind::storm_ended) >= 1);
  CHECK(world.state("d").health == Health::healthy);
}

TEST_CASE("observe records the first action that it would have taken, and takes none") {
  ServicePolicy web = external("web");
  web.observe = true;
  Rehearsal world{rules({web})};
  world.settle_in();
  world.answer("web", Answer::fail);
  world.run(1h);
  CHECK(world.deeds("web").empty());
  CHECK(world.count(RecordKind::would_act) == 1);
}

TEST_CASE("what is observed is not stopped either: not at the end, nor when its rules are gone") {
  ServicePolicy web = process("web");
  const Policy acting = rules({web, process("redis")});
  web.observe = true;
  const Policy observing = with(acting, web);
  Rehearsal world{acting};
  world.settle_in();
  world.reload(observing);
  SECTION("at the end") {
    world.feed(ShutdownRequested{});
    world.run(1s);
    REQUIRE(world.shut_down);
    CHECK(world.shut_down->remaining.empty());
    CHECK(world.deeds("redis") == "stop");
  }
  SECTION("without rules") {
    world.reload(without(observing, "web"));
    world.run(1h);
  }
  CHECK(world.deeds("web").empty());
  CHECK(world.state("web").running);
}

TEST_CASE("the end leaves what is handed on to the next heald, and an operator's stop does not") {
  ServicePolicy web = process("web");
  std::get<ProcessRuntime>(web.runtime).on_shutdown = OnShutdown::leave;
  ServicePolicy cache = process("cache");
  web.depends_on = {on("cache")};
  Rehearsal world{rules({cache, web})};
  world.settle_in();
  SECTION("at the end") {
    world.feed(ShutdownRequested{});
    world.run(1s);
    REQUIRE(world.shut_down);
    CHECK(world.shut_down->remaining.empty());
    CHECK(world.deeds("cache") == "stop");
    CHECK(world.deeds("web").empty());
    CHECK(world.state("web").running);
  }
  SECTION("at an operator's word") {
    world.operate(Operation::stop, "web");
    world.run(1s);
    CHECK_FALSE(world.state("web").running);
  }
  SECTION("at the end, when an operator wanted it stopped and it did not go") {
    world.operate(Operation::stop, "web");
    world.feed(ShutdownRequested{});
    world.run(1min);
    CHECK_FALSE(world.state("web").running);
  }
}

TEST_CASE("PID 1 leaves nothing: its end is the end of all") {
  ServicePolicy web = process("web");
  std::get<ProcessRuntime>(web.runtime).on_shutdown = OnShutdown::leave;
  Life life;
  CHECK(adapted(rules({web}), life).services[0]->process()->on_shutdown == OnShutdown::leave);
  life.init = true;
  CHECK(adapted(rules({web}), life).services[0]->process()->on_shutdown == OnShutdown::stop);
}

TEST_CASE("an operator stops what is observed") {
  ServicePolicy web = process("web");
  Rehearsal world{rules({web})};
  world.settle_in();
  web.observe = true;
  world.reload(rules({web}));
  world.operate(Operation::stop, "web");
  world.run(1min);
  CHECK(world.deeds("web") == "stop");
}

TEST_CASE("a freeze holds, and ends by itself") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.operate(Operation::freeze);
  world.end("web");
  world.run(59min);
  CHECK(world.deeds("web").empty());
  CHECK(world.state("web").hold->guard == Guard::freeze);
  world.run(2min);
  CHECK(world.deeds("web") == "restart");
  CHECK_FALSE(world.engine().daemon().freeze);
}

TEST_CASE("an external dependent is restarted once for its dependency's sake") {
  ServicePolicy shop = external("shop");
  shop.depends_on = {on("redis")};
  shop.depends_on.front().on_restart = OnDependencyRestart::restart;
  Rehearsal world{rules({shop, process("redis")})};
  world.settle_in();
  world.end("redis");
  world.run(1h);
  CHECK(world.deeds("shop") == "restart");
}

TEST_CASE("an observation in flight over a stall is thrown away") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.answer("web", Answer::fail);
  world.forget();
  REQUIRE(world.run_until([&] { return !world.looked.empty(); }));
  world.run(1ns);
  world.feed(Stalled{20s});
  world.run(1ms);
  CHECK(world.state("web").conditions[1].fails == 0);
}

TEST_CASE("a passing observation is unmarked and allocates nothing") {
  Engine engine{1};
  const auto policy = std::make_shared<const Policy>(rules({external("web")}));
  Instant now{1h};
  engine.step({now, PolicyLoaded{policy}});
  Instant wake = engine.step({now, AdoptionFinished{}}).wake_at;
  std::size_t steady = 0;
  for (int look = 0; look < 20; ++look) {
    now = wake;
    const Decision& due = engine.step({now, Tick{}});
    wake = due.wake_at;
    if (due.commands.empty()) continue;
    const auto command = std::get<ProbeCommand>(due.commands.front());
    const Event seen{now, Observation{.service = command.service, .probe = command.probe,
                                      .run = command.run, .outcome = Outcome::pass,
                                      .begun = now, .evidence = {}}};
    const std::size_t before = allocations();
    const Decision& decision = engine.step(seen);
    const std::size_t taken = allocations() - before;
    wake = decision.wake_at;
    if (look < 3) continue;
    ++steady;
    CHECK_FALSE(decision.marked);
    CHECK(taken == 0);
  }
  CHECK(steady > 10);
}

TEST_CASE("what is external now is started as such, while the child of before may not be stopped") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.forget();
  const Generation child = world.state("web").generation;
  ServicePolicy web = external("web");
  web.observe = true;
  world.reload(rules({web}));
  world.answer("web", Answer::fail);
  world.run(5min);
  REQUIRE(world.deeds("web").empty());
  world.operate(Operation::start, "web");
  world.run(1min);
  CHECK(world.deeds("web") == "start");
  CHECK(world.state("web").running);
  CHECK(world.state("web").generation == child);
}
