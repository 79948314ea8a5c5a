// Order and dependencies, operators, and the death of heald.

#include <algorithm>
#include <catch2/catch.hpp>

#include "rehearsal.hpp"

using namespace heald;
using namespace heald::rehearsal;

namespace {

/// redis <- api <- web, and redis <- web.
Policy diamond() {
  ServicePolicy web = process("web");
  web.depends_on = {on("api"), on("redis")};
  ServicePolicy api = process("api");
  api.depends_on = {on("redis")};
  return rules({web, api, process("redis")});
}

}  // namespace

TEST_CASE("services start after what they need, and stop before it") {
  Rehearsal world{diamond()};
  world.settle_in();
  CHECK(world.state("web").health == Health::healthy);
  world.feed(ShutdownRequested{});
  world.run(5s);
  CHECK(world.order() == "web api redis");
  REQUIRE(world.shut_down);
  CHECK(world.shut_down->remaining.empty());
  CHECK(world.state("web").desired == Desired::running);
}

TEST_CASE("services that leave the rules together stop before what they need") {
  Policy leaving = diamond();
  std::reverse(leaving.services.begin(), leaving.services.end());
  for (const Policy& before : {diamond(), leaving}) {
    Rehearsal world{before};
    world.settle_in();
    world.forget();
    world.reload(rules({process("other")}));
    world.run(1min);
    CHECK(world.actions("other").size() == 1);
    const std::string order = world.order();
    CHECK(order.find("web") < order.find("api"));
    CHECK(order.find("api") < order.find("redis"));
    CHECK(world.deeds("redis") == "stop");
  }
}

TEST_CASE("a dependent that is on its way out does not stand in the way of an operator's stop") {
  ServicePolicy web = process("web");
  web.depends_on = {on("redis")};
  Rehearsal world{rules({process("redis"), web})};
  world.settle_in();
  world.forget();
  world.reload(rules({process("redis")}));
  CHECK(world.operate(Operation::stop, "redis").empty());
  world.run(1min);
  CHECK(world.order() == "web redis");
}

TEST_CASE("only so many starts are in flight at once") {
  Policy policy = rules({process("a"), process("b"), process("c")});
  policy.daemon.start_concurrency = 2;
  Rehearsal world{policy};
  world.begin();
  CHECK(world.order() == "a b");
  CHECK(world.state("c").hold->guard == Guard::start_concurrency);
  world.run(150ms);
  CHECK(world.order() == "a b c");
}

TEST_CASE("a dependency that has started is enough where the rules say so") {
  ServicePolicy web = process("web");
  web.depends_on = {on("redis")};
  web.depends_on.front().until = DependencyUntil::started;
  Rehearsal world{rules({web, process("redis")})};
  world.answer("redis", Answer::fail);
  world.begin();
  world.run(110ms);
  CHECK(world.order() == "redis web");
}

TEST_CASE("a shutdown whose time is up names what still runs") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.patient("web").usual.reported = false;
  world.feed(ShutdownRequested{});
  world.run(89s);
  CHECK_FALSE(world.shut_down);
  world.run(2s);
  REQUIRE(world.shut_down);
  CHECK(world.shut_down->remaining == std::vector<ServiceId>{world.id("web")});
}

TEST_CASE("the root cause is healed alone, although its dependents notice first") {
  Rehearsal world{diamond()};
  world.settle_in();
  for (const char* name : {"web", "api", "redis"}) world.answer(name, Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("redis").activity == Activity::acting; }));
  world.run(50ms);
  world.patient("redis").answer("", Answer::pass);
  world.run(1s);
  for (const char* name : {"web", "api"}) world.answer(name, Answer::pass);
  world.run(5min);
  CHECK(world.order() == "redis");
  CHECK(world.state("web").health == Health::healthy);
}

TEST_CASE("a dependency that turns unhealthy makes the verdict unknown") {
  ServicePolicy web = process("web");
  web.depends_on = {on("redis")};
  Rehearsal world{rules({web, process("redis")})};
  world.settle_in();
  world.end("web");
  world.run(1s);
  REQUIRE(world.state("web").activity == Activity::verifying);
  world.end("redis");
  CHECK(world.verdicts("web") == "unknown");
  CHECK(world.state("web").incident->attempts.at("restart") == 0);
}

