// heald dies at the points where it hurts, and comes back.

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>

#include "journal/sqlite_journal.hpp"
#include "runtime/stage.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {
namespace {

/// One life of heald on a state folder. Destroying it is its death: nothing of what it had in
/// flight is carried on, and only what is in the journal is known to the next life.
class Life {
 public:
  explicit Life(const std::string& state_dir) : opened_(open(state_dir)) {
    stage_ = std::make_unique<Stage>(*opened_.journal, opened_.recovered);
  }
  ~Life() {
    opened_.journal.reset();  // its thread still posts to the stage's strand
    stage_.reset();
  }
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  Stage& stage() { return *stage_; }
  void begin(const std::vector<ServicePolicy>& services) {
    Supervisor::Beginning beginning;
    beginning.policy = policy_of(services);
    beginning.snapshot = opened_.recovered.snapshot;
    beginning.messages = opened_.recovered.messages;
    beginning.last_message = opened_.recovered.last_message;
    stage_->supervisor->begin(std::move(beginning));
  }
  [[nodiscard]] bool restored() const { return opened_.recovered.snapshot.has_value(); }

 private:
  static OpenedJournal open(const std::string& state_dir) {
    auto opened = open_journal(state_dir, {});
    if (!opened) throw std::runtime_error{opened.error().message};
    return std::move(*opened);
  }
  OpenedJournal opened_;
  std::unique_ptr<Stage> stage_;
};

bool healthy(const Stage& stage, const std::string& service) {
  const auto page = stage.board.find(service);
  return page && page->state.health == Health::healthy;
}

/// Lives until the first restart of `web` is with the actuator, which does not answer.
ActionId die_with_an_action_in_flight(const std::string& state_dir, const ServicePolicy& web) {
  Life life{state_dir};
  Stage& stage = life.stage();
  life.begin({web});
  REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
  stage.actuator.answer.reset();
  if (web.process() != nullptr) {
    const auto generation = stage.board.find("web")->state.generation;
    stage.supervisor->exited({stage.id("web"), generation, {ExitStatus::Kind::signaled, 9}});
  } else {
    stage.prober.outcomes[stage.id("web")] = Outcome::fail;
  }
  REQUIRE(stage.until([&] { return stage.actuator.count(ActionKind::restart) == 1; }));
  return stage.actuator.orders.back().id;
}

TEST_CASE("an action without an outcome is looked at, not repeated, when it helped") {
  const TemporaryFolder folder;
  const ActionId in_flight = die_with_an_action_in_flight(folder.path(), external_service("web"));

  Life life{folder.path()};
  REQUIRE(life.restored());
  Stage& stage = life.stage();
  life.begin({external_service("web")});
  REQUIRE(stage.until_record(RecordKind::verdict));
  const Record& verdict = *stage.observer.find(RecordKind::verdict);
  CHECK(verdict.action == in_flight);
  CHECK(verdict.verdict == Verdict::healed);
  stage.drain();
  CHECK(stage.actuator.orders.empty());
}

TEST_CASE("an action without an outcome ends in a verdict before another is tried") {
  const TemporaryFolder folder;
  const ActionId in_flight = die_with_an_action_in_flight(folder.path(), external_service("web"));

  Life life{folder.path()};
  Stage& stage = life.stage();
  stage.prober.outcomes[ServiceId{0}] = Outcome::fail;
  life.begin({external_service("web")});
  REQUIRE(stage.until([&] { return !stage.actuator.orders.empty(); }));
  REQUIRE(stage.observer.saw(RecordKind::verdict));
  CHECK(stage.observer.find(RecordKind::verdict)->action == in_flight);
  CHECK(stage.observer.find(RecordKind::verdict)->verdict == Verdict::not_healed);
  CHECK(stage.actuator.orders.front().id > in_flight);
}

TEST_CASE("a verification that was broken off by a crash ends in a verdict") {
  const TemporaryFolder folder;
  ActionId verified;
  {
    Life life{folder.path()};
    Stage& stage = life.stage();
    life.begin({external_service("web")});
    REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
    stage.prober.outcomes[stage.id("web")] = Outcome::fail;
    stage.actuator.before_answer = [&](const ActionOrder&) { stage.prober.answers = false; };
    REQUIRE(stage.until_record(RecordKind::action_finished));
    verified = stage.actuator.orders.back().id;
    REQUIRE_FALSE(stage.observer.saw(RecordKind::verdict));
  }
  Life life{folder.path()};
  Stage& stage = life.stage();
  life.begin({external_service("web")});
  REQUIRE(stage.until_record(RecordKind::verdict));
  CHECK(stage.observer.find(RecordKind::verdict)->action == verified);
  CHECK(stage.observer.find(RecordKind::verdict)->verdict == Verdict::healed);
  CHECK(stage.actuator.orders.empty());
}

TEST_CASE("a restart in flight whose process came up is not started a second time") {
  const TemporaryFolder folder;
  const auto web = process_service("web");
  die_with_an_action_in_flight(folder.path(), web);

  Life life{folder.path()};
  Stage& stage = life.stage();
  ProcessFound found;
  found.what = ProcessFound::What::running;
  found.generation = Generation{2};
  found.pid = 4711;
  stage.children["web"] = found;
  life.begin({web});
  REQUIRE(stage.until_record(RecordKind::verdict));
  CHECK(stage.observer.find(RecordKind::verdict)->verdict == Verdict::healed);
  CHECK(stage.actuator.orders.empty());
  CHECK(stage.board.find("web")->state.pid == 4711);
}

TEST_CASE("numbers, the budget over all and a freeze survive the crash of heald") {
  const TemporaryFolder folder;
  {
    Life life{folder.path()};
    Stage& stage = life.stage();
    life.begin({external_service("web")});
    REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
    stage.prober.outcomes[stage.id("web")] = Outcome::fail;
    stage.actuator.before_answer = [&](const ActionOrder&) { stage.prober.outcomes.clear(); };
    REQUIRE(stage.until_record(RecordKind::verdict));
    REQUIRE(stage.operate(Operation::freeze, {}).empty());
  }
  Life life{folder.path()};
  life.begin({external_service("web")});
  const auto page = life.stage().board.daemon();
  CHECK(page->state.next_incident == 2);
  CHECK(page->state.next_action == 2);
  CHECK(page->state.spent.size() == 1);
  CHECK(page->state.freeze);
}

TEST_CASE("an operator's stop survives the crash of heald") {
  const TemporaryFolder folder;
  {
    Life life{folder.path()};
    Stage& stage = life.stage();
    life.begin({process_service("web")});
    REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
    REQUIRE(stage.operate(Operation::stop, "web").empty());
  }
  Life life{folder.path()};
  Stage& stage = life.stage();
  life.begin({process_service("web")});
  stage.drain();
  CHECK(stage.board.find("web")->state.desired == Desired::stopped);
  CHECK(stage.actuator.count(ActionKind::start) == 0);
}

TEST_CASE("what could not be delivered is sent again by the next heald, and only that") {
  const TemporaryFolder folder;
  ServicePolicy web = external_service("web");
  web.notify.to = {"oncall", "pager"};
  std::vector<Message> sent;
  {
    Life life{folder.path()};
    Stage& stage = life.stage();
    life.begin({web});
    REQUIRE(stage.until([&] { return healthy(stage, "web"); }));
    stage.prober.outcomes[stage.id("web")] = Outcome::fail;
    REQUIRE(stage.until([&] { return stage.sent.size() == 2; }));
    sent = stage.sent;
    CHECK(sent.front().receiver == "oncall");
    CHECK(sent.front().service == "web");
    CHECK(sent.front().occasion == Occasion::opened);
    CHECK(sent.front().incident == stage.board.find("web")->state.incident->id);
    CHECK(sent.back().receiver == "pager");
    CHECK(sent.back().id > sent.front().id);
    stage.supervisor->told(sent.front(), {sent.front().id, MessageEnd::delivered, 1, {}});
  }
  Life life{folder.path()};
  life.begin({web});
  REQUIRE_FALSE(life.stage().sent.empty());
  CHECK(life.stage().sent.front() == sent.back());
  life.stage().supervisor->told(sent.back(), {sent.back().id, MessageEnd::expired, 7, "HTTP 500"});
  life.stage().drain();
  for (const Message& later : life.stage().sent) CHECK(later.id >= sent.back().id);
}

}  // namespace
}  // namespace heald::test
