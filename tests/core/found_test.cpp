// What the simulator and the fuzzers found, each as the short scenario that shows it.

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>

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

TEST_CASE("a storm lets no more act because heald died in it") {
  GroupPolicy group;
  group.name = "all";
  group.max_concurrent = 3;
  group.storm.at_least = 2;
  Rehearsal world{rules({process("a"), process("b"), process("c")}, {group})};
  world.settle_in();
  for (const char* name : {"a", "b", "c"}) world.patient(name).usual.starts = false;
  for (const char* name : {"a", "b", "c"}) world.end(name);
  REQUIRE(world.count(RecordKind::storm_begun) == 1);
  REQUIRE(world.deeds("b") == "restart");  // the one that is let
  REQUIRE(world.state("c").hold->guard == Guard::storm);
  REQUIRE(world.run_until([&] { return world.verdicts("b") == "not_healed"; }));
  world.crash();
  world.come_back();
  world.run(2min);
  CHECK(world.deeds("c").empty());
  CHECK(world.state("c").hold->guard == Guard::storm);
}

TEST_CASE("a start that could not be written down does not undo the stop that came after it") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.operate(Operation::stop, "web");
  world.run(1min);
  world.forget();
  world.break_journal();
  world.operate(Operation::start, "web");
  REQUIRE(world.deeds("web") == "start");  // its intent waits for the disk
  world.operate(Operation::stop, "web");
  world.run(1s);
  world.mend_journal();
  world.run(1min);
  CHECK(world.deeds("web") == "start");
  CHECK(world.count(RecordKind::action_withheld, "web") == 1);
  CHECK_FALSE(world.state("web").running);
}

TEST_CASE("what is down is retried slowly by a rung that starts it") {
  ServicePolicy web = process("web");
  web.remediation = {rung(StopAction{}), rung(ReloadAction{}), rung(RestartAction{})};
  Rehearsal world{rules({web})};
  world.settle_in();
  world.patient("web").usual.starts = false;
  world.end("web");
  REQUIRE(world.run_until([&] { return world.state("web").activity == Activity::latched; }));
  world.forget();
  world.patient("web").usual.starts = true;
  REQUIRE(world.run_until([&] { return !world.deeds("web").empty(); }));
  CHECK(world.deeds("web") == "restart");
  world.run(1min);
  CHECK(world.state("web").health == Health::healthy);
}

TEST_CASE("people are told of a latch, whatever was tried past a sick dependency before") {
  ServicePolicy redis = external("redis");
  redis.remediation = {};
  ServicePolicy shop = external("shop");
  shop.depends_on = {on("redis")};
  Rehearsal world{rules({shop, redis})};
  world.settle_in();
  world.answer("redis", Answer::fail);
  world.answer("shop", Answer::fail);
  REQUIRE(world.run_until([&] { return !world.deeds("shop").empty(); }));
  REQUIRE(world.actions("shop").front().cause == Cause::slow_retry);
  world.answer("redis", Answer::pass);
  world.forget();
  REQUIRE(world.run_until([&] { return world.state("shop").activity == Activity::latched; }));
  const auto of_latch = [&](const TellCommand& told) {
    return told.service == world.id("shop") && told.occasion == Occasion::latched;
  };
  CHECK(std::count_if(world.told.begin(), world.told.end(), of_latch) == 1);
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
  CHECK(world.state("second").hold->guard == Guard::max_concurrent);
}

TEST_CASE("sickness is told of while the child of an earlier runtime cannot be stopped") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.patient("web").usual.result = ActionResult::failed;
  world.reload(rules({external("web")}));
  world.answer("web", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("web").health == Health::unhealthy; }));
  CHECK(world.count(RecordKind::incident_opened, "web") == 1);
  REQUIRE(world.run_until([&] { return world.state("web").activity != Activity::acting; }));
  CHECK(world.state("web").activity == Activity::backing_off);
  CHECK(world.state("web").hold->guard == Guard::backoff);
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

