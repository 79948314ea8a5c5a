// What is shared by all services, and what outlives heald: the total budget, blindness, a
// dependency that stays sick, an adopted process, an operator's word.

#include <catch2/catch.hpp>

#include "rehearsal.hpp"

using namespace heald;
using namespace heald::rehearsal;

namespace {

std::string member(std::size_t number) { return std::string{"s"}.append(std::to_string(number)); }

/// So many services in a group that is in nobody's way.
Policy estate(std::size_t services) {
  GroupPolicy all;
  all.name = "all";
  all.max_concurrent = 1000;
  all.storm.at_least = 1000;
  std::vector<ServicePolicy> made;
  for (std::size_t each = 0; each < services; ++each) {
    made.push_back(process(member(each)));
  }
  return rules(std::move(made), {all});
}

std::size_t held_by(Rehearsal& world, const Policy& policy, Guard guard) {
  std::size_t held = 0;
  for (const auto& service : policy.services) {
    held += world.state(service->name).hold->guard == guard ? 1 : 0;
  }
  return held;
}

}  // namespace

TEST_CASE("what waits for something else is told at once that the budget of all is spent") {
  Policy policy = estate(60);
  GroupPolicy pair;
  pair.name = "pair";
  policy.groups.push_back(pair);
  std::vector<ServicePolicy> two{process("y"), process("z")};
  for (ServicePolicy& each : two) {
    each.group = "pair";
    each.remediation = {rung(RestartAction{})};
    policy = with(std::move(policy), each);
  }
  Rehearsal world{policy};
  world.settle_in();
  for (const ServicePolicy& each : two) world.end(each.name);
  REQUIRE(world.state("z").hold->guard == Guard::max_concurrent);
  for (std::size_t each = 0; each < 59; ++each) world.end(member(each));
  CHECK(world.state("z").hold->guard == Guard::total_budget);
}

TEST_CASE("all services together take sixty actions an hour, over a death of heald and a reload") {
  const Policy policy = estate(63);
  Rehearsal world{policy};
  world.settle_in();
  world.forget();
  for (const auto& service : policy.services) world.end(service->name);
  world.run(2min);
  CHECK(world.ordered.size() == 60);
  CHECK(held_by(world, policy, Guard::total_budget) == 3);
  world.crash();
  world.come_back();
  world.run(2min);
  CHECK(world.ordered.size() == 60);
  ServicePolicy other = process("s0");
  other.limits.per *= 2;
  world.reload(with(policy, other));
  world.run(40min);
  CHECK(world.ordered.size() == 60);
  CHECK(held_by(world, policy, Guard::total_budget) == 3);
  world.run(20min);
  CHECK(world.ordered.size() == 63);
  CHECK(held_by(world, policy, Guard::total_budget) == 0);
}

TEST_CASE("the rules say how many actions an hour has, and more of them count at once") {
  Policy policy = estate(10);
  policy.daemon.actions_per_hour = 4;
  Rehearsal world{policy};
  world.settle_in();
  world.forget();
  for (const auto& service : policy.services) world.end(service->name);
  world.run(2min);
  CHECK(world.ordered.size() == 4);
  CHECK(held_by(world, policy, Guard::total_budget) == 6);
  policy.daemon.actions_per_hour = 7;
  world.reload(policy);
  world.run(1s);
  CHECK(world.ordered.size() == 7);
  policy.daemon.actions_per_hour = 2;  // fewer than were taken
  world.reload(policy);
  world.run(30min);
  CHECK(world.ordered.size() == 7);
  CHECK(held_by(world, policy, Guard::total_budget) == 3);
  policy.daemon.actions_per_hour.reset();
  world.reload(policy);
  world.run(1min);
  CHECK(world.ordered.size() == 10);
}

TEST_CASE("the total budget grows with the estate, one in ten") {
  const Policy policy = estate(640);
  Rehearsal world{policy};
  world.settle_in(10min);
  world.forget();
  for (std::size_t each = 0; each < 66; ++each) world.end(member(each));
  world.run(2min);
  CHECK(world.ordered.size() == 64);
}

