// Starts: what a slow one may take, and how soon a failed one is noticed. And reloads.

#include <catch2/catch.hpp>
#include <functional>

#include "heald/life.hpp"
#include "rehearsal.hpp"

using namespace heald;
using namespace heald::rehearsal;
using namespace std::chrono_literals;

namespace {

ProbePolicy quick() {
  ProbePolicy rule = probe();
  rule.interval = 1s;
  return rule;
}

}  // namespace

TEST_CASE("the quick looks after a start do not rush through the failure threshold") {
  Rehearsal world{rules({process("web")})};
  world.answer("web", Answer::fail);
  world.begin();
  world.run(15s);
  CHECK(world.looked.size() > 5);
  CHECK(world.state("web").health != Health::unhealthy);
  world.answer("web", Answer::pass);
  world.run(30s);
  CHECK(world.verdicts("web") == "healed");
  CHECK(world.count(RecordKind::incident_opened) == 0);
}

TEST_CASE("what was up and fails during a start's verification opens its incident at once") {
  Rehearsal world{rules({process("web", {quick()})})};
  world.begin();
  world.run(4s);
  REQUIRE(world.state("web").activity == Activity::verifying);
  world.answer("web", Answer::silent);
  world.run(5s);
  CHECK(world.verdicts("web") == "not_healed");
  CHECK(world.count(RecordKind::incident_opened) == 1);
  CHECK(world.actions("web").back().cause == Cause::ladder);
}

TEST_CASE("so many exits in so short a time are a crash loop that a rung can wait for") {
  ServicePolicy web = process("web");
  RungPolicy restart = rung(RestartAction{}, 10);
  RungPolicy rebuild = rung(ReprovisionAction{});
  rebuild.on = {"crash_loop"};
  web.remediation = {rebuild, restart};
  web.limits.actions = 20;
  process_of(web).exit.crash_loop_exits = 3;
  Rehearsal world{rules({web})};
  world.settle_in();
  world.forget();
  world.end("web");
  CHECK(world.deeds("web") == "restart");
  world.run(500ms);
  world.end("web");
  world.run(3s);
  CHECK(world.deeds("web") == "restart restart");
  world.end("web");
  world.run(10s);
  CHECK(world.deeds("web") == "restart restart reprovision");
}

TEST_CASE("a changed command restarts one member at a time, and no more than min_healthy allows") {
  const auto pool = [](const char* command) {
    std::vector<ServicePolicy> members;
    for (const char* name : {"a", "b", "c", "d"}) {
      members.push_back(process(name));
      members.back().group = "pool";
      process_of(members.back()).exec.command = {command};
    }
    GroupPolicy group;
    group.name = "pool";
    group.max_concurrent = 1;
    group.min_healthy = Share{0.75};
    return rules(members, {group});
  };
  Rehearsal world{pool("old")};
  world.settle_in();
  world.forget();
  world.reload(pool("new"));
  world.run(1s);
  CHECK(world.ordered.size() == 1);
  std::size_t least = 4;
  world.run_until([&] {
    std::size_t healthy = 0;
    for (const char* name : {"a", "b", "c", "d"}) {
      healthy += world.state(name).health == Health::healthy ? 1 : 0;
    }
    least = std::min(least, healthy);
    return false;
  }, 5min);
  CHECK(least == 3);
  CHECK(world.ordered.size() == 4);
  CHECK(world.count(RecordKind::incident_opened) == 0);
  CHECK(world.state("d").health == Health::healthy);
}

TEST_CASE("a reload does not touch what it leaves unchanged") {
  Rehearsal world{rules({process("web"), process("redis")})};
  world.settle_in();
  world.forget();
  ServicePolicy redis = process("redis");
  redis.description = "changed";
  world.reload(rules({process("web"), redis}));
  world.run(1min);
  CHECK(world.ordered.empty());
  CHECK(world.count(RecordKind::service_changed, "redis") == 1);
  CHECK(world.count(RecordKind::service_changed, "web") == 0);
}

