// What the journal already allows for need not wait for it.

#include <algorithm>
#include <catch2/catch.hpp>

#include "runtime/arming.hpp"
#include "runtime/stage.hpp"

namespace heald::test {
namespace {

using Mode = ScriptedJournal::Mode;

const ServiceId web{0};

JournalEntry rules_entry() {
  JournalEntry entry;
  entry.event = Event{Instant{}, PolicyLoaded{}};
  return entry;
}

JournalEntry resting(std::uint64_t generation) {
  JournalEntry entry;
  ServiceState state;
  state.running = true;
  state.generation = Generation{generation};
  entry.changed.emplace_back(web, std::move(state));
  return entry;
}

TEST_CASE("a process that rests by a durable entry may be followed by the very next") {
  Arming arming;
  arming.appended(1, rules_entry());
  arming.appended(2, resting(7));
  arming.written(1);
  CHECK_FALSE(arming.allows(web, Generation{8}));
  arming.written(2);
  CHECK(arming.allows(web, Generation{8}));
  CHECK_FALSE(arming.allows(web, Generation{9}));
  CHECK_FALSE(arming.allows(ServiceId{1}, Generation{8}));
}

TEST_CASE("a later entry that is not durable yet takes the allowance back") {
  Arming arming;
  arming.appended(1, rules_entry());
  arming.appended(2, resting(7));
  arming.written(2);
  arming.appended(3, resting(7));
  CHECK_FALSE(arming.allows(web, Generation{8}));
  arming.written(3);
  CHECK(arming.allows(web, Generation{8}));
  SECTION("as do other rules") {
    arming.appended(4, rules_entry());
    CHECK_FALSE(arming.allows(web, Generation{8}));
    arming.written(4);
    CHECK(arming.allows(web, Generation{8}));
  }
}

TEST_CASE("what is acted upon, stopped or has ended is not allowed for") {
  for (int what = 0; what < 3; ++what) {
    Arming arming;
    JournalEntry entry = resting(7);
    ServiceState& state = entry.changed.front().second;
    if (what == 0) state.activity = Activity::verifying;
    if (what == 1) state.desired = Desired::stopped;
    if (what == 2) state.running = false;
    arming.appended(1, rules_entry());
    arming.appended(2, entry);
    arming.written(2);
    CHECK_FALSE(arming.allows(web, Generation{8}));
  }
}

TEST_CASE("what was on its way when the journal failed allows for nothing") {
  Arming arming;
  arming.appended(1, rules_entry());
  arming.written(1);
  arming.appended(2, resting(7));
  arming.appended(3, JournalEntry{});
  arming.failed();
  arming.written(3);
  CHECK_FALSE(arming.allows(web, Generation{8}));
}

/// A stage on which a process runs, is verified, and all of that is durable.
struct Resting : Stage {
  Resting() {
    begin(policy_of({process_service("web")}));
    CHECK(until([this] {
      const auto page = board.find("web");
      return page && page->state.activity == Activity::idle && page->state.running;
    }));
    drain();
    scripted.mode = Mode::waits;
  }
  void end_process() {
    supervisor->exited({id("web"), board.find("web")->state.generation,
                        ExitStatus{ExitStatus::Kind::signaled, 9, false}});
  }
};

TEST_CASE("the first restart of a resting process waits for no write") {
  Resting stage;
  const std::size_t before = stage.actuator.orders.size();
  stage.end_process();
  stage.drain();
  REQUIRE(stage.actuator.orders.size() == before + 1);
  CHECK(kind_of(stage.actuator.orders.back().action) == ActionKind::restart);
  CHECK(stage.actuator.orders.back().at_once);
  CHECK_FALSE(stage.actuator.orders.front().at_once);
  stage.scripted.mode = Mode::works;
  stage.scripted.release();
  stage.drain();
  CHECK(stage.actuator.orders.size() == before + 1);  // once
}

TEST_CASE("a restart that needed no write is not withheld when that fails") {
  Resting stage;
  stage.scripted.mode = Mode::fails;
  stage.end_process();
  stage.drain();
  CHECK(stage.actuator.count(ActionKind::restart) == 1);
  CHECK_FALSE(stage.observer.saw(RecordKind::action_withheld));
}

TEST_CASE("the restart after that waits for its intent") {
  Resting stage;
  stage.end_process();
  stage.drain();
  REQUIRE(stage.actuator.count(ActionKind::restart) == 1);
  stage.end_process();
  const auto intended = [&] {
    return std::ranges::count_if(stage.observer.records, [](const Record& record) {
             return record.kind == RecordKind::action_intended &&
                    record.action_kind == ActionKind::restart;
           }) == 2;
  };
  REQUIRE(stage.until(intended));
  stage.drain();
  CHECK(stage.actuator.count(ActionKind::restart) == 1);
  stage.scripted.mode = Mode::works;
  stage.scripted.release();
  REQUIRE(stage.until([&] { return stage.actuator.count(ActionKind::restart) == 2; }));
}

}  // namespace
}  // namespace heald::test
