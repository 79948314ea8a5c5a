// What the random campaign (docs/campaign.md) found, each as the short scenario that shows it.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "rehearsal.hpp"

using namespace heald;
using namespace heald::rehearsal;

TEST_CASE("what waits in a group is told at once that another member took the place") {
  GroupPolicy pair;
  pair.name = "pair";
  pair.max_concurrent = 1;
  ServicePolicy shop = external("shop");
  ServicePolicy web = process("web");
  shop.remediation = {rung(RestartAction{}, 5)};
  shop.group = web.group = "pair";
  Rehearsal world{rules({shop, web}, {pair})};
  world.settle_in();
  world.answer("shop", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("shop").activity == Activity::backing_off; }));
  process_of(web).exec.command.push_back("--changed");
  world.reload(rules({shop, web}, {pair}));
  REQUIRE(world.state("web").hold->guard == Guard::min_healthy);
  REQUIRE(world.run_until([&] { return world.state("shop").activity == Activity::acting; }));
  CHECK(world.state("web").hold->guard == Guard::max_concurrent);
}

TEST_CASE("a reload is not called a failure for what failed before it and now passes") {
  ProbePolicy slow = probe();
  slow.success_threshold = 2;
  ServicePolicy shop = external("shop", {slow});
  shop.depends_on = {on("redis")};
  shop.depends_on.front().on_restart = OnDependencyRestart::reload;
  Rehearsal world{rules({process("redis"), shop})};
  world.settle_in();
  world.operate(Operation::pause, "shop");
  world.operate(Operation::restart, "redis");
  REQUIRE(world.run_until([&] { return world.state("shop").reload_wanted; }));
  world.answer("shop", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("shop").health == Health::unhealthy; }));
  world.answer("shop", Answer::pass);
  world.operate(Operation::resume, "shop");
  world.run(1min);
  CHECK(world.deeds("shop") == "reload");
  CHECK(world.verdicts("shop") == "healed");
}

TEST_CASE("what is latched stays so without a word while a rung applies but the budget is spent") {
  ServicePolicy shop = external("shop", {probe("answers"), probe("queue")});
  shop.remediation = {rung(RestartAction{}), rung(ReloadAction{})};
  shop.remediation.own()[0].on = {"answers"};
  shop.remediation.own()[1].on = {"queue"};
  shop.limits = {1, 1h};
  Rehearsal world{rules({shop})};
  world.settle_in();
  world.patient("shop").answer("answers", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("shop").activity == Activity::latched; }));
  REQUIRE(world.state("shop").hold->guard == Guard::ladder);
  world.patient("shop").answer("queue", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("shop").hold->guard == Guard::budget; }));
  world.run(10min);
  CHECK(world.state("shop").activity == Activity::latched);
  CHECK(world.count(RecordKind::unlatched, "shop") == 0);
}

TEST_CASE("a try past a sick dependency stays within the budget, whatever rung comes next") {
  ServicePolicy redis = external("redis");
  redis.remediation = {};
  ServicePolicy shop = external("shop");
  shop.remediation = {rung(NotifyAction{}), rung(ReloadAction{})};
  shop.limits = {1, 1h};
  shop.slow_retry = 1min;
  shop.depends_on = {on("redis")};
  Rehearsal world{rules({shop, redis})};
  world.settle_in();
  world.answer("redis", Answer::fail);
  world.answer("shop", Answer::fail);
  world.run(20min);
  CHECK(world.deeds("shop") == "reload");
  CHECK(world.state("shop").hold->guard == Guard::dependency);
}