TEST_CASE("a dependency that stays sick holds its dependents for a bounded time") {
  ServicePolicy redis = external("redis");
  redis.remediation = {};
  ServicePolicy shop = external("shop");
  shop.depends_on = {on("redis")};
  Rehearsal world{rules({shop, redis})};
  world.settle_in();
  world.answer("redis", Answer::fail);
  world.run(1min);
  world.answer("shop", Answer::fail);
  world.run(20min);
  CHECK(world.deeds("shop").empty());
  CHECK(world.state("shop").hold->guard == Guard::dependency);
  CHECK(world.state("shop").incident->root == world.state("redis").incident->id);
  world.run(15min);
  REQUIRE(world.deeds("shop") == "restart");
  CHECK(world.actions("shop").front().cause == Cause::slow_retry);
}

TEST_CASE("the death of an adopted process is noticed at once") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.crash();
  world.run(1min);
  world.come_back();
  world.run(1min);
  CHECK(world.deeds("web").empty());
  REQUIRE(world.state("web").running);
  const Instant death = world.now();
  world.end("web");
  REQUIRE(world.deeds("web") == "restart");
  CHECK(world.actions("web").front().at == death);
  world.run(1min);
  CHECK(world.verdicts("web") == "healed");
}

TEST_CASE("a silence of all probes of a source holds every rung, and its end releases them") {
  const std::vector<std::string> names{"a", "b", "c", "d", "e", "f"};
  GroupPolicy all;
  all.name = "all";
  all.max_concurrent = 100;
  all.storm.at_least = 100;
  std::vector<ServicePolicy> services;
  for (const std::string& name : names) services.push_back(external(name, {probe(name)}));
  Rehearsal world{rules(std::move(services), {all})};
  world.settle_in();
  for (const std::string& name : names) world.answer(name, Answer::silent);
  world.run(30min);
  CHECK(world.ordered.empty());
  INFO(world.state("a").hold->rule << ": " << world.state("a").hold->value);
  CHECK(world.state("a").hold->guard == Guard::blindness);
  CHECK(world.count(RecordKind::blinded) == 1);
  CHECK(world.state("a").incident);
  for (const std::string& name : names) world.answer(name, Answer::pass);
  world.run(2min);
  CHECK(world.ordered.empty());
  CHECK(world.count(RecordKind::sighted) == 1);
  CHECK(world.records_of(RecordKind::incident_closed, "a").back().closing == Closing::recovered);
}

TEST_CASE("refusals are answers: six servers that are down together are an outage") {
  GroupPolicy all;
  all.name = "all";
  all.max_concurrent = 100;
  all.storm.at_least = 100;
  std::vector<ServicePolicy> services;
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
    services.push_back(external(name, {probe(name)}));
  }
  Rehearsal world{rules(std::move(services), {all})};
  world.settle_in();
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) world.answer(name, Answer::fail);
  world.run(1min);
  CHECK(world.count(RecordKind::blinded) == 0);
  CHECK(world.ordered.size() >= 6);
}

TEST_CASE("a stop that waits for its dependents is carried out by the next life of heald") {
  ServicePolicy web = process("web");
  web.depends_on = {on("redis")};
  Rehearsal world{rules({web, process("redis")})};
  world.settle_in();
  CHECK(world.operate(Operation::stop, "redis", Operated::Dependents::include).empty());
  REQUIRE(world.deeds("redis").empty());
  world.crash();
  world.come_back();
  world.run(2min);
  CHECK_FALSE(world.state("web").running);
  CHECK_FALSE(world.state("redis").running);
  CHECK(world.state("redis").desired == Desired::stopped);
  CHECK(world.deeds("redis") == "stop");
}

TEST_CASE("a restart that an operator asked for is not forgotten by a death of heald") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.operate(Operation::restart, "web");
  world.crash();
  world.come_back();
  world.run(2min);
  CHECK(world.state("web").health == Health::healthy);
  CHECK(world.deeds("web") == "restart restart");
  CHECK(world.verdicts("web") == "unknown healed");
}

