// Order and dependencies, operators, groups, and the death of heald.

#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>

#include "rehearsal.hpp"

using namespace heald;
using namespace heald::rehearsal;

namespace {

std::size_t allocations = 0;

/// redis <- api <- web, and redis <- web.
Policy diamond() {
  ServicePolicy web = process("web");
  web.depends_on = {on("api"), on("redis")};
  ServicePolicy api = process("api");
  api.depends_on = {on("redis")};
  return rules({web, api, process("redis")});
}

std::string order_of(const Rehearsal& world) {
  std::string text;
  for (const Ordered& each : world.ordered) text += each.service + " ";
  return text;
}

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

TEST_CASE("services start after what they need, and stop before it") {
  Rehearsal world{diamond()};
  world.settle_in();
  CHECK(world.state("web").health == Health::healthy);
  world.feed(ShutdownRequested{});
  world.run(5s);
  CHECK(order_of(world) == "web api redis ");
  REQUIRE(world.shut_down);
  CHECK(world.shut_down->remaining.empty());
  CHECK(world.state("web").desired == Desired::running);
}

TEST_CASE("only so many starts are in flight at once") {
  Policy policy = rules({process("a"), process("b"), process("c")});
  policy.daemon.start_concurrency = 2;
  Rehearsal world{policy};
  world.begin();
  CHECK(order_of(world) == "a b ");
  CHECK(world.state("c").hold.guard == Guard::start_concurrency);
  world.run(150ms);
  CHECK(order_of(world) == "a b c ");
}

TEST_CASE("a dependency that has started is enough where the rules say so") {
  ServicePolicy web = process("web");
  web.depends_on = {on("redis")};
  web.depends_on.front().until = DependencyUntil::started;
  Rehearsal world{rules({web, process("redis")})};
  world.answer("redis", Answer::fail);
  world.begin();
  world.run(110ms);
  CHECK(order_of(world) == "redis web ");
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
  CHECK(order_of(world) == "redis ");
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
  CHECK(order_of(world) == "web api redis ");
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
  CHECK(state.hold.guard == Guard::journal);
  CHECK(state.spent.empty());
  CHECK(state.incident->actions == 0);
  CHECK(state.incident->attempts.at("restart") == 0);
  CHECK(world.engine().daemon().spent.empty());
  world.mend_journal();
  world.run(1min);
  CHECK(state.health == Health::healthy);
}

TEST_CASE("a group's members are acted upon one after the other") {
  GroupPolicy all;
  all.name = "all";
  all.storm.at_least = 100;
  Rehearsal world{rules({process("a"), process("b"), process("c")}, {all})};
  world.settle_in();
  for (const char* name : {"a", "b", "c"}) world.end(name);
  CHECK(order_of(world) == "a ");
  CHECK(world.state("b").hold.guard == Guard::max_concurrent);
  world.run(2min);
  CHECK(order_of(world) == "a b c ");
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
  CHECK(world.state("d").hold.guard == Guard::storm);
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

TEST_CASE("a freeze holds, and ends by itself") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.operate(Operation::freeze);
  world.end("web");
  world.run(59min);
  CHECK(world.deeds("web").empty());
  CHECK(world.state("web").hold.guard == Guard::freeze);
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
    const std::size_t before = allocations;
    const Decision& decision = engine.step(seen);
    const std::size_t taken = allocations - before;
    wake = decision.wake_at;
    if (look < 3) continue;
    ++steady;
    CHECK_FALSE(decision.marked);
    CHECK(taken == 0);
  }
  CHECK(steady > 10);
}