TEST_CASE("what a blind source holds is decided anew at the moment in which it sees again") {
  const std::vector<std::string> names{"a", "b", "c", "d", "e", "f"};
  GroupPolicy all;
  all.name = "all";
  all.max_concurrent = 100;
  all.storm.at_least = 100;
  std::vector<ServicePolicy> services;
  for (const std::string& name : names) {
    services.push_back(external(name, {probe(name)}));
    services.back().probes.front().success_threshold = 3;  // nobody turns healthy meanwhile
  }
  Rehearsal world{rules(std::move(services), {all})};
  world.settle_in();
  for (const std::string& name : names) world.answer(name, Answer::silent);
  REQUIRE(world.run_until([&] { return world.state("a").hold->guard == Guard::blindness; }));
  for (const std::string& name : names) world.answer(name, Answer::pass);
  REQUIRE(world.run_until([&] { return world.count(RecordKind::sighted) == 1; }));
  for (const std::string& name : names) {
    CHECK(world.state(name).hold->guard != Guard::blindness);
  }
}

TEST_CASE("rules without the probes that were silent end the blindness of their source") {
  const std::vector<std::string> names{"a", "b", "c", "d", "e", "f"};
  std::vector<ServicePolicy> services;
  for (const std::string& name : names) services.push_back(external(name, {probe(name)}));
  Rehearsal world{rules(services)};
  world.settle_in();
  for (const std::string& name : names) world.answer(name, Answer::silent);
  REQUIRE(world.run_until([&] { return world.count(RecordKind::blinded) == 1; }));
  world.reload(rules({services.front()}));
  CHECK(world.count(RecordKind::sighted) == 1);
}

TEST_CASE("what was stopped while it was silent does not keep its source blind") {
  const std::vector<std::string> names{"a", "b", "c", "d", "e", "f"};
  std::vector<ServicePolicy> services;
  for (const std::string& name : names) services.push_back(external(name, {probe(name)}));
  Rehearsal world{rules(std::move(services))};
  world.settle_in();
  for (const std::string& name : names) world.answer(name, Answer::silent);
  REQUIRE(world.run_until([&] { return world.count(RecordKind::blinded) == 1; }));
  for (const std::string& name : names) {
    if (name != "a") world.operate(Operation::stop, name);
  }
  CHECK(world.count(RecordKind::sighted) == 1);
  world.answer("a", Answer::fail);
  CHECK(world.run_until([&] { return world.deeds("a") == "restart"; }));
  // They count again when they are wanted again.
  for (const std::string& name : names) {
    world.answer(name, Answer::pass);
    if (name != "a") world.operate(Operation::start, name);
  }
  world.run(10min);
  for (const std::string& name : names) world.answer(name, Answer::silent);
  CHECK(world.run_until([&] { return world.count(RecordKind::blinded) == 2; }));
}

TEST_CASE("the budget is not forgotten by rules that change and change back") {
  // The other rules have a short window; the second of these is longer than what any rules keep.
  const auto [window, before, after] = GENERATE(table<Duration, Duration, Duration>(
      {{1h, 2min, 30min}, {24h, 2h, 5h}}));
  ServicePolicy shop = external("shop");
  shop.remediation = {rung(RestartAction{}, 2), rung(ReloadAction{})};
  shop.limits = {2, window};
  shop.slow_retry = 5min;
  Rehearsal world{rules({shop})};
  world.settle_in();
  world.answer("shop", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("shop").activity == Activity::latched; }));
  REQUIRE(world.deeds("shop") == "restart restart");
  ServicePolicy hasty = shop;
  hasty.limits = {1, 1min};
  world.run(before);
  world.reload(rules({hasty}));
  REQUIRE(world.run_until([&] { return world.deeds("shop") == "restart restart reload"; }));
  world.reload(rules({shop}));
  world.run(after);
  CHECK(world.deeds("shop") == "restart restart reload");
}

TEST_CASE("what is latched and then only observed says once what a slow retry would do") {
  ServicePolicy shop = external("shop");
  shop.slow_retry = 5min;
  Rehearsal world{rules({shop})};
  world.settle_in();
  world.answer("shop", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("shop").activity == Activity::latched; }));
  shop.observe = true;
  world.reload(rules({shop}));
  world.forget();
  world.run(1h);
  CHECK(world.count(RecordKind::would_act, "shop") == 1);
  CHECK(world.count(RecordKind::held, "shop") <= 1);
  CHECK(world.ordered.empty());
}

