// Incidents: attempts, back-off, latch, relapse, slow retry, budgets, exits.

#include <catch2/catch.hpp>

#include "rehearsal.hpp"

using namespace heald;
using namespace heald::rehearsal;

namespace {

/// Nothing helps: whatever is done, every look fails.
void make_incurable(Rehearsal& world, const std::string& service) {
  world.patient(service).usual.leaves = Answer::fail;
  world.answer(service, Answer::fail);
}

bool latched(Rehearsal& world, const std::string& service) {
  return world.run_until([&] { return world.state(service).activity == Activity::latched; });
}

}  // namespace

TEST_CASE("not healed hands over to the next rung, and the last one latches and tells") {
  ServicePolicy web = process("web");
  web.remediation = {rung(ReloadAction{}), rung(RestartAction{}, 2), rung(ReprovisionAction{})};
  Rehearsal world{rules({web})};
  world.settle_in();
  make_incurable(world, "web");
  REQUIRE(latched(world, "web"));
  CHECK(world.deeds("web") == "reload restart restart reprovision");
  CHECK(world.verdicts("web") == "not_healed not_healed not_healed not_healed");
  CHECK(world.state("web").hold->guard == Guard::ladder);
  REQUIRE(world.told.size() == 2);
  CHECK(world.told.back().occasion == Occasion::latched);
}

TEST_CASE("a rung for one condition is judged on that one, and the next cures what else failed") {
  ServicePolicy web = process("web", {probe("disk"), probe("queue")});
  web.remediation = {rung(ExecAction{}), rung(RestartAction{})};
  web.remediation.own()[0].on = {"disk"};
  web.remediation.own()[1].on = {"queue"};
  Rehearsal world{rules({web})};
  world.settle_in();
  world.operate(Operation::pause, "web");  // until both have failed
  world.answer("web", Answer::fail);
  world.run(1min);
  world.operate(Operation::resume, "web");
  REQUIRE(world.deeds("web") == "exec");
  world.answer("web", Answer::pass, "disk");
  world.patient("web").usual.leaves = Answer::pass;
  world.run(2min);
  CHECK(world.deeds("web") == "exec restart");
  CHECK(world.verdicts("web") == "healed healed");
}

TEST_CASE("the first action is immediate, and the ones after it back off") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.patient("web").usual = {.result = ActionResult::failed, .starts = false, .leaves = {}};
  const Instant death = world.now();
  world.end("web");
  REQUIRE(latched(world, "web"));
  const auto actions = world.actions("web");
  REQUIRE(actions.size() == 3);
  CHECK(actions[0].at == death);
  const Duration first = actions[1].at - actions[0].at - 100ms;
  const Duration second = actions[2].at - actions[1].at - 100ms;
  CHECK(first >= 800ms);
  CHECK(first <= 1200ms);
  CHECK(second >= 1600ms);
  CHECK(second <= 2400ms);
}

TEST_CASE("a latched service is retried slowly, without what destroys, and people are reminded") {
  ServicePolicy web = process("web");
  web.remediation = {rung(ReprovisionAction{}), rung(RestartAction{})};
  Rehearsal world{rules({web})};
  world.settle_in();
  make_incurable(world, "web");
  REQUIRE(latched(world, "web"));
  world.forget();
  world.run(31min);
  CHECK(world.deeds("web") == "restart");
  CHECK(world.actions("web").front().cause == Cause::slow_retry);
  world.run(90min);
  REQUIRE_FALSE(world.told.empty());
  CHECK(world.told.back().reminder);
  world.patient("web").usual.leaves = Answer::pass;
  world.run(32min);
  CHECK(world.state("web").health == Health::healthy);
  CHECK(world.records_of(RecordKind::incident_closed).back().closing == Closing::healed);
}

TEST_CASE("a slow retry that is held back leaves its reason, and goes on afterwards") {
  ServicePolicy web = process("web");
  web.remediation = {rung(RestartAction{})};
  Rehearsal world{rules({web})};
  world.settle_in();
  make_incurable(world, "web");
  REQUIRE(latched(world, "web"));
  world.run(29min);
  world.operate(Operation::pause, "web");
  world.forget();
  world.run(30min);
  CHECK(world.deeds("web").empty());
  CHECK(world.records_of(RecordKind::held, "web").front().hold.guard == Guard::pause);
  world.run(32min);
  CHECK(world.deeds("web") == "restart");
}

TEST_CASE("an exhausted budget latches, whatever rungs are left") {
  ServicePolicy web = process("web");
  web.remediation = {rung(RestartAction{}, 9)};
  web.limits = {2, 10min};
  Rehearsal world{rules({web})};
  world.settle_in();
  make_incurable(world, "web");
  REQUIRE(latched(world, "web"));
  CHECK(world.deeds("web") == "restart restart");
  CHECK(world.state("web").hold->guard == Guard::budget);
}