TEST_CASE("an operator's stop is never undone, by nothing and no return of heald") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  CHECK(world.operate(Operation::stop, "web").empty());
  world.run(1h);
  world.crash();
  world.come_back();
  world.run(1h);
  world.reload(rules({process("web"), process("other")}));
  world.run(1h);
  CHECK(world.deeds("web") == "stop");
  CHECK(world.state("web").desired == Desired::stopped);
  world.operate(Operation::start, "web");
  world.run(1min);
  CHECK(world.state("web").health == Health::healthy);
}

TEST_CASE("a one-shot that ends well while it is being stopped stays stopped") {
  ServicePolicy job = process("job", {});
  process_of(job).exit.on_success = OnSuccess::done;
  Rehearsal world{rules({job})};
  world.settle_in();
  world.operate(Operation::stop, "job");
  world.end("job", exit_with(0));
  world.run(1min);
  CHECK(world.state("job").desired == Desired::stopped);
}

TEST_CASE("a stop is refused for what depends on it, unless that goes as well") {
  Rehearsal world{diamond()};
  world.settle_in();
  CHECK_FALSE(world.operate(Operation::stop, "redis").empty());
  CHECK(world.state("redis").desired == Desired::running);
  CHECK(world.operate(Operation::stop, "redis", Operated::Dependents::include).empty());
  world.run(1min);
  CHECK(world.order() == "web api redis");
}

TEST_CASE("an intent without an outcome is verified, and not repeated") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.end("web");
  world.crash(Rehearsal::InFlight::done);
  world.come_back();
  world.run(1min);
  CHECK(world.deeds("web") == "restart");
  CHECK(world.verdicts("web") == "healed");
}

TEST_CASE("an outcome without a verdict is verified, and not repeated") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.end("web");
  world.run(5s);
  REQUIRE(world.state("web").activity == Activity::verifying);
  world.crash();
  world.come_back();
  world.run(1min);
  CHECK(world.deeds("web") == "restart");
  CHECK(world.verdicts("web") == "healed");
}

TEST_CASE("a reboot leaves what was in flight unknown, and starts everything anew") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.end("web");
  world.crash();
  world.come_back(Restarted::Boot::another);
  world.run(1min);
  CHECK(world.deeds("web") == "restart start");
  CHECK(world.verdicts("web") == "unknown healed");
}

TEST_CASE("a withheld action has taken nothing, and is taken when the journal works") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.break_journal();
  world.end("web");
  world.run(500ms);
  const ServiceState& state = world.state("web");
  CHECK(state.hold->guard == Guard::journal);
  CHECK(state.spent.empty());
  CHECK(state.incident->actions == 0);
  CHECK(state.incident->attempts.at("restart") == 0);
  CHECK(world.engine().daemon().spent.empty());
  world.mend_journal();
  world.run(1min);
  CHECK(state.health == Health::healthy);
}

TEST_CASE("a restart with its dependents goes from the root up, each verified before the next") {
  Rehearsal world{diamond()};
  world.settle_in();
  world.forget();
  CHECK(world.operate(Operation::restart, "redis", Operated::Dependents::include).empty());
  world.run(3min);
  CHECK(world.order() == "redis api web");
  CHECK(world.verdicts("redis") == "healed");
  const auto at = [&](const std::string& name) { return world.actions(name).front().at; };
  CHECK(at("api") >= at("redis") + 10s);
  CHECK(at("web") >= at("api") + 10s);
  world.forget();
  CHECK(world.operate(Operation::restart, "redis").empty());
  world.run(3min);
  CHECK(world.order() == "redis");
}

TEST_CASE("a reload restarts what it changes from the root up") {
  Rehearsal world{diamond()};
  world.settle_in();
  world.forget();
  Policy changed;
  for (const auto& service : diamond().services) {
    ServicePolicy copy = *service;
    process_of(copy).exec.environment.own()["A"] = "b";
    changed.services.push_back(std::make_shared<const ServicePolicy>(copy));
  }
  Policy next = diamond();
  next.services = changed.services;
  world.reload(next);
  world.run(3min);
  CHECK(world.order() == "redis api web");
}

TEST_CASE("a start with its dependents takes back what a stop with them did") {
  Rehearsal world{diamond()};
  world.settle_in();
  world.operate(Operation::stop, "redis", Operated::Dependents::include);
  world.run(1min);
  CHECK(world.state("web").desired == Desired::stopped);
  world.forget();
  CHECK(world.operate(Operation::start, "redis", Operated::Dependents::include).empty());
  world.run(2min);
  CHECK(world.order() == "redis api web");
  CHECK(world.state("web").health == Health::healthy);
}
