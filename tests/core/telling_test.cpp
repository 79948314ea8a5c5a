// Who is told of an incident: of the root cause once, and of nothing that it explains.

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "rehearsal.hpp"

using namespace heald;
using namespace heald::rehearsal;

namespace {

/// redis <- api <- web; each is looked at every 10s.
Policy chain() {
  ServicePolicy web = process("web");
  web.depends_on = {on("api")};
  ServicePolicy api = process("api");
  api.depends_on = {on("redis")};
  return rules({web, api, process("redis")});
}

Policy with_receivers(Policy policy, const std::string& service, std::vector<std::string> to) {
  const auto same = [&](const auto& each) { return each->name == service; };
  ServicePolicy made = **std::find_if(policy.services.begin(), policy.services.end(), same);
  made.notify.to = std::move(to);
  return with(std::move(policy), made);
}

/// "redis opened, redis recovered": what this receiver was told.
std::string heard(const Rehearsal& world, const std::string& receiver = "oncall") {
  std::string all;
  for (const sim::Told& told : world.told) {
    if (std::find(told.to.begin(), told.to.end(), receiver) == told.to.end()) continue;
    all += (all.empty() ? "" : ", ") + told.policy->name + " " +
           std::string{to_string(told.occasion)} + (told.reminder ? " again" : "");
  }
  return all;
}

void fail(Rehearsal& world, const std::vector<std::string>& services) {
  for (const std::string& service : services) world.answer(service, Answer::fail);
}

void pass(Rehearsal& world, const std::vector<std::string>& services) {
  for (const std::string& service : services) world.answer(service, Answer::pass);
}

}  // namespace

TEST_CASE("the root cause is told once, and names what it takes along") {
  Rehearsal world{chain()};
  world.settle_in();
  fail(world, {"web", "api", "redis"});
  REQUIRE(world.run_until([&] { return world.state("redis").activity == Activity::acting; }));
  world.run(30s);
  REQUIRE(world.told.size() == 1);
  const sim::Told& told = world.told.front();
  const auto named = told.sick_dependents.size() + told.other_dependents.size();
  CHECK(told.policy->name == "redis");
  CHECK(named == 2);
  CHECK(told.text.find("'web'") != std::string::npos);
  pass(world, {"web", "api", "redis"});
  world.run(5min);
  CHECK(heard(world) == "redis opened, redis recovered");
}

TEST_CASE("a dependent that notices first is told of when its dependency turns out to be well") {
  Rehearsal world{chain()};
  world.settle_in();
  fail(world, {"web"});
  REQUIRE(world.run_until([&] { return world.state("web").health == Health::unhealthy; }));
  CHECK(heard(world).empty());
  world.run(1s);
  CHECK(heard(world) == "web opened");
}

TEST_CASE("a dependent that stays sick after the root cause is told of by itself, with its end") {
  Rehearsal world{chain()};
  world.settle_in();
  fail(world, {"api", "redis"});
  REQUIRE(world.run_until([&] { return world.state("redis").activity == Activity::acting; }));
  pass(world, {"redis"});
  REQUIRE(world.run_until([&] { return world.count(RecordKind::incident_closed, "redis") == 1; }));
  const IncidentId root = world.told.front().incident;
  REQUIRE(world.run_until([&] { return world.told.size() == 3; }, 1min));
  CHECK(heard(world) == "redis opened, redis recovered, api opened");
  CHECK(world.told[1].text.find("still sick: 'api'") != std::string::npos);
  CHECK(world.told[2].text.starts_with("still, after incident " + std::to_string(root.value())));
  pass(world, {"api"});
  world.run(5min);
  CHECK(heard(world) == "redis opened, redis recovered, api opened, api recovered");
}

TEST_CASE("a receiver that is not told of the root cause is told of the dependent, and he alone") {
  Policy policy = with_receivers(chain(), "web", {"oncall", "front"});
  Rehearsal world{with_receivers(std::move(policy), "api", {"back"})};
  world.settle_in();
  fail(world, {"web", "api", "redis"});
  REQUIRE(world.run_until([&] { return world.state("redis").activity == Activity::acting; }));
  world.run(1min);
  pass(world, {"web", "api", "redis"});
  world.run(10min);
  CHECK(heard(world) == "redis opened, redis recovered");
  CHECK(heard(world, "front") == "web opened, web recovered");
  CHECK(heard(world, "back") == "api opened, api recovered");
}

TEST_CASE("a dependency that does not gate explains nothing") {
  ServicePolicy web = process("web");
  web.depends_on = {on("redis")};
  web.depends_on.front().gate = false;
  Rehearsal world{rules({web, process("redis")})};
  world.settle_in();
  fail(world, {"web", "redis"});
  world.run(40s);
  CHECK(heard(world).find("web opened") != std::string::npos);
  CHECK(heard(world).find("redis opened") != std::string::npos);
}

