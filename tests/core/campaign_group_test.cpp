// More of what the random campaign found: storms, budgets, restarts that wait for others, and what
// a journal lost.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "rehearsal.hpp"

using namespace heald;
using namespace heald::rehearsal;

TEST_CASE("rules with a shorter budget, read by the next heald, retry what is latched by theirs") {
  ServicePolicy shop = external("shop");
  shop.remediation = {rung(RestartAction{})};
  shop.limits = {1, 24h};
  shop.slow_retry = 5min;
  Rehearsal world{rules({shop})};
  world.settle_in();
  world.answer("shop", Answer::fail);
  world.run(1h);
  REQUIRE(world.deeds("shop") == "restart");
  world.crash();
  shop.limits.per = 1min;
  world.reload(rules({shop}));  // while heald is down
  world.come_back();
  world.run(7min);
  CHECK(world.deeds("shop") == "restart restart");
}

TEST_CASE("the verdict of a rung extends a storm, also when its incident is gone meanwhile") {
  const std::vector<ServicePolicy> services{external("web"), external("shop")};
  GroupPolicy all;
  all.name = "all";
  all.storm.at_least = 2;
  all.storm.within = 10min;
  Rehearsal world{rules(services, {all})};
  world.settle_in();
  world.patient("web").usual.takes = 20s;
  world.patient("web").usual.cures = false;
  world.answer("web", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("web").activity == Activity::acting; }));
  world.reload(rules({services.back()}, {all}));
  world.reload(rules(services, {all}));
  world.answer("shop", Answer::fail);
  REQUIRE(world.run_until([&] { return world.count(RecordKind::storm_begun) == 1; }));
  REQUIRE(world.run_until([&] { return world.count(RecordKind::verdict) == 1; }));
  CHECK(world.engine().daemon().storm_until.at("all") == world.now() + 5min);
}

TEST_CASE("a storm does not go on for the slow retries of what cannot be healed") {
  ServicePolicy lost = external("lost");
  lost.limits = {100, 10min};
  lost.slow_retry = 1min;
  GroupPolicy all;
  all.name = "all";
  all.storm.at_least = 2;
  Rehearsal world{rules({lost, external("shop")}, {all})};
  world.settle_in();
  world.answer("shop", Answer::fail);
  world.run(10s);
  world.answer("lost", Answer::fail);  // the storm begins with it, and lets it
  REQUIRE(world.run_until([&] { return world.state("shop").hold->guard == Guard::storm; }));
  world.patient("shop").usual.leaves = Answer::pass;
  world.run(20min);
  REQUIRE(world.state("lost").activity != Activity::idle);
  CHECK(world.state("shop").health == Health::healthy);
}

TEST_CASE("a fail that only says which of the next ones count belongs into the journal") {
  ServicePolicy web = external("web", {probe("answers"), probe("queue")});
  RungPolicy nothing = rung(ExecAction{});
  nothing.verify = {{"queue"}, 5min, 10s};
  web.remediation = {nothing};
  ServicePolicy shop = external("shop");
  shop.depends_on = {on("web")};  // it asks for a look between the regular ones
  const Duration before = GENERATE(range(12, 33)) * 1s;
  Rehearsal world{rules({web, shop})};
  world.settle_in();
  world.answer("web", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("web").activity == Activity::verifying; }));
  world.answer("shop", Answer::fail);
  world.run(before);
  world.answer("web", Answer::silent);
  world.run(1min);
  CHECK(world.replayed() == world.marked());
}

TEST_CASE("who was healthy before heald went away counts for min_healthy only when seen again") {
  ServicePolicy web = process("web", {});
  const ServicePolicy shop = external("shop");
  GroupPolicy all;
  all.name = "all";
  Rehearsal world{rules({web, shop}, {all})};
  world.settle_in();
  world.operate(Operation::pause, "web", {}, 1min);
  process_of(web).exec.command = {"new"};
  world.reload(rules({web, shop}, {all}));
  REQUIRE(world.state("web").restart_wanted);
  REQUIRE(world.state("shop").health == Health::healthy);
  world.crash();
  world.stand_still(1min);
  world.come_back();
  REQUIRE(world.run_until([&] { return world.deeds("web") == "restart"; }));
  CHECK(world.state("shop").health == Health::healthy);
}

TEST_CASE("a budget under rules that lengthen its window counts what was spent before") {
  ServicePolicy shop = external("shop");
  RungPolicy again = rung(RestartAction{}, 1000);
  again.verify = {{}, 1s, 0s};
  shop.remediation = {again};
  shop.backoff = {1s, 1s, 1, Share{0}};
  shop.limits = {60, 1h};
  Rehearsal world{rules({shop})};
  world.settle_in();
  world.answer("shop", Answer::fail);
  REQUIRE(world.run_until([&] { return world.actions("shop").size() == 60; }));
  world.answer("shop", Answer::pass);
  world.run(1h);
  world.answer("shop", Answer::fail);
  REQUIRE(world.run_until([&] { return world.actions("shop").size() == 61; }));
  shop.limits.per = 24h;
  world.reload(rules({shop}));
  world.run(1h);
  CHECK(world.actions("shop").size() == 61);
}

