// The small pure parts of a backtest.

#include <catch2/catch.hpp>

#include "policy/load.hpp"
#include "replay/comebacks.hpp"
#include "replay/deeds.hpp"
#include "replay/fit.hpp"
#include "replay/onsets.hpp"

namespace heald::test {
namespace {

Instant at(int seconds) { return Instant{std::chrono::seconds{seconds}}; }

Deed deed(std::uint64_t id, int seconds, ActionKind kind = ActionKind::restart) {
  Deed made;
  made.service = "web";
  made.id = ActionId{id};
  made.at = at(seconds);
  made.kind = kind;
  return made;
}

TEST_CASE("the same action in the same instant is one, whatever its number") {
  Deeds deeds;
  CHECK_FALSE(deeds.here(deed(1, 10)).has_value());
  CHECK_FALSE(deeds.recorded(deed(8, 10)).has_value());
  CHECK(deeds.here_of(ActionId{8}) == ActionId{1});
  CHECK_FALSE(deeds.here_of(ActionId{1}).has_value());
  CHECK(deeds.expire(at(100)).empty());
}

TEST_CASE("only what comes by time alone may have been late") {
  Deed timed = deed(1, 10);
  SECTION("by time") {
    timed.by_time = true;
    Deeds deeds;
    CHECK_FALSE(deeds.here(timed).has_value());
    CHECK(deeds.expire(at(11)).empty());
    CHECK_FALSE(deeds.recorded(deed(8, 11)).has_value());
  }
  SECTION("too late") {
    timed.by_time = true;
    Deeds deeds;
    CHECK_FALSE(deeds.here(timed).has_value());
    const auto partings = deeds.expire(at(12));
    REQUIRE(partings.size() == 1);
    CHECK(partings.front().at == at(10));
    CHECK(partings.front().here.has_value());
    CHECK_FALSE(partings.front().recorded.has_value());
  }
  SECTION("by what came in") {
    Deeds deeds;
    CHECK_FALSE(deeds.here(timed).has_value());
    CHECK(deeds.expire(at(10)).empty());
    CHECK(deeds.expire(at(11)).size() == 1);
  }
}

TEST_CASE("another action, and one that ended before the new rules took it, part the ways") {
  Deeds deeds;
  SECTION("another kind") {
    CHECK_FALSE(deeds.here(deed(1, 10)).has_value());
    const auto parting = deeds.recorded(deed(8, 10, ActionKind::reload));
    REQUIRE(parting.has_value());
    CHECK(parting->here->kind == ActionKind::restart);
    CHECK(parting->recorded->kind == ActionKind::reload);
  }
  SECTION("another signal") {
    Deed here = deed(1, 10, ActionKind::signal);
    Deed recorded = deed(8, 10, ActionKind::signal);
    here.action = SignalAction{{1}};
    recorded.action = SignalAction{{12}};
    CHECK_FALSE(deeds.here(here).has_value());
    CHECK(deeds.recorded(recorded).has_value());
  }
  SECTION("ended") {
    CHECK_FALSE(deeds.recorded(deed(8, 10)).has_value());
    CHECK_FALSE(deeds.recorded_ended(ActionId{7}).has_value());
    CHECK(deeds.recorded_ended(ActionId{8}).has_value());
  }
  SECTION("withheld") {
    CHECK_FALSE(deeds.recorded(deed(8, 10)).has_value());
    deeds.recorded_withheld(ActionId{8});
    CHECK(deeds.expire(at(100)).empty());
  }
}

Onset onset(int first, int opened, int closed) {
  return {at(first), at(opened), closed == 0 ? never : at(closed), {}, {}};
}

std::string timings(const std::vector<Onset>& recorded, const std::vector<Onset>& here,
                    Instant until = never) {
  std::string text;
  for (const TimedIncident& each : compare_onsets(recorded, here, until)) {
    text.append(text.empty() ? "" : " ").append(to_string(each.timing));
  }
  return text;
}

TEST_CASE("incidents of one sickness are compared by when they were opened") {
  CHECK(timings({onset(1, 5, 9)}, {onset(1, 5, 9)}) == "same");
  CHECK(timings({onset(1, 5, 9)}, {onset(1, 3, 4)}) == "earlier");
  CHECK(timings({onset(1, 5, 9)}, {onset(1, 7, 9)}) == "later");
  CHECK(timings({onset(1, 5, 9)}, {}) == "never");
  CHECK(timings({}, {onset(1, 5, 9)}) == "extra");
  CHECK(timings({onset(1, 5, 9), onset(21, 25, 29)}, {onset(21, 22, 29)}) == "never earlier");
  CHECK(timings({onset(21, 25, 29)}, {onset(1, 2, 4), onset(21, 25, 29)}) == "extra same");
}

TEST_CASE("incidents are compared as far as the claims reach") {
  CHECK(timings({onset(1, 5, 9)}, {}, at(6)) == "untold");
  CHECK(timings({onset(1, 5, 0)}, {}) == "untold");
  CHECK(timings({onset(1, 5, 9)}, {onset(1, 3, 0)}, at(3)) == "earlier");
  CHECK(timings({onset(1, 5, 9)}, {onset(1, 7, 9)}, at(6)) == "untold");
  CHECK(timings({onset(1, 5, 9)}, {}, at(3)).empty());
  CHECK(timings({onset(8, 9, 10)}, {onset(8, 9, 10)}, at(6)).empty());
}

std::shared_ptr<const ServicePolicy> with_probes(std::vector<std::string> names) {
  auto service = std::make_shared<ServicePolicy>();
  service->name = "web";
  for (std::string& name : names) {
    ProbePolicy probe;
    probe.name = std::move(name);
    service->probes.push_back(std::move(probe));
  }
  return service;
}

Observation seen(Outcome outcome, int begun) {
  Observation look;
  look.outcome = outcome;
  look.begun = at(begun);
  return look;
}

TEST_CASE("a service is back when every alive probe passed after it went") {
  Comebacks comebacks;
  const auto web = with_probes({"answers", "stores"});
  CHECK_FALSE(comebacks.is_back(*web, {}));
  comebacks.look("web", "answers", seen(Outcome::pass, 5));
  CHECK_FALSE(comebacks.is_back(*web, {}));
  comebacks.look("web", "stores", seen(Outcome::pass, 4));
  CHECK(comebacks.is_back(*web, {}));
  CHECK_FALSE(comebacks.is_back(*web, at(5)));
  comebacks.look("web", "stores", seen(Outcome::unknown, 6));
  CHECK_FALSE(comebacks.is_back(*web, {}));
  CHECK_FALSE(comebacks.is_back(*with_probes({}), {}));
}

TEST_CASE("what an earlier process showed is forgotten with it") {
  Comebacks comebacks;
  const auto web = with_probes({"answers"});
  comebacks.look("web", "answers", seen(Outcome::pass, 5));
  comebacks.process("web", Comebacks::Process::missing);
  CHECK_FALSE(comebacks.is_back(*web, {}));
  comebacks.process("web", Comebacks::Process::runs);
  CHECK_FALSE(comebacks.is_back(*web, {}));
  comebacks.look("web", "answers", seen(Outcome::pass, 7));
  CHECK(comebacks.is_back(*web, {}));
}

TEST_CASE("what heald did then, also to a dependency, is no coming back by itself") {
  Comebacks comebacks;
  comebacks.await({.action = 3, .policy = with_probes({"answers"}), .from = at(5),
                   .until = at(20), .helpers = {"web", "db"}});
  SECTION("nothing was done") {
    comebacks.look("web", "answers", seen(Outcome::pass, 6));
    const auto came = comebacks.came_true(at(7));
    REQUIRE(came.size() == 1);
    CHECK(came.front().action == 3);
    CHECK(comebacks.came_true(at(8)).empty());
  }
  SECTION("its dependency was restarted") {
    comebacks.acted("mail");
    comebacks.acted("db");
    comebacks.look("web", "answers", seen(Outcome::pass, 6));
    CHECK(comebacks.came_true(at(7)).empty());
  }
  SECTION("it took too long") {
    comebacks.look("web", "answers", seen(Outcome::pass, 20));
    CHECK(comebacks.came_true(at(21)).empty());
  }
}

Policy rules(const std::string& text) {
  auto loaded = parse_rules(text, "rules");
  if (!loaded.policy) FAIL(to_string(loaded.problems.front()));
  return *std::move(loaded.policy);
}

TEST_CASE("looks apply to a probe that asks the same, however often and strictly") {
  const Policy then = rules(
      "services: {web: {external: {}, probes: {a: {tcp: \"127.0.0.1:1\"}, "
      "b: {tcp: \"127.0.0.1:1\", timeout: 2s}, c: {tcp: \"127.0.0.1:1\"}}}}");
  const Policy wanted = rules(
      "services: {web: {external: {}, probes: {a: {tcp: \"127.0.0.1:1\", interval: 1m, "
      "failure_threshold: 9, role: ready}, b: {tcp: \"127.0.0.1:1\", timeout: 1s}, "
      "c: {tcp: \"127.0.0.1:2\"}, d: {tcp: \"127.0.0.1:1\"}}}}");
  const Fitted fitted = fit(wanted, then, {});
  const ServiceFit& web = fitted.services.at("web");
  CHECK(web.recorded);
  CHECK(web.probes == std::set<std::string>{"a"});
  CHECK(web.missing == std::set<std::string>{"b", "c", "d"});
  REQUIRE(fitted.policy.services.size() == 1);
  CHECK(fitted.policy.services.front()->probes.size() == 1);
}

TEST_CASE("a rung for probes that are left out is left out, and does not come to mean any") {
  const Policy then =
      rules("services: {web: {external: {}, probes: {a: {tcp: \"127.0.0.1:1\"}}}}");
  const Policy wanted = rules(
      "services: {web: {external: {}, probes: {a: {tcp: \"127.0.0.1:1\"}, "
      "b: {tcp: \"127.0.0.1:1\"}}, remediation: [{name: x, exec: [\"true\"], on: [b]}, "
      "{name: y, exec: [\"true\"], on: [a, b], verify: {probes: [b]}}, "
      "{name: z, exec: [\"true\"]}]}}");
  const Fitted fitted = fit(wanted, then, {});
  const auto& ladder = fitted.policy.services.front()->remediation;
  REQUIRE(ladder.size() == 2);
  CHECK(ladder.front().name == "y");
  CHECK(ladder.front().on == std::vector<std::string>{"a"});
  CHECK(ladder.front().verify.probes.empty());
  CHECK(ladder.back().on.empty());
}

TEST_CASE("a process is the recorded one, with the new rules for its exits") {
  const Policy then = rules("services: {web: {process: {command: [old]}}, api: {external: {}}}");
  const Policy wanted = rules(
      "services: {web: {process: {command: [new], exit: {never_restart: [78]}}}, "
      "api: {process: {command: [api]}}}");
  const Fitted fitted = fit(wanted, then, {});
  REQUIRE(fitted.policy.services.size() == 1);
  const ProcessRuntime& process = *fitted.policy.services.front()->process();
  CHECK(process.exec.command == Argv{"old"});
  CHECK(process.exit.never_restart == std::vector{78});
  CHECK(fitted.services.at("web").notes.size() == 1);
  CHECK_FALSE(fitted.services.at("api").recorded);
  CHECK(fitted.services.at("api").notes.size() == 1);
}

TEST_CASE("a spectator is looked at, and nobody counts with it") {
  const Policy both = rules(
      "services: {db: {external: {restart: [\"true\"]}, probes: {a: {tcp: \"127.0.0.1:1\"}}}, "
      "web: {external: {}, depends_on: [db]}}");
  CHECK(fit(both, both, {}).policy.services.back()->depends_on.size() == 1);
  const Fitted fitted = fit(both, both, {"db"});
  REQUIRE(fitted.policy.services.size() == 2);
  const ServicePolicy& db = *fitted.policy.services.front();
  CHECK(db.probes.size() == 1);
  CHECK(db.remediation.empty());
  CHECK(db.observe);
  CHECK(db.group != "all");
  CHECK(fitted.policy.groups.back().name == db.group);
  CHECK(fitted.policy.services.back()->depends_on.empty());
}

}  // namespace
}  // namespace heald::test
