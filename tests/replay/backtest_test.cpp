// What the new rules do, against what was done.

#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "replay/tried.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {
namespace {

TEST_CASE("the rules of then decide the same, over several lives") {
  const TemporaryFolder folder;
  Instant end{100s};
  {
    Lived first{folder.path(), end, web(three_fails), recorded};
    first.look({}, 3);
    first.look({"web"}, 3);
    first.look({}, 10);
    end = first.now();
  }
  {
    Lived second{folder.path(), end + 5s, web(three_fails), recorded};
    second.look({}, 3);
    second.look({"web"}, 4);
    second.look({}, 10);
  }
  const Backtest result = tried(folder.path(), web(three_fails));
  CHECK(result.not_judged.empty());
  CHECK(result.gaps.empty());
  REQUIRE(result.services.size() == 1);
  const TriedService& told = result.services.front();
  CHECK_FALSE(told.ending.has_value());
  CHECK(timings(told) == "same same");
  CHECK(told.actions.size() == 2);
  CHECK(told.actions.front().need == TriedAction::Need::open);
  REQUIRE_FALSE(told.decisions.empty());
  CHECK(told.decisions.front().record.kind == RecordKind::incident_opened);
}

TEST_CASE("rules that act earlier diverge there, and nothing is claimed past it") {
  const TemporaryFolder folder;
  {
    Lived life{folder.path(), Instant{100s}, web(three_fails), recorded};
    life.look({}, 3);
    life.look({"web"}, 3);
    life.look({}, 10);
    life.look({"web"}, 3);
    life.look({}, 10);
  }
  const Backtest result = tried(folder.path(), web("interval: 2s, failure_threshold: 1"));
  const TriedService& told = result.services.front();
  CHECK(timings(told) == "earlier");
  const TimedIncident& incident = told.incidents.front();
  CHECK(incident.recorded->opened - incident.here->opened == 4002ms);
  REQUIRE(told.ending.has_value());
  CHECK(told.ending->why == Ending::Why::divergence);
  REQUIRE(told.ending->here.has_value());
  CHECK(told.ending->here->kind == ActionKind::restart);
  REQUIRE(told.ending->recorded.has_value());
  CHECK(told.ending->recorded->at - told.ending->here->at == 4002ms);
  CHECK(told.actions.size() == 1);
  CHECK(told.actions.front().need == TriedAction::Need::open);
  CHECK(told.decisions.back().record.at <= told.ending->at);
}

TEST_CASE("rules that wait diverge where then something was done") {
  const TemporaryFolder folder;
  {
    Lived life{folder.path(), Instant{100s}, web(three_fails), recorded};
    life.look({}, 3);
    life.look({"web"}, 6);
    life.look({}, 10);
  }
  const Backtest result = tried(folder.path(), web("interval: 2s, failure_threshold: 5"));
  const TriedService& told = result.services.front();
  CHECK(timings(told) == "untold");
  CHECK(told.actions.empty());
  REQUIRE(told.ending.has_value());
  CHECK_FALSE(told.ending->here.has_value());
  CHECK(told.ending->recorded->kind == ActionKind::restart);
}

TEST_CASE("another action at the same time is a divergence, another name of it is none") {
  const TemporaryFolder folder;
  {
    Lived life{folder.path(), Instant{100s}, web(three_fails), recorded};
    life.look({}, 3);
    life.look({"web"}, 3);
    life.look({}, 10);
  }
  const auto with = [&](const std::string& rung) {
    std::string rules = web(three_fails);
    const std::string restart = "restart: {}, attempts";
    rules.replace(rules.find(restart), restart.size(), rung + ", attempts");
    return tried(folder.path(), rules).services.front();
  };
  CHECK_FALSE(with("name: again, restart: {}").ending.has_value());
  const TriedService told = with("exec: [\"true\"]");
  REQUIRE(told.ending.has_value());
  CHECK(told.ending->here->kind == ActionKind::exec);
  CHECK(told.ending->recorded->kind == ActionKind::restart);
  CHECK(timings(told) == "same");
}

TEST_CASE("an action is needless when the service came back without it") {
  const TemporaryFolder folder;
  {
    Lived life{folder.path(), Instant{100s}, web(three_fails), recorded};
    life.look({}, 3);
    life.look({"web"}, 1);
    life.look({}, 10);
  }
  const Backtest result = tried(folder.path(), web("interval: 2s, failure_threshold: 1"));
  const TriedService& told = result.services.front();
  CHECK(timings(told) == "extra");
  REQUIRE(told.actions.size() == 1);
  CHECK(told.actions.front().need == TriedAction::Need::came_back);
  CHECK(told.actions.front().back_after == 2001ms);
  REQUIRE(told.ending.has_value());
  CHECK_FALSE(told.ending->recorded.has_value());
}

TEST_CASE("a service that comes back too late did not come back by itself") {
  const TemporaryFolder folder;
  {
    Lived life{folder.path(), Instant{100s}, web("interval: 2s, failure_threshold: 30"), recorded};
    life.look({}, 3);
    life.look({"web"}, 7);  // longer than `verify: within`
    life.look({}, 10);
  }
  const Backtest result = tried(folder.path(), web("interval: 2s, failure_threshold: 1"));
  REQUIRE(result.services.front().actions.size() == 1);
  CHECK(result.services.front().actions.front().need == TriedAction::Need::open);
}

std::string slow_to_believe(const std::string& backoff) {
  return "services:\n  web:\n    external: {restart: [\"true\"]}\n"
         "    backoff: {initial: " + backoff + ", jitter: 0%}\n"
         "    probes:\n"
         "      answers: {exec: [\"true\"], timeout: 1s, interval: 2s, success_threshold: 5}\n"
         "    remediation: [{restart: {}, attempts: 2, verify: {within: 3s, stable_for: 1s}}]\n";
}

/// It is restarted, stays away, and is restarted again after the back-off.
void live_through_a_backoff(const std::string& folder) {
  Lived life{folder, Instant{100s}, slow_to_believe("3s"), recorded};
  life.look({}, 6);
  life.look({"web"}, 4);
  life.look({}, 10);
}

TEST_CASE("an action is needless when the service was back before it began") {
  const TemporaryFolder folder;
  live_through_a_backoff(folder.path());
  const TriedService told = tried(folder.path(), slow_to_believe("3s")).services.front();
  CHECK_FALSE(told.ending.has_value());
  REQUIRE(told.actions.size() == 2);
  CHECK(told.actions.front().need == TriedAction::Need::open);
  CHECK(told.actions.back().need == TriedAction::Need::was_back);
}

TEST_CASE("what comes by time alone comes at its time") {
  const TemporaryFolder folder;
  live_through_a_backoff(folder.path());
  const TriedService told = tried(folder.path(), slow_to_believe("1500ms")).services.front();
  REQUIRE(told.actions.size() == 2);
  REQUIRE(told.ending.has_value());
  REQUIRE(told.ending->recorded.has_value());
  CHECK(told.ending->recorded->at - told.ending->here->at == 1500ms);
}

TEST_CASE("a heald that only observed can be judged to the end") {
  const TemporaryFolder folder;
  {
    Lived life{folder.path(), Instant{100s}, web(three_fails), observed};
    life.look({}, 3);
    life.look({"web"}, 1);
    life.look({}, 5);
    life.look({"web"}, 3);
    life.look({}, 5);
    life.look({"web"}, 8);
    life.look({}, 5);
  }
  const Backtest patient = tried(folder.path(), web("interval: 2s, failure_threshold: 5"));
  CHECK_FALSE(patient.services.front().ending.has_value());
  CHECK(timings(patient.services.front()) == "never later");
  CHECK(patient.services.front().actions.size() == 1);
  CHECK(patient.services.front().actions.front().mode == TriedAction::Mode::observed);
  const Backtest eager = tried(folder.path(), web("interval: 2s, failure_threshold: 1"));
  CHECK(timings(eager.services.front()) == "extra earlier earlier");
  REQUIRE(eager.services.front().actions.size() == 3);
  CHECK(eager.services.front().actions.at(0).need == TriedAction::Need::came_back);
  CHECK(eager.services.front().actions.at(2).need == TriedAction::Need::open);
}

TEST_CASE("with a service, the claims about its dependents end, and about no others") {
  const TemporaryFolder folder;
  const auto estate = [](const std::string& db) {
    return "groups: {mails: {}}\nservices:\n" + service("db", db) +
           service("web", three_fails, "    depends_on: [db]\n") +
           service("mail", three_fails, "    group: mails\n");
  };
  {
    Lived life{folder.path(), Instant{100s}, estate(three_fails), recorded};
    life.look({}, 3);
    life.look({"db"}, 1);
    life.look({}, 5);
    life.look({"web", "mail"}, 3);
    life.look({}, 10);
  }
  const Backtest result = tried(folder.path(), estate("interval: 2s, failure_threshold: 1"));
  CHECK(of(result, "db").ending->why == Ending::Why::divergence);
  const TriedService& dependent = of(result, "web");
  REQUIRE(dependent.ending.has_value());
  CHECK(dependent.ending->why == Ending::Why::dependency);
  CHECK(dependent.ending->through == "db");
  CHECK(dependent.ending->at == of(result, "db").ending->at);
  CHECK(dependent.incidents.empty());
  const TriedService& other = of(result, "mail");
  CHECK_FALSE(other.ending.has_value());
  CHECK(timings(other) == "same");
  CHECK(other.actions.size() == 1);
}

TEST_CASE("what a guard of the group decides tells nothing once a member has diverged") {
  const TemporaryFolder folder;
  const auto estate = [](const std::string& a) {
    return "services:\n" + service("a", a) + service("b", three_fails);
  };
  {
    Lived life{folder.path(), Instant{100s}, estate(three_fails), recorded};
    life.look({}, 3);
    life.look({"a", "b"}, 4);
    life.look({}, 10);
  }
  const Backtest result = tried(folder.path(), estate("interval: 2s, failure_threshold: 1"));
  CHECK(of(result, "a").ending->why == Ending::Why::divergence);
  REQUIRE(of(result, "b").ending.has_value());
  CHECK(of(result, "b").ending->why == Ending::Why::group);
  CHECK(of(result, "b").ending->through == "a");
}

TEST_CASE("actions have other numbers when others were taken before them") {
  const TemporaryFolder folder;
  {
    Lived life{folder.path(), Instant{100s},
               "services:\n" + service("old", three_fails) + service("web", three_fails), recorded};
    life.look({}, 3);
    life.look({"old"}, 3);
    life.look({}, 10);
    life.look({"web"}, 3);
    life.look({}, 10);
  }
  const TriedService told = tried(folder.path(), web(three_fails)).services.front();
  CHECK_FALSE(told.ending.has_value());
  CHECK(told.actions.size() == 1);
  CHECK(told.decisions.back().record.kind == RecordKind::incident_closed);
}

TEST_CASE("what the new rules know outlives a restart of heald") {
  const TemporaryFolder folder;
  Instant end{100s};
  {
    Lived first{folder.path(), end, web(three_fails), observed};
    first.look({}, 3);
    first.look({"web"}, 2);
    end = first.now();
  }
  {
    Lived second{folder.path(), end + 1s, web(three_fails), observed};
    second.look({"web"}, 4);
    second.look({}, 5);
  }
  const TriedService told =
      tried(folder.path(), web("interval: 2s, failure_threshold: 2")).services.front();
  CHECK(timings(told) == "earlier");
  CHECK(told.actions.size() == 1);
}

/// Four services that fail at random, over three lives; an operator restarts one now and then.
void live_at_random(const std::string& folder, const std::string& rules, std::uint32_t seed) {
  std::mt19937 random{seed};
  Instant end{100s};
  for (int life = 0; life < 3; ++life) {
    Lived lived{folder, end + 1s, rules, recorded};
    for (int i = 0; i < 30; ++i) {
      std::set<std::string> failing;
      for (const char* name : {"db", "web", "api", "mail"}) {
        if (random() % 3 == 0) failing.insert(name);
      }
      lived.look(failing, 1 + static_cast<int>(random() % 5));
      if (random() % 10 == 0) lived.operate(Operation::restart, "api");
    }
    end = lived.now();
  }
}

std::string estate(const std::string& db, const std::string& api) {
  return "groups: {mails: {}}\nservices:\n" + service("db", db) +
         service("web", three_fails, "    depends_on: [db]\n") + service("api", api) +
         service("mail", three_fails, "    group: mails\n");
}

TEST_CASE("whatever happened, the rules of then do the same to the end") {
  const std::string rules = estate(three_fails, "interval: 2s, failure_threshold: 2");
  for (std::uint32_t seed = 1; seed <= 8; ++seed) {
    INFO("seed " << seed);
    const TemporaryFolder folder;
    live_at_random(folder.path(), rules, seed);
    const Backtest result = tried(folder.path(), rules);
    REQUIRE(result.services.size() == 4);
    for (const TriedService& told : result.services) {
      REQUIRE_FALSE(told.ending.has_value());
      REQUIRE_FALSE(told.incidents.empty());
      for (const TimedIncident& each : told.incidents) REQUIRE(each.timing == Timing::same);
    }
  }
}

TEST_CASE("whatever happened, and whatever the rules, nothing is told past an ending") {
  const std::string rules = estate(three_fails, "interval: 2s, failure_threshold: 2");
  std::size_t endings = 0;
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    INFO("seed " << seed);
    const TemporaryFolder folder;
    live_at_random(folder.path(), rules, seed);
    for (const std::string& other :
         {estate("interval: 2s, failure_threshold: 1", "interval: 8s, failure_threshold: 2"),
          estate("interval: 1s, failure_threshold: 9", "interval: 2s, success_threshold: 3"),
          estate(three_fails, "interval: 2s, failure_threshold: 4"),
          web("interval: 2s, failure_threshold: 2")}) {
      for (const TriedService& told : tried(folder.path(), other).services) {
        if (!told.ending) continue;
        ++endings;
        for (const TriedDecision& each : told.decisions) {
          REQUIRE(each.record.at <= told.ending->at);
        }
        for (const TriedAction& each : told.actions) REQUIRE(each.at <= told.ending->at);
      }
    }
  }
  CHECK(endings > 20);
}

TEST_CASE("an operator's word is followed on both sides") {
  const TemporaryFolder folder;
  {
    Lived life{folder.path(), Instant{100s}, web(three_fails), recorded};
    life.look({}, 3);
    life.operate(Operation::pause, "web");
    life.look({"web"}, 4);
    life.operate(Operation::resume, "web");
    life.look({"web"}, 1);
    life.look({}, 10);
  }
  const Backtest result = tried(folder.path(), web("interval: 2s, failure_threshold: 2"));
  const TriedService& told = result.services.front();
  CHECK(timings(told) == "earlier");
  CHECK_FALSE(told.ending.has_value());
  CHECK(told.actions.size() == 1);
}

}  // namespace
}  // namespace heald::test