TEST_CASE("who depends on what is about to be restarted for its incident waits for it") {
  ServicePolicy shop = external("shop");
  shop.group = "front";
  shop.depends_on = {on("web")};
  ServicePolicy web = process("web");
  GroupPolicy front;
  front.name = "front";
  Rehearsal world{rules({shop, web}, {front})};
  world.settle_in();
  world.operate(Operation::freeze);
  world.answer("web", Answer::fail);
  world.answer("shop", Answer::fail);
  world.run(2min);
  world.answer("web", Answer::unknown);
  process_of(web).exec.command = {"new"};
  world.reload(rules({shop, web}, {front}));
  world.run(2min);
  REQUIRE(world.state("web").health == Health::unknown);
  REQUIRE(world.state("web").restart_wanted);
  world.operate(Operation::thaw);
  CHECK(world.state("web").action);
  CHECK(world.state("shop").hold->value == "'web' is being healed");
}

TEST_CASE("a restart does not wait for one that its group cannot spare, found out in that step") {
  ServicePolicy web = process("web", {});  // no look wakes it
  ServicePolicy api = process("api");
  ServicePolicy lost = external("lost");
  lost.remediation.clear();
  api.group = lost.group = "pair";
  GroupPolicy pair;
  pair.name = "pair";
  api.depends_on = {on("db")};
  web.depends_on = {on("db"), on("api")};
  for (ServicePolicy* each : {&web, &api}) {
    each->depends_on.front().on_restart = OnDependencyRestart::restart;
  }
  Rehearsal world{rules({web, api, process("db"), lost}, {pair})};
  world.settle_in();
  world.answer("lost", Answer::fail);
  world.run(2min);
  world.forget();
  world.end("db");
  world.run(5min);
  CHECK(world.state("api").hold->guard == Guard::min_healthy);
  CHECK(world.deeds("web") == "restart");
}

TEST_CASE("what was done and is found running, by a word that was lost, runs until its end") {
  ServicePolicy migrate = process("migrate");
  process_of(migrate).exit.on_success = OnSuccess::done;
  migrate.act_without_journal = true;
  Rehearsal world{rules({migrate})};
  world.settle_in();
  world.end("migrate", sim::exit_with(0));
  REQUIRE(world.state("migrate").desired == Desired::done);
  world.run(1s);
  world.break_journal();
  world.operate(Operation::restart, "migrate");
  REQUIRE(world.run_until([&] { return world.state("migrate").running; }));
  world.crash();
  world.come_back();
  world.run(1min);
  CHECK(world.state("migrate").desired == Desired::running);
  CHECK(world.state("migrate").running);
  world.end("migrate", sim::exit_with(0));
  CHECK(world.state("migrate").desired == Desired::done);
}

TEST_CASE("what nobody has seen for too long counts for no min_healthy, not even in that step") {
  ServicePolicy web = process("web");
  ServicePolicy api = process("api");
  web.group = api.group = "pair";
  GroupPolicy pair;
  pair.name = "pair";
  Rehearsal world{rules({web, api}, {pair})};
  world.settle_in();
  world.operate(Operation::freeze, {}, Operated::Dependents::refuse, 10min);
  process_of(web).exec.command = {"new"};
  world.reload(rules({web, api}, {pair}));
  world.run(1min);
  REQUIRE(world.state("web").hold->guard == Guard::freeze);
  world.answer("api", Answer::unknown);
  world.run(15s);
  world.stand_still(1h);  // the freeze ends, and what was seen of `api` is too old
  world.run(1ms);
  CHECK(world.state("web").hold->guard == Guard::min_healthy);
}

TEST_CASE("a rung waits for a dependency that is not well and about to be reloaded") {
  ServicePolicy web = process("web");
  ServicePolicy db = external("db");
  web.depends_on = {on("db")};
  db.depends_on = {on("disk")};
  db.depends_on.front().on_restart = OnDependencyRestart::reload;
  Rehearsal world{rules({web, db, process("disk")})};
  world.settle_in();
  world.answer("db", Answer::unknown);
  REQUIRE(world.run_until([&] { return world.state("db").incident.has_value(); }));
  world.operate(Operation::pause, "db");
  world.operate(Operation::restart, "disk");
  REQUIRE(world.run_until([&] { return world.state("db").reload_wanted; }));
  world.end("web");
  CHECK(world.state("web").hold->value == "'db' is being healed");
  world.operate(Operation::resume, "db");
  world.run(5min);
  CHECK(world.order() == "disk db web");
}

TEST_CASE("a restart learns at once that what it depends on is started before it") {
  ServicePolicy db = process("db");
  ServicePolicy web = process("web");
  db.remediation.clear();
  web.depends_on = {on("db")};
  web.group = db.group = "pair";
  GroupPolicy pair;
  pair.name = "pair";
  Rehearsal world{rules({db, web}, {pair})};
  world.settle_in();
  world.end("db");
  process_of(web).exec.command = {"new"};
  world.reload(rules({db, web}, {pair}));
  REQUIRE(world.state("web").hold->guard == Guard::min_healthy);
  world.operate(Operation::start, "db");
  CHECK(world.state("web").hold->value == "'db' is restarted first");
}