TEST_CASE("once the shutdown has finished nothing is acted upon any more") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  Course unheard;
  unheard.reported = false;
  world.patient("web").plan(unheard);
  world.feed(ShutdownRequested{});
  REQUIRE(world.deeds("web") == "stop");
  REQUIRE(world.run_until([&] { return world.shut_down.has_value(); }));
  const ActionId stop = world.actions("web").front().id;
  world.feed(ActionFinished{{stop, ActionResult::unknown, {}, "late", {}}});
  world.run(1min);
  CHECK(world.deeds("web") == "stop");
}

TEST_CASE("a heald that ended in order comes back and acts as before") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.feed(ShutdownRequested{});
  REQUIRE(world.run_until([&] { return world.shut_down.has_value(); }));
  world.crash();
  world.come_back();
  world.run(1min);
  CHECK(world.deeds("web") == "stop start");
  CHECK(world.state("web").health == Health::healthy);
}

TEST_CASE("a pause that lasts for no time is refused, and an endless one is for ever") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  Operated word{.operation = Operation::freeze, .service = {},
                .dependents = Operated::Dependents::refuse, .lasting = Duration::zero(),
                .by = "alice", .reason = {}};
  CHECK_FALSE(world.feed(word).refusal.empty());
  CHECK_FALSE(world.engine().daemon().freeze);
  word.lasting = Duration::max();
  CHECK(world.feed(word).refusal.empty());
  REQUIRE(world.engine().daemon().freeze);
  CHECK(world.engine().daemon().freeze->until == never);
}

TEST_CASE("what comes next is never a slow retry that will not come") {
  ServicePolicy web = process("web");
  web.remediation.clear();
  Rehearsal world{rules({web})};
  world.settle_in();
  world.end("web");
  REQUIRE(world.state("web").activity == Activity::latched);
  SECTION("because heald is ending") {
    world.feed(ShutdownRequested{});
    CHECK(world.engine().next(world.id("web")).what == "the end of the shutdown");
  }
  SECTION("because other rules came with another heald") {
    const Instant planned = world.state("web").incident->slow_retry_at;
    REQUIRE(planned != never);
    web.slow_retry.reset();
    const Instant later = planned + 1min;
    Engine next{7};
    next.restore(world.engine().snapshot());
    next.step({later, PolicyLoaded{std::make_shared<const Policy>(rules({web}))}});
    next.step({later, Restarted{}});
    const ServiceId id = world.id("web");
    const Generation last = world.state("web").generation;
    next.step({later, ProcessFound{id, ProcessFound::What::ended, last, {}}});
    next.step({later, AdoptionFinished{}});
    CHECK(next.state(id).activity == Activity::latched);
    CHECK(next.next(id).when == never);
  }
}

TEST_CASE("members under verification keep their places before heald has come back") {
  GroupPolicy pair;
  pair.name = "pair";
  pair.max_concurrent = 2;
  std::vector<ServicePolicy> services{process("a"), process("b"), process("c")};
  for (ServicePolicy& service : services) service.group = "pair";
  Rehearsal world{rules(services, {pair})};
  world.settle_in();
  world.end("a");
  world.end("b");
  const auto verified = [&](const std::string& name) {
    return world.state(name).activity == Activity::verifying;
  };
  REQUIRE(world.run_until([&] { return verified("a") && verified("b"); }));
  world.patient("c").usual.starts = false;
  world.end("c");
  REQUIRE(world.state("c").hold->guard == Guard::max_concurrent);
  Engine next{7};
  next.restore(world.engine().snapshot());
  next.step({world.now(), PolicyLoaded{std::make_shared<const Policy>(rules(services, {pair}))}});
  const std::vector<Hold> holds = next.guards(*next.find("c"));
  CHECK(std::any_of(holds.begin(), holds.end(), [](const Hold& hold) {
    return hold.guard == Guard::max_concurrent && hold.value.starts_with("2 ");
  }));
}

