// Nothing is done in the world before its intent is durable.

#include <algorithm>
#include <catch2/catch.hpp>
#include <variant>

#include "runtime/stage.hpp"

namespace heald::test {
namespace {

using Mode = ScriptedJournal::Mode;

bool entry_with(const ScriptedJournal& journal, RecordKind kind) {
  return std::ranges::any_of(journal.entries, [kind](const JournalEntry& entry) {
    return std::ranges::find(entry.records, kind, &Record::kind) != entry.records.end();
  });
}

bool healthy(const Stage& stage, const std::string& service) {
  const auto page = stage.board.find(service);
  return page && page->state.health == Health::healthy;
}

TEST_CASE("an action is not started before its entry is durable") {
  Stage stage;
  stage.begin(policy_of({external_service("web")}));
  REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
  stage.drain();

  stage.scripted.mode = Mode::waits;
  stage.prober.outcomes[stage.id("web")] = Outcome::fail;
  REQUIRE(stage.until([&] { return entry_with(stage.scripted, RecordKind::action_intended); }));
  stage.drain();
  CHECK(stage.actuator.orders.empty());

  stage.scripted.mode = Mode::works;
  stage.scripted.release();
  REQUIRE(stage.until([&] { return !stage.actuator.orders.empty(); }));
  CHECK(kind_of(stage.actuator.orders.front().action) == ActionKind::restart);
}

TEST_CASE("an action whose entry cannot be written is withheld, and never started") {
  Stage stage;
  stage.begin(policy_of({external_service("web")}));
  REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
  stage.drain();

  stage.scripted.mode = Mode::fails;
  stage.prober.outcomes[stage.id("web")] = Outcome::fail;
  REQUIRE(stage.until_record(RecordKind::action_withheld));
  stage.drain();
  CHECK(stage.actuator.orders.empty());
  CHECK(stage.board.find("web")->state.hold->guard == Guard::journal);
}

TEST_CASE("a service that may act without a journal is healed without one") {
  Stage stage;
  auto web = external_service("web");
  web.act_without_journal = true;
  stage.begin(policy_of({web}));
  REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
  stage.drain();

  stage.scripted.mode = Mode::fails;
  stage.prober.outcomes[stage.id("web")] = Outcome::fail;
  REQUIRE(stage.until([&] { return !stage.actuator.orders.empty(); }));
  CHECK_FALSE(stage.observer.saw(RecordKind::action_withheld));
}

TEST_CASE("actions go on by themselves when the journal works again") {
  Stage stage;
  stage.begin(policy_of({external_service("web")}));
  REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
  stage.drain();

  stage.scripted.mode = Mode::fails;
  stage.supervisor->journal_changed({JournalChanged::What::fails, "no space left on device"});
  stage.prober.outcomes[stage.id("web")] = Outcome::fail;
  REQUIRE(stage.until(
      [&] { return stage.board.find("web")->state.hold->guard == Guard::journal; }));
  CHECK(stage.board.daemon()->journal_problem == "no space left on device");
  CHECK(stage.actuator.orders.empty());

  stage.scripted.mode = Mode::works;
  stage.supervisor->journal_changed({JournalChanged::What::works, {}});
  REQUIRE(stage.until([&] { return !stage.actuator.orders.empty(); }));
  CHECK(stage.board.daemon()->journal_problem.empty());
}

TEST_CASE("an operator is answered when the word is durable") {
  Stage stage;
  stage.begin(policy_of({external_service("web")}));
  REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
  stage.drain();

  stage.scripted.mode = Mode::waits;
  std::optional<std::string> answer;
  Operated pause;
  pause.operation = Operation::pause;
  pause.service = stage.id("web");
  stage.supervisor->operate(pause, [&](std::string refusal) { answer = refusal; });
  REQUIRE(stage.until([&] { return entry_with(stage.scripted, RecordKind::operated); }));
  stage.drain();
  CHECK_FALSE(answer);

  stage.scripted.mode = Mode::works;
  stage.scripted.release();
  REQUIRE(stage.until([&] { return answer.has_value(); }));
  CHECK(answer->empty());
}

TEST_CASE("an operator is told when the word could not be written down") {
  Stage stage;
  stage.begin(policy_of({external_service("web")}));
  REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
  stage.scripted.mode = Mode::fails;
  const std::string answer = stage.operate(Operation::pause, "web");
  CHECK(answer.find("no space left on device") != std::string::npos);
}

TEST_CASE("an operator's word that is refused is answered with the reason") {
  Stage stage;
  auto web = external_service("web");
  web.depends_on.push_back(DependencyPolicy{.service = "redis"});
  stage.begin(policy_of({external_service("redis"), web}));
  REQUIRE(stage.until([&] { return healthy(stage, "web") && healthy(stage, "redis"); }));
  CHECK_FALSE(stage.operate(Operation::stop, "redis").empty());
  CHECK(stage.observer.saw(RecordKind::refused));
  CHECK(stage.actuator.orders.empty());
}

// The latest state of heald itself that was written down.
const DaemonState* latest_daemon(const ScriptedJournal& journal) {
  const auto& entries = journal.entries;
  const auto latest = std::find_if(entries.rbegin(), entries.rend(),
                                   [](const JournalEntry& entry) { return entry.daemon; });
  return latest == entries.rend() ? nullptr : &*latest->daemon;
}

TEST_CASE("what is counted over all services is written down with what changed it") {
  Stage stage;
  stage.begin(policy_of({external_service("web")}));
  REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
  stage.prober.outcomes[stage.id("web")] = Outcome::fail;
  REQUIRE(stage.until_record(RecordKind::action_intended));
  const DaemonState* written = latest_daemon(stage.scripted);
  REQUIRE(written != nullptr);
  CHECK(written->next_incident == 2);
  CHECK(written->next_action == 2);
  CHECK(written->spent.size() == 1);

  REQUIRE(stage.operate(Operation::freeze, {}).empty());
  CHECK(latest_daemon(stage.scripted)->freeze);
}

TEST_CASE("a look that changes nothing leaves no trace in the journal") {
  Stage stage;
  stage.begin(policy_of({external_service("web")}));
  REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
  stage.drain();
  stage.prober.answers = false;
  REQUIRE(stage.until([&] { return !stage.prober.silent.empty(); }));
  const auto looks_written = [&] {
    return std::ranges::count_if(stage.scripted.entries, [](const JournalEntry& entry) {
      return entry.event && std::holds_alternative<Observation>(entry.event->input);
    });
  };
  const auto before = looks_written();
  CHECK(before == 1);  // the one that found it healthy
  const ProbeOrder& order = stage.prober.silent.front();
  stage.supervisor->observed(Observation{order.service, order.probe, order.run, Outcome::pass,
                                         true, order.begun, 1ms, {}});
  stage.drain();
  CHECK(stage.board.reading(order.service, order.probe).ended >= order.begun);
  CHECK(looks_written() == before);
}

}  // namespace
}  // namespace heald::test
