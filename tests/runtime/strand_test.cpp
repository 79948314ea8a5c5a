// The strand itself: stalls, clocks, threads, the end.

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "runtime/stage.hpp"

namespace heald::test {
namespace {

bool healthy(const Stage& stage, const std::string& service) {
  const auto page = stage.board.find(service);
  return page && page->state.health == Health::healthy;
}

TEST_CASE("a strand that stood still says so before anything else is judged") {
  Stage stage;
  stage.begin(policy_of({external_service("web")}));
  REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
  stage.prober.answers = false;
  REQUIRE(stage.until([&] { return !stage.prober.silent.empty(); }));
  stage.drain();
  stage.observer.records.clear();

  stage.clock_ahead = std::chrono::nanoseconds{1h}.count();
  const ProbeOrder& order = stage.prober.silent.front();
  Observation starved{order.service, order.probe, order.run, Outcome::fail, false, order.begun,
                      {}, "timed out"};
  stage.supervisor->observed(starved);
  REQUIRE(stage.until_record(RecordKind::stalled));
  CHECK(stage.observer.records.front().kind == RecordKind::stalled);
  stage.drain();
  CHECK_FALSE(stage.observer.saw(RecordKind::incident_opened));
  CHECK(stage.observer.count(RecordKind::stalled) == 1);
}

TEST_CASE("a tick that comes late says so before it looks at what is due") {
  Stage stage;
  stage.begin(policy_of({external_service("web")}));
  REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
  stage.drain();
  stage.observer.records.clear();
  stage.prober.answers = false;

  stage.clock_ahead = std::chrono::nanoseconds{1h}.count();
  REQUIRE(stage.until([&] { return !stage.prober.silent.empty(); }));
  REQUIRE(stage.observer.saw(RecordKind::stalled));
  CHECK(stage.observer.records.front().kind == RecordKind::stalled);
}

TEST_CASE("one stretch of standing still is reported once, however much it made late") {
  Stage stage;
  stage.prober.answers = false;
  stage.begin(policy_of({external_service("web"), external_service("redis")}));
  REQUIRE(stage.until([&] { return stage.prober.silent.size() == 2; }));
  const auto orders = stage.prober.silent;
  stage.drain();
  stage.observer.records.clear();

  stage.clock_ahead = std::chrono::nanoseconds{1h}.count();
  for (const ProbeOrder& order : orders) {
    stage.supervisor->observed(Observation{order.service, order.probe, order.run, Outcome::fail,
                                           false, order.begun, {}, "timed out"});
    stage.drain();
  }
  CHECK(stage.observer.count(RecordKind::stalled) == 1);
}

TEST_CASE("an operator's word before the start-up is refused, and changes nothing") {
  Stage stage;
  CHECK(stage.operate(Operation::freeze, {}) == "heald is still starting");
  CHECK(stage.scripted.entries.empty());
  stage.begin(policy_of({external_service("web")}));
  CHECK_FALSE(stage.board.daemon()->state.freeze);
}

TEST_CASE("the page of heald itself tells when it is ready, and follows its state") {
  Stage stage;
  CHECK_FALSE(stage.board.daemon()->ready);
  stage.begin(policy_of({external_service("web")}));
  CHECK(stage.board.daemon()->ready);

  REQUIRE(stage.operate(Operation::freeze, {}).empty());
  CHECK(stage.board.daemon()->state.freeze);
  REQUIRE(stage.operate(Operation::thaw, {}).empty());
  CHECK_FALSE(stage.board.daemon()->state.freeze);
}

std::vector<RecordKind> story_with_wall_clock(std::chrono::milliseconds set) {
  Stage stage;
  stage.begin(policy_of({external_service("web")}));
  REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
  stage.wall_ahead = set.count();
  stage.prober.outcomes[stage.id("web")] = Outcome::fail;
  stage.actuator.before_answer = [&](const ActionOrder&) { stage.prober.outcomes.clear(); };
  REQUIRE(stage.until_record(RecordKind::verdict));
  CHECK(stage.observer.find(RecordKind::verdict)->verdict == Verdict::healed);
  std::vector<RecordKind> kinds;
  for (const Record& record : stage.observer.records) kinds.push_back(record.kind);
  return kinds;
}

TEST_CASE("the wall clock set by a day in the middle of an incident changes nothing") {
  const auto story = story_with_wall_clock(0ms);
  CHECK(std::ranges::find(story, RecordKind::incident_opened) != story.end());
  CHECK(story_with_wall_clock(24h) == story);
  CHECK(story_with_wall_clock(-24h) == story);
}

TEST_CASE("observations of many threads reach the engine") {
  constexpr std::uint32_t services = 64;
  std::vector<ServicePolicy> rules;
  for (std::uint32_t i = 0; i < services; ++i) {
    rules.push_back(external_service("web-" + std::to_string(i)));
  }
  Stage stage;
  stage.prober.answers = false;
  stage.begin(policy_of(rules));
  REQUIRE(stage.until([&] { return stage.prober.silent.size() == services; }));
  const auto orders = stage.prober.silent;
  std::vector<std::thread> probers;
  for (std::uint32_t thread = 0; thread < 4; ++thread) {
    probers.emplace_back([&, thread] {
      for (std::uint32_t i = thread; i < services; i += 4) {
        const auto& order = orders[i];
        stage.supervisor->observed(Observation{order.service, order.probe, order.run,
                                               Outcome::pass, true, order.begun, 1ms, {}});
      }
    });
  }
  const bool all_healthy = stage.until([&] {
    const auto pages = stage.board.slice(0, services);
    return std::ranges::all_of(
        pages, [](const auto& page) { return page->state.health == Health::healthy; });
  });
  for (auto& prober : probers) prober.join();
  CHECK(all_healthy);
  CHECK(stage.board.reading(ServiceId{0}, ProbeIndex{0}).outcome == Outcome::pass);
}

TEST_CASE("a late look under the rules of before is not shown as one of now") {
  Stage stage;
  stage.prober.answers = false;
  stage.begin(policy_of({external_service("web")}));
  REQUIRE(stage.until([&] { return !stage.prober.silent.empty(); }));
  const ProbeOrder late = stage.prober.silent.front();
  auto changed = external_service("web");
  changed.probes.front().address = "127.0.0.1:2";
  stage.supervisor->load(policy_of({changed}));
  stage.supervisor->observed(Observation{late.service, late.probe, late.run, Outcome::fail, true,
                                         late.begun, 1ms, "refused"});
  stage.drain();
  CHECK(stage.board.reading(late.service, late.probe).ended == Instant{});
}

TEST_CASE("services removed and added by a reload appear so on the board") {
  Stage stage;
  stage.begin(policy_of({external_service("web")}));
  REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
  stage.supervisor->refuse_rules("heald.yaml:3:1: unknown key");
  CHECK_FALSE(stage.board.daemon()->rules_problem.empty());
  stage.supervisor->load(policy_of({external_service("redis"), external_service("mail")}));
  CHECK(stage.board.daemon()->rules_problem.empty());
  CHECK(stage.board.daemon()->revision == "test-2");
  CHECK(stage.board.find("web")->policy == nullptr);
  CHECK(stage.board.slice(0, stage.board.slots()).size() == 2);
}

TEST_CASE("a process that lost its rules while heald was away is stopped and let go") {
  Stage stage;
  ProcessFound running;
  running.what = ProcessFound::What::running;
  running.generation = Generation{3};
  running.pid = 4711;
  stage.children["mail"] = running;
  stage.begin(policy_of({external_service("web")}), {}, {"mail", "gone"});
  REQUIRE(stage.until([&] { return stage.actuator.count(ActionKind::stop) == 1; }));
  CHECK(stage.actuator.orders.front().service == stage.id("mail"));
  REQUIRE(stage.until([&] { return stage.released.contains(stage.id("mail")); }));
  CHECK(stage.released.contains(stage.id("gone")));
  CHECK_FALSE(stage.released.contains(stage.id("web")));
  CHECK(stage.board.slice(0, stage.board.slots()).size() == 1);
}

TEST_CASE("what does not stop in time is killed before the end") {
  Stage stage;
  stage.actuator.answer = ActionResult::done;
  auto rules = *policy_of({process_service("web")});
  rules.daemon.shutdown_timeout = 50ms;
  stage.begin(std::make_shared<const Policy>(rules));
  REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
  stage.actuator.answer.reset();
  stage.supervisor->shut_down();
  REQUIRE(stage.until([&] { return stage.ended; }));
  CHECK(stage.killed == std::vector<ServiceId>{stage.id("web")});
}

TEST_CASE("the end stops dependents first, and comes after the last entry is durable") {
  Stage stage;
  auto web = process_service("web");
  web.depends_on.push_back(DependencyPolicy{.service = "redis"});
  stage.begin(policy_of({process_service("redis"), web}));
  REQUIRE(stage.until([&] { return healthy(stage, "web") && healthy(stage, "redis"); }));
  stage.actuator.orders.clear();

  stage.supervisor->shut_down();
  REQUIRE(stage.until([&] { return stage.ended; }));
  REQUIRE(stage.actuator.orders.size() == 2);
  CHECK(stage.actuator.orders[0].service == stage.id("web"));
  CHECK(stage.actuator.orders[1].service == stage.id("redis"));
  CHECK(stage.actuator.count(ActionKind::stop) == 2);
  CHECK(stage.scripted.flushes == 1);
  CHECK(stage.killed.empty());
  CHECK(stage.operate(Operation::restart, "web") == "heald is ending");
}

TEST_CASE("a second request to end ends at once, and starts nothing more") {
  Stage stage;
  stage.begin(policy_of({process_service("web")}));
  REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
  stage.drain();
  stage.actuator.orders.clear();
  stage.scripted.mode = ScriptedJournal::Mode::waits;
  stage.supervisor->shut_down();
  stage.drain();
  CHECK_FALSE(stage.ended);
  stage.supervisor->shut_down();
  REQUIRE(stage.until([&] { return stage.ended; }));
  CHECK(stage.actuator.orders.empty());
  CHECK(stage.scripted.flushes == 1);
}

TEST_CASE("an operator's command that came before the end is answered") {
  Stage stage;
  stage.begin(policy_of({external_service("web")}));
  REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
  stage.drain();
  stage.scripted.mode = ScriptedJournal::Mode::waits;
  std::optional<std::string> answer;
  Operated pause;
  pause.operation = Operation::pause;
  pause.service = stage.id("web");
  stage.supervisor->operate(pause, [&](std::string refusal) { answer = refusal; });
  stage.supervisor->shut_down();
  stage.supervisor->shut_down();
  REQUIRE(stage.until([&] { return stage.ended; }));
  REQUIRE(answer);
  CHECK(answer->empty());
}

}  // namespace
}  // namespace heald::test