TEST_CASE("nothing waits for a service that was removed before its start was written down") {
  Rehearsal world{rules({process("web"), process("redis")})};
  world.settle_in();
  world.operate(Operation::stop, "web");
  world.run(1min);
  world.break_journal();
  world.operate(Operation::start, "web");
  REQUIRE(world.state("web").activity == Activity::acting);
  world.reload(rules({process("redis")}));
  world.mend_journal();
  world.run(1min);
  CHECK(world.count(RecordKind::action_withheld, "web") == 1);
  CHECK_FALSE(world.state("web").pending);
}

TEST_CASE("what was latched for good is retried under the rules of the next heald") {
  ServicePolicy shop = external("shop");
  shop.slow_retry.reset();
  Rehearsal world{rules({shop})};
  world.settle_in();
  world.answer("shop", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("shop").activity == Activity::latched; }));
  REQUIRE(world.state("shop").incident->slow_retry_at == never);
  world.crash();
  shop.slow_retry = 5min;
  world.reload(rules({shop}));  // while heald is down
  world.come_back();
  world.forget();
  world.run(10min);
  CHECK(world.deeds("shop") == "restart");
  CHECK(world.actions("shop").front().cause == Cause::slow_retry);
}

TEST_CASE("rules without a slow retry end the one that a sick dependency was to give way to") {
  ServicePolicy redis = external("redis");
  redis.remediation = {};
  ServicePolicy shop = external("shop");
  shop.slow_retry = 5min;
  shop.depends_on = {on("redis")};
  Rehearsal world{rules({shop, redis})};
  world.settle_in();
  world.answer("redis", Answer::fail);
  world.answer("shop", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("shop").hold->guard == Guard::dependency &&
                                       world.state("shop").hold->until != never; }));
  shop.slow_retry.reset();
  world.reload(rules({shop, redis}));
  world.run(30min);
  CHECK(world.deeds("shop").empty());
  CHECK(world.state("shop").hold->guard == Guard::dependency);
}

TEST_CASE("a child of an earlier runtime is not the service that a dependent waits for") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.patient("web").usual.result = ActionResult::failed;  // its child will not stop
  world.answer("web", Answer::fail);
  ServicePolicy shop = process("shop");
  shop.depends_on = {on("web")};
  shop.depends_on.front().until = DependencyUntil::started;
  world.reload(rules({external("web", {probe("other")}), shop}));
  world.run(10min);
  REQUIRE(world.state("web").running);
  CHECK(world.deeds("shop").empty());
  CHECK(world.state("shop").hold->guard == Guard::start_order);
}

TEST_CASE("who is healthy under new rules is known before anything is done under them") {
  GroupPolicy pair;
  pair.name = "pair";
  pair.max_concurrent = 2;
  ServicePolicy web = process("web");
  ServicePolicy shop = external("shop");
  web.group = shop.group = "pair";
  Rehearsal world{rules({web, shop}, {pair})};
  world.settle_in();
  REQUIRE(world.state("shop").health == Health::healthy);
  process_of(web).exec.command.push_back("--changed");
  ServicePolicy child = process("shop");  // not healthy before it was started
  child.group = "pair";
  world.reload(rules({web, child}, {pair}));
  CHECK(world.deeds("web").empty());
  CHECK(world.state("web").hold->guard == Guard::min_healthy);
  world.run(1min);
  CHECK(world.deeds("web") == "restart");
}