TEST_CASE("a failure within reset_after is a relapse, and after it another incident") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.end("web");
  world.run(1min);
  const IncidentId first = world.state("web").incident->id;
  world.end("web");
  CHECK(world.count(RecordKind::incident_relapsed) == 1);
  CHECK(world.state("web").incident->id == first);
  CHECK(world.state("web").activity == Activity::backing_off);
  world.run(12min);
  CHECK_FALSE(world.state("web").incident);
  world.end("web");
  CHECK(world.state("web").incident->id != first);
  CHECK(world.state("web").activity == Activity::acting);
}

TEST_CASE("a rung that the runtime cannot carry out hands over and spends nothing") {
  ServicePolicy shop = external("shop");
  shop.remediation = {rung(ReloadAction{}), rung(RestartAction{})};
  Rehearsal world{rules({shop})};
  world.settle_in();
  world.patient("shop").plan({.result = ActionResult::unsupported, .leaves = {}});
  world.patient("shop").usual.leaves = Answer::pass;
  world.answer("shop", Answer::fail);
  world.run(2min);
  CHECK(world.deeds("shop") == "reload restart");
  const auto actions = world.actions("shop");
  CHECK(actions[1].at - actions[0].at == 100ms);
  CHECK(world.state("shop").spent.size() == 1);
}

TEST_CASE("an unknown verdict gives the attempt back and waits for a fresh look") {
  ServicePolicy web = process("web");
  web.remediation = {rung(ReloadAction{})};
  Rehearsal world{rules({web})};
  world.settle_in();
  world.patient("web").usual.leaves = Answer::unknown;
  world.answer("web", Answer::fail);
  REQUIRE(world.run_until([&] { return world.verdicts("web") == "unknown"; }));
  CHECK(world.state("web").incident->attempts.at("reload") == 0);
  CHECK(world.state("web").spent.size() == 1);
  world.run(1h);
  CHECK(world.deeds("web") == "reload");
  CHECK(world.state("web").hold->guard == Guard::unknown);
  world.patient("web").usual.leaves = Answer::pass;
  world.answer("web", Answer::fail);
  world.run(2min);
  CHECK(world.verdicts("web") == "unknown healed");
}

TEST_CASE("an exit status in never_restart bars the restart, over a return of heald as well") {
  ServicePolicy web = process("web");
  process_of(web).exit.never_restart = {78};
  Rehearsal world{rules({web})};
  world.settle_in();
  world.end("web", exit_with(78));
  world.run(1min);
  CHECK(world.state("web").activity == Activity::latched);
  world.crash();
  world.come_back();
  world.run(2h);
  CHECK(world.deeds("web").empty());
  CHECK(*world.state("web").last_exit == exit_with(78));
}

TEST_CASE("a one-shot that has done its work is done, and what waits for it starts") {
  ServicePolicy migrate = process("migrate", {});
  process_of(migrate).exit.on_success = OnSuccess::done;
  ServicePolicy web = process("web");
  web.depends_on = {on("migrate")};
  web.depends_on.front().until = DependencyUntil::done;
  Rehearsal world{rules({web, migrate})};
  world.begin();
  world.run(3s);
  CHECK(world.deeds("web").empty());
  world.end("migrate", exit_with(0));
  CHECK(world.state("migrate").desired == Desired::done);
  CHECK(world.verdicts("migrate") == "healed");
  CHECK(world.deeds("web") == "start");
}

TEST_CASE("fails in the start period do not count, and an exit in it does") {
  ProbePolicy slow = probe();
  slow.start_period = 1min;
  Rehearsal world{rules({process("web", {slow})})};
  world.answer("web", Answer::fail);
  world.begin();
  world.run(59s);
  CHECK(world.state("web").health == Health::starting);
  CHECK(world.state("web").conditions[1].fails == 0);
  world.end("web", exit_with(1));
  CHECK(world.verdicts("web") == "not_healed");
  CHECK(world.deeds("web") == "start restart");
}

TEST_CASE("a stop rung stays stopped: convergence does not undo the ladder") {
  ServicePolicy web = process("web");
  web.remediation = {rung(StopAction{})};
  web.slow_retry.reset();
  Rehearsal world{rules({web})};
  world.settle_in();
  world.answer("web", Answer::fail);
  world.run(1h);
  CHECK(world.deeds("web") == "stop");
  CHECK_FALSE(world.state("web").running);
  CHECK(world.state("web").activity == Activity::latched);
}

TEST_CASE("a condition that stays unknown opens an incident that only notifies") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.answer("web", Answer::unknown);
  world.run(5min);
  CHECK(world.count(RecordKind::incident_opened) == 0);
  world.run(2min);
  CHECK(world.count(RecordKind::incident_opened) == 1);
  world.run(1h);
  CHECK(world.deeds("web").empty());
  CHECK(world.state("web").health == Health::unknown);
  world.answer("web", Answer::pass);
  world.run(1min);
  CHECK(world.records_of(RecordKind::incident_closed).front().closing == Closing::recovered);
}