TEST_CASE("only what a child was started with restarts it") {
  const auto deeds = [](const std::function<void(ProcessRuntime&)>& change) {
    Rehearsal world{rules({process("web")})};
    world.settle_in();
    world.forget();
    ServicePolicy web = process("web");
    change(process_of(web));
    world.reload(rules({web}));
    world.run(1min);
    CHECK(world.count(RecordKind::service_changed, "web") == 1);
    return world.deeds("web");
  };
  CHECK(deeds([](auto& it) { it.stop.timeout = 99s; }).empty());
  CHECK(deeds([](auto& it) { it.reload.number = 10; }).empty());
  CHECK(deeds([](auto& it) { it.ready = Readiness::started; }).empty());
  CHECK(deeds([](auto& it) { it.exit.success = {7}; }).empty());
  CHECK(deeds([](auto& it) { it.exec.environment.own()["A"] = "b"; }) == "restart");
  CHECK(deeds([](auto& it) { it.pre_start = {{"true"}}; }) == "restart");
  CHECK(deeds([](auto& it) { it.output = Output::inherit; }) == "restart");
  CHECK(deeds([](auto& it) { it.umask = 7; }) == "restart");
  CHECK(deeds([](auto& it) { it.limits = {{"core", 1, 1}}; }) == "restart");
}

TEST_CASE("a second reload does not take back the restart that the first one wants") {
  Rehearsal world{rules({process("web"), process("redis")})};
  world.settle_in();
  world.operate(Operation::freeze);
  world.forget();
  ServicePolicy web = started_otherwise("web");
  world.reload(rules({web, process("redis")}));
  process_of(web).stop.timeout = 99s;
  world.reload(rules({web, process("redis")}));
  world.operate(Operation::thaw);
  world.run(1min);
  CHECK(world.deeds("web") == "restart");
}

TEST_CASE("a stop that a start takes back does not take back the restart that new rules want") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.forget();
  world.reload(rules({started_otherwise("web")}));
  REQUIRE(world.state("web").activity == Activity::acting);
  world.reload(rules({process("web")}));
  world.operate(Operation::stop, "web");
  world.operate(Operation::start, "web");
  world.run(2min);
  CHECK(world.deeds("web") == "restart restart");
  CHECK(world.state("web").health == Health::healthy);
}

TEST_CASE("a stop ends what the child that it ends needed") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.operate(Operation::freeze);
  world.forget();
  world.reload(rules({started_otherwise("web")}));
  world.operate(Operation::stop, "web");
  world.run(1min);
  world.operate(Operation::thaw);
  world.operate(Operation::start, "web");
  world.run(2min);
  CHECK(world.deeds("web") == "stop start");
}

TEST_CASE("a one-shot that ends while it is being restarted has to do its work anew") {
  ServicePolicy job = process("job");
  process_of(job).exit.on_success = OnSuccess::done;
  Rehearsal world{rules({job})};
  world.settle_in();
  world.operate(Operation::restart, "job");
  REQUIRE(world.state("job").activity == Activity::acting);
  world.end("job", exit_with(0));
  world.run(1min);
  CHECK(world.state("job").desired == Desired::running);
  CHECK(world.state("job").running);
  world.end("job", exit_with(0));
  CHECK(world.state("job").desired == Desired::done);
}

TEST_CASE("rules that are read again share what has not changed") {
  const Policy before = rules({process("web"), process("db"), process("cache")});
  ServicePolicy changed = process("db");
  changed.owner = "somebody else";
  // In another order, with one gone, one new and one changed.
  const Policy fresh =
      sharing(rules({process("cache"), changed, process("queue"), process("web")}), before);
  REQUIRE(fresh.services.size() == 4);
  CHECK(fresh.services[0] == before.services[2]);
  CHECK(fresh.services[1] != before.services[1]);
  CHECK(fresh.services[1]->owner == "somebody else");
  CHECK(fresh.services[2]->name == "queue");
  CHECK(fresh.services[3] == before.services[0]);
}