TEST_CASE("a dependent goes on at the verdict on its dependency, not at its own next look") {
  ProbePolicy slow = probe("queue");
  slow.start_period = 10min;
  ServicePolicy redis = process("redis", {probe("answers"), slow});
  redis.remediation = {rung(RestartAction{})};
  redis.remediation.own().front().on = {"answers"};
  ServicePolicy shop = external("shop");
  shop.depends_on = {on("redis")};
  GroupPolicy shops;
  shops.name = "shops";
  shop.group = "shops";
  Rehearsal world{rules({redis, shop}, {shops})};
  world.settle_in();
  world.run(10min);
  REQUIRE(world.state("shop").health == Health::healthy);
  world.patient("redis").answer("answers", Answer::fail);
  world.answer("shop", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("redis").activity == Activity::acting; }));
  world.patient("redis").answer("answers", Answer::pass);
  world.patient("redis").answer("queue", Answer::unknown);
  REQUIRE(world.run_until([&] { return world.verdicts("redis") == "healed"; }));
  REQUIRE(world.state("redis").health == Health::starting);  // `queue` was not seen since
  CHECK(world.state("shop").hold->guard != Guard::dependency);
}

TEST_CASE("a dependency whose process is missing is started before its dependents are acted upon") {
  ServicePolicy shop = external("shop");
  shop.depends_on = {on("redis")};
  Rehearsal world{rules({shop, process("redis")})};
  world.settle_in();
  world.operate(Operation::freeze);
  world.crash();
  world.come_back(Restarted::Boot::another);
  world.answer("shop", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("shop").health == Health::unhealthy; }));
  REQUIRE(world.order().empty());
  world.operate(Operation::thaw);
  CHECK(world.order() == "redis");
  CHECK(world.state("shop").hold->guard == Guard::dependency);
  REQUIRE(world.run_until([&] { return !world.deeds("shop").empty(); }));
  CHECK(world.state("redis").running);
}

TEST_CASE("a freeze of one service is refused, for it is a pause that is meant") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  CHECK_FALSE(world.operate(Operation::freeze, "web").empty());
  CHECK_FALSE(world.operate(Operation::thaw, "web").empty());
  CHECK(world.count(RecordKind::operated) == 0);
  CHECK_FALSE(world.engine().daemon().freeze);
}

TEST_CASE("a dependency that has just been started is looked at before its dependents act") {
  ServicePolicy shop = external("shop");
  shop.depends_on = {on("redis")};
  ServicePolicy redis = process("redis");
  redis.probes.front().interval = 30s;
  Rehearsal world{rules({shop, redis})};
  world.settle_in();
  world.operate(Operation::pause, "redis");
  world.crash();
  world.come_back(Restarted::Boot::another);
  world.answer("shop", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("shop").hold->guard == Guard::dependency; }));
  world.answer("redis", Answer::fail);
  world.operate(Operation::resume, "redis");
  REQUIRE(world.run_until([&] { return world.state("redis").running; }));
  CHECK(world.deeds("shop").empty());
  CHECK(world.state("shop").hold->guard == Guard::dependency);
}

TEST_CASE("rules that change and change back leave alone the child that is being started") {
  Rehearsal world{rules({process("web")})};
  world.begin();
  REQUIRE(world.state("web").activity == Activity::acting);
  world.reload(rules({external("web")}));
  world.reload(rules({process("web")}));
  world.run(1min);
  CHECK(world.deeds("web") == "start");
  CHECK(world.state("web").running);
  CHECK(world.verdicts("web") == "healed");
}

TEST_CASE("what holds dependents is told anew when another of them asks to look again") {
  ProbePolicy slow = probe();
  slow.failure_threshold = 2;
  slow.interval = 1min;
  ServicePolicy shop = external("shop", {slow});
  ServicePolicy web = external("web", {slow});
  shop.depends_on = web.depends_on = {on("redis")};
  ServicePolicy redis = external("redis", {slow});
  redis.probes.front().failure_threshold = 10;
  GroupPolicy shops;
  shops.name = "shops";
  shop.group = "shops";  // or it would hear of `web` by their group
  Rehearsal world{rules({shop, web, redis}, {shops})};
  world.settle_in(5min);
  world.answer("redis", Answer::fail);
  world.answer("shop", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("shop").hold->value.ends_with("to fail"); }));
  world.patient("redis").look_takes = 5s;
  world.answer("web", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("web").hold->value.ends_with("looked at"); }));
  CHECK(world.state("shop").hold->value == world.state("web").hold->value);
}