TEST_CASE("a snapshot that contradicts itself is told from one that an engine gave out") {
  Rehearsal world{rules({process("web"), process("redis")})};
  world.settle_in();
  world.end("web");
  REQUIRE(world.run_until([&] { return world.state("web").activity == Activity::verifying; }));
  const Snapshot good = world.engine().snapshot();
  CHECK(contradiction(good).empty());
  const std::vector<std::function<void(Snapshot&)>> damages{
      [](Snapshot& bad) { bad.services[0].verification.reset(); },
      [](Snapshot& bad) { bad.services[0].action.reset(); },
      [](Snapshot& bad) { bad.services[1].activity = Activity::acting; },
      [](Snapshot& bad) { bad.services[1].name = bad.services[0].name; },
      [](Snapshot& bad) { bad.services[0].incident->closing = Closing::healed; },
      [](Snapshot& bad) { bad.services[0].pending = Operation::freeze; },
      [](Snapshot& bad) { bad.services[0].verification->rule.within = Duration::max(); },
      [](Snapshot& bad) { bad.services[1].started = Instant::min(); },
      [](Snapshot& bad) { bad.services[1].spent.push_back(never); },
      [](Snapshot& bad) { bad.daemon.next_action = 1; },
      [](Snapshot& bad) { bad.daemon.now = never; }};
  for (std::size_t each = 0; each < damages.size(); ++each) {
    INFO("damage " << each);
    Snapshot bad = good;
    damages[each](bad);
    CHECK_FALSE(contradiction(bad).empty());
  }
}

TEST_CASE("that a process is gone which heald was stopping when it died is no symptom") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.feed(ShutdownRequested{});
  REQUIRE(world.state("web").activity == Activity::acting);
  world.crash();
  world.patient("web").end(killed_by(15));
  world.come_back();
  world.run(1min);
  CHECK(world.count(RecordKind::incident_opened, "web") == 0);
  CHECK(world.state("web").health == Health::healthy);
  CHECK(world.deeds("web") == "stop start");
}

TEST_CASE("what is told of a process after the start-up ends no action in flight") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.operate(Operation::stop, "web");
  REQUIRE(world.state("web").activity == Activity::acting);
  const Generation generation = world.patient("web").generation;
  world.end("web", killed_by(15));
  world.feed(ProcessFound{world.id("web"), ProcessFound::What::ended, generation, {}});
  CHECK(world.state("web").activity == Activity::acting);
  world.run(1min);
  CHECK(world.deeds("web") == "stop");
  CHECK(world.state("web").activity == Activity::idle);
}

TEST_CASE("the record of a process that heald stopped stays without meaning") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.feed(ShutdownRequested{});
  world.crash();
  world.patient("web").end(killed_by(15));
  world.come_back();
  REQUIRE(world.state("web").activity == Activity::acting);  // it is being started
  world.crash();
  world.come_back();
  world.run(1min);
  CHECK(world.count(RecordKind::incident_opened, "web") == 0);
  CHECK(world.state("web").health == Health::healthy);
}

TEST_CASE("a process that outlived heald's attempt to stop it is stopped again") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.operate(Operation::stop, "web");
  world.crash();
  world.come_back();
  world.run(1min);
  CHECK_FALSE(world.state("web").running);
  CHECK(world.deeds("web") == "stop stop");
}

// Found by replay: which looks were late was told by their numbers, and a replay gives others.
TEST_CASE("a late look that arrives when something else is due is late in a replay as well") {
  Rehearsal world{rules({process("web"), process("redis")})};
  world.settle_in();
  const ServiceId web = world.id("web");
  world.patient("web").look_takes = 3s;
  world.answer("web", Answer::fail);
  REQUIRE(world.run_until([&] { return !world.looked.empty() && world.looked.back() == web; }));
  world.run(1s);
  world.feed(Stalled{20s});
  world.feed(Operated{.operation = Operation::pause, .service = world.id("redis"),
                      .dependents = {}, .lasting = 2s, .by = "alice", .reason = "rehearsal"});
  world.run(2s);
  REQUIRE(world.taken.back().marked);
  CHECK(world.state("web").conditions[1].fails == 0);
  CHECK(world.replayed() == world.marked());
}