TEST_CASE("a restart that new rules ask for is not forgotten by a death of heald") {
  for (const auto in_flight : {Rehearsal::InFlight::lost, Rehearsal::InFlight::done}) {
    const bool lost = in_flight == Rehearsal::InFlight::lost;
    Rehearsal world{rules({process("web")})};
    world.settle_in();
    world.forget();
    world.reload(rules({started_otherwise("web")}));
    world.crash(in_flight);
    world.come_back();
    world.run(2min);
    CHECK(world.deeds("web") == (lost ? "restart restart" : "restart"));
    CHECK(world.verdicts("web") == (lost ? "unknown healed" : "healed"));
    CHECK(world.count(RecordKind::incident_opened) == 0);
  }
}

TEST_CASE("a failed stop of an external service is tried again, with back-off, until it is done") {
  ServicePolicy shop = external("shop");
  shop.backoff = {.initial = 10s, .max = 40s, .factor = 2, .jitter = {0}};
  Rehearsal world{rules({shop})};
  world.settle_in();
  world.forget();
  for (int time = 0; time < 4; ++time) {
    world.patient("shop").plan({.result = time == 1 ? ActionResult::timed_out
                                                    : ActionResult::failed, .leaves = {}});
  }
  world.operate(Operation::stop, "shop");
  world.run(5s);
  const ServiceState& state = world.state("shop");
  CHECK(state.activity == Activity::backing_off);
  CHECK(state.hold->guard == Guard::backoff);
  CHECK(state.hold->value == "its stop failed 1 time");
  world.run(1h);
  CHECK(world.deeds("shop") == "stop stop stop stop stop");
  const auto stops = world.actions("shop");
  for (std::size_t time = 0; time < 4; ++time) {
    constexpr std::array<Duration, 4> pauses{10s, 20s, 40s, 40s};
    CHECK(stops[time + 1].at - stops[time].at == pauses.at(time) + 100ms);
  }
  CHECK(state.desired == Desired::stopped);
  CHECK(state.activity == Activity::idle);
  CHECK_FALSE(state.pending);
}

TEST_CASE("an operator's new word ends the tries of a stop that fails") {
  ServicePolicy shop = external("shop");
  shop.backoff = {.initial = 10min, .max = 1h, .factor = 2, .jitter = {0}};
  Rehearsal world{rules({shop})};
  world.settle_in();
  world.forget();
  world.patient("shop").plan({.result = ActionResult::failed, .leaves = {}});
  world.operate(Operation::stop, "shop");
  world.run(1min);
  SECTION("a start is carried out at once, and the stop never again") {
    world.operate(Operation::start, "shop");
    world.run(5h);
    // It answered all the time, so that there was nothing to start.
    CHECK(world.deeds("shop") == "stop");
    CHECK(world.state("shop").health == Health::healthy);
  }
  SECTION("a stop is carried out at once") {
    world.operate(Operation::stop, "shop");
    world.run(1s);
    CHECK(world.deeds("shop") == "stop stop");
    world.run(5h);
    CHECK(world.deeds("shop") == "stop stop");
  }
  SECTION("the next life of heald tries at once") {
    world.crash();
    world.come_back();
    world.run(1s);
    CHECK(world.deeds("shop") == "stop stop");
  }
}

TEST_CASE("a stop that the rules give no command for any more is not tried again") {
  Rehearsal world{rules({external("shop")})};
  world.settle_in();
  world.forget();
  world.patient("shop").plan({.result = ActionResult::unsupported, .leaves = {}});
  world.operate(Operation::stop, "shop");
  world.run(5h);
  CHECK(world.deeds("shop") == "stop");
}

TEST_CASE("whoever waited longest for the budget of all goes first") {
  std::vector<ServicePolicy> services;
  for (int each = 0; each < 4; ++each) {  // that no slow retry heals, and that spend it all
    ServicePolicy& lost = services.emplace_back(external("lost-" + std::to_string(each)));
    lost.slow_retry = 30s;
    lost.limits = {.actions = 1000, .per = 1h};
    lost.backoff = {.initial = 1s, .max = 1s};
  }
  services.push_back(process("web"));
  Rehearsal world{rules(services)};
  world.settle_in();
  for (int each = 0; each < 4; ++each) {
    world.answer("lost-" + std::to_string(each), Answer::fail);
  }
  world.run(2h);
  world.end("web");
  REQUIRE(world.state("web").hold->guard == Guard::total_budget);
  world.run(1h);
  CHECK(world.state("web").health == Health::healthy);
}