TEST_CASE("a dependent without a rung latches in silence, and is told of as latched afterwards") {
  ServicePolicy shop = external("shop");
  shop.depends_on = {on("redis")};
  shop.remediation = {};
  Rehearsal world{rules({shop, process("redis")})};
  world.settle_in();
  fail(world, {"shop", "redis"});
  REQUIRE(world.run_until([&] { return world.state("shop").activity == Activity::latched; }));
  REQUIRE(world.run_until([&] { return world.state("redis").activity == Activity::acting; }));
  CHECK(heard(world) == "redis opened");
  pass(world, {"redis"});
  world.run(5min);
  CHECK(heard(world) == "redis opened, redis recovered, shop latched");
  world.run(61min);
  CHECK(heard(world) == "redis opened, redis recovered, shop latched, shop latched again");
}

TEST_CASE("what the root cause speaks for stays so over a death of heald") {
  Rehearsal world{chain()};
  world.settle_in();
  fail(world, {"web", "api", "redis"});
  REQUIRE(world.run_until([&] { return world.state("redis").activity == Activity::acting; }));
  world.run(30s);
  world.crash();
  world.come_back();
  world.run(1min);
  CHECK(heard(world) == "redis opened");
  pass(world, {"web", "api", "redis"});
  world.run(10min);
  CHECK(heard(world) == "redis opened, redis recovered");
}

TEST_CASE("the end is told to who heard of the beginning, whoever the rules name since") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  fail(world, {"web"});
  REQUIRE(world.run_until([&] { return !world.told.empty(); }));
  world.reload(with_receivers(rules({process("web")}), "web", {"other"}));
  pass(world, {"web"});
  world.run(5min);
  CHECK(heard(world) == "web opened, web recovered");
  CHECK(heard(world, "other").empty());
}

TEST_CASE("who asks for ends alone hears of each") {
  ServicePolicy web = process("web");
  web.notify.on = {Occasion::recovered};
  Rehearsal world{rules({web})};
  world.settle_in();
  world.end("web");
  world.run(5min);
  CHECK(heard(world) == "web recovered");
}

TEST_CASE("who heard of the beginning hears of the end beside those who ask for ends alone") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  fail(world, {"web"});
  REQUIRE(world.run_until([&] { return !world.told.empty(); }));
  ServicePolicy web = process("web");
  web.notify = {.to = {"other"}, .on = {Occasion::recovered}};
  world.reload(rules({web}));
  pass(world, {"web"});
  world.run(5min);
  CHECK(heard(world) == "web opened, web recovered");
  CHECK(heard(world, "other") == "web recovered");
}

TEST_CASE("who asks for what latches hears of no other end") {
  ServicePolicy web = process("web");
  web.notify.on = {Occasion::latched, Occasion::recovered};
  Rehearsal world{rules({web})};
  world.settle_in();
  world.end("web");
  world.run(5min);
  CHECK(world.count(RecordKind::incident_closed, "web") == 1);
  CHECK(heard(world).empty());
}

TEST_CASE("that an operator stopped it, or the rules dropped it, is the end of an incident too") {
  const bool stops = GENERATE(true, false);
  Rehearsal world{rules({process("web"), process("other")})};
  world.settle_in();
  fail(world, {"web"});
  REQUIRE(world.run_until([&] { return !world.told.empty(); }));
  if (stops) {
    world.operate(Operation::stop, "web");
  } else {
    world.reload(rules({process("other")}));
  }
  world.run(5min);
  CHECK(heard(world) == "web opened, web recovered");
  CHECK(world.told.back().text.starts_with(stops ? "stopped after" : "removed after"));
  CHECK(world.told.back().story.closing == (stops ? Closing::stopped : Closing::removed));
}

TEST_CASE("who waits for what lies behind another is told when that turns out to be well") {
  ServicePolicy web = process("web");
  web.depends_on = {on("api"), on("disk")};
  ServicePolicy api = process("api");
  api.depends_on = {on("redis")};
  api.notify.to = {"team"};
  api.remediation.clear();
  ServicePolicy redis = process("redis");
  ServicePolicy disk = process("disk");
  redis.probes.front().failure_threshold = disk.probes.front().failure_threshold = 20;
  Rehearsal world{rules({web, api, redis, disk})};
  world.settle_in();
  fail(world, {"api", "redis", "disk"});
  world.run(15s);
  world.end("web");  // no look at it asks again
  REQUIRE(world.run_until([&] { return world.state("api").activity == Activity::latched; }));
  pass(world, {"disk"});
  world.run(15s);
  CHECK(heard(world).empty());
  pass(world, {"redis"});
  world.run(15s);
  CHECK(heard(world) == "web opened");
}
