#include "replay/replay.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "journal/database.hpp"
#include "journal/recovery.hpp"
#include "journal/sqlite_journal.hpp"
#include "policy/load.hpp"
#include "replay/story.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {
namespace {

constexpr std::string_view rules = R"(
services:
  web:
    external: {restart: ["true"]}
    probes:
      answers: {exec: ["true"], interval: 2s, timeout: 1s, failure_threshold: 3}
    remediation: [{restart: {}, attempts: 2, verify: {within: 10s, stable_for: 2s}}]
)";

/// One life of heald on a state folder: an engine, driven by hand, and its real journal.
class Lived {
 public:
  explicit Lived(const std::string& folder, Instant begin) : now_(begin) {
    const std::vector<RuleFile> files{{"heald.yaml", std::string{rules}}};
    const auto policy = std::make_shared<const Policy>(*parse_rule_files(files).policy);
    revision_ = policy->revision;
    JournalOptions options;
    options.reserve = Bytes{0};
    options.life.seed = 7;
    auto opened = open_journal(folder, std::move(options));
    REQUIRE(opened.has_value());
    journal_ = std::move(opened->journal);
    journal_->keep_rules(revision_, files);
    const bool restored = opened->recovered.snapshot.has_value();
    if (restored) engine_.restore(*std::move(opened->recovered.snapshot));
    step(PolicyLoaded{policy});
    if (restored) step(Restarted{});
    step(AdoptionFinished{});
  }

  /// Looks every two seconds, so often, and comes back whenever it is asked to.
  void look(Outcome outcome, int times) {
    for (int i = 0; i < times; ++i) {
      const Instant next = now_ + 2s;
      while (wake_at_ < next) {
        now_ = std::max(now_, wake_at_);
        step(Tick{});
      }
      now_ = next;
      Observation seen{.service = {}, .probe = {}, .run = ProbeRun{++run_}, .outcome = outcome,
                       .answered = true, .begun = now_ - 1ms, .took = 1ms, .evidence = {}};
      if (outcome == Outcome::fail) seen.evidence = "exited with status 1";
      step(seen);
    }
  }

  [[nodiscard]] Instant now() const { return now_; }

 private:
  void step(decltype(Event::input) input) {
    const Event event{now_, std::move(input)};
    const Decision& decision = engine_.step(event);
    wake_at_ = decision.wake_at;
    JournalEntry entry;
    entry.at = now_;
    entry.wall = WallTime{} + std::chrono::duration_cast<WallTime::duration>(
                                  now_.time_since_epoch());
    entry.rules_revision = revision_;
    entry.records.assign(decision.records.begin(), decision.records.end());
    for (const ServiceId id : decision.changed) entry.changed.emplace_back(id, engine_.state(id));
    if (decision.daemon_changed) entry.daemon = engine_.daemon();
    std::vector<ActionId> acts;
    for (const Command& command : decision.commands) {
      if (const auto* act = std::get_if<ActCommand>(&command)) acts.push_back(act->order.id);
    }
    if (decision.marked) {
      entry.event = event;
      journal_->append(std::move(entry), {});
    }
    for (const ActionId id : acts) {
      step(ActionFinished{{.id = id, .result = ActionResult::done, .pid = {}, .evidence = "ran",
                           .generation = {}}});
    }
  }

  Engine engine_{7};
  std::unique_ptr<Journal> journal_;
  std::string revision_;
  Instant now_;
  Instant wake_at_ = never;
  std::uint64_t run_ = 1'000'000;
};

/// Two lives: a failure that is healed, and one that recovers while heald is back.
void live_twice(const std::string& folder) {
  Instant end{100s};
  {
    Lived first{folder, end};
    first.look(Outcome::pass, 3);
    first.look(Outcome::fail, 3);
    first.look(Outcome::pass, 10);
    end = first.now();
  }
  Lived second{folder, end + 5s};
  second.look(Outcome::pass, 2);
  second.look(Outcome::fail, 3);
  second.look(Outcome::pass, 10);
}

Replayed replayed(const std::string& folder) {
  auto log = open_event_log(folder);
  REQUIRE(log.has_value());
  auto result = replay(**log);
  REQUIRE(result.has_value());
  return *std::move(result);
}

void run(const std::string& folder, const std::string& sql) {
  Database database{journal_path(folder), Database::Access::write};
  database.run("PRAGMA foreign_keys = ON");
  database.run(sql);
}

TEST_CASE("a journal of several lives replays to identical decisions") {
  const TemporaryFolder folder;
  live_twice(folder.path());
  const Replayed result = replayed(folder.path());
  if (result.difference) FAIL(result.difference->mismatch.what << result.difference->input);
  CHECK(result.whole());
  CHECK(result.lives.size() == 2);
  CHECK(result.lives.back().decisions > 5);
  Database database{journal_path(folder.path()), Database::Access::read};
  CHECK(static_cast<std::int64_t>(result.decisions()) ==
        database.integer("SELECT count(*) FROM events"));
}

TEST_CASE("a changed record is named as the first difference") {
  const TemporaryFolder folder;
  live_twice(folder.path());
  run(folder.path(), "UPDATE records SET text = 'nothing happened' WHERE kind = 'verdict'");
  const Replayed result = replayed(folder.path());
  REQUIRE(result.difference.has_value());
  CHECK(result.difference->mismatch.service == "web");
  CHECK_THAT(result.difference->mismatch.what, Catch::Contains("verdict"));
  CHECK(result.difference->mismatch.expected == "nothing happened");
  CHECK_FALSE(result.difference->mismatch.got.empty());
}

TEST_CASE("an observation that was changed changes what follows, and a state shows it too") {
  const TemporaryFolder folder;
  live_twice(folder.path());
  SECTION("an event") {
    run(folder.path(), "UPDATE events SET payload = replace(payload, '\"fail\"', '\"unknown\"') "
                       "WHERE seq = (SELECT min(seq) FROM events WHERE payload LIKE '%\"fail\"%')");
    REQUIRE(replayed(folder.path()).difference.has_value());
  }
  SECTION("the order of two") {
    run(folder.path(), "UPDATE events SET seq = -1 WHERE seq = 7; "
                       "UPDATE events SET seq = 7 WHERE seq = 6; "
                       "UPDATE events SET seq = 6 WHERE seq = -1");
    const Replayed result = replayed(folder.path());
    REQUIRE(result.difference.has_value());
    CHECK(result.difference->event == 6);
  }
  SECTION("the state that a life began with") {
    run(folder.path(), "UPDATE snapshot_state SET state = replace(state, '\"restarts\":1', "
                       "'\"restarts\":5')");
    const Replayed result = replayed(folder.path());
    REQUIRE(result.difference.has_value());
    CHECK(result.difference->mismatch.what == "state: restarts");
    CHECK(result.difference->mismatch.expected == "5");
  }
  SECTION("the newest state") {
    run(folder.path(), "UPDATE state SET state = replace(state, '\"healthy\"', '\"unhealthy\"')");
    const Replayed result = replayed(folder.path());
    REQUIRE(result.difference.has_value());
    CHECK(result.difference->mismatch.what == "state: health");
    CHECK(result.difference->mismatch.got == "\"healthy\"");
  }
}

TEST_CASE("when the beginning was forgotten, replay begins where a life's beginning is kept") {
  const TemporaryFolder folder;
  live_twice(folder.path());
  run(folder.path(), "DELETE FROM events WHERE seq < 4");
  Replayed result = replayed(folder.path());
  CHECK_FALSE(result.difference.has_value());
  REQUIRE(result.lives.size() == 2);
  CHECK_THAT(result.lives.front().not_replayed, Catch::Contains("forgotten"));
  CHECK(result.lives.front().decisions == 0);
  CHECK(result.lives.back().not_replayed.empty());
  CHECK(result.lives.back().decisions > 5);
  run(folder.path(), "DELETE FROM snapshots");
  result = replayed(folder.path());
  CHECK(result.decisions() == 0);
  CHECK_FALSE(result.whole());
}

TEST_CASE("what was given up is named, and the next life is replayed again") {
  const TemporaryFolder folder;
  live_twice(folder.path());
  run(folder.path(), "DELETE FROM records WHERE event = 5; DELETE FROM events WHERE seq = 5; "
                     "UPDATE events SET seq = seq - 1 WHERE seq > 5; "
                     "UPDATE records SET event = event - 1 WHERE event > 5; "
                     "UPDATE snapshots SET seq = seq - 1; "
                     "INSERT INTO gaps VALUES (4, 1, 0, 1, 1, 0)");
  const Replayed result = replayed(folder.path());
  CHECK_FALSE(result.difference.has_value());
  CHECK_THAT(result.lives.front().not_replayed, Catch::Contains("1 events after event 4"));
  CHECK(result.lives.front().decisions == 4);
  CHECK(result.lives.back().not_replayed.empty());
}

TEST_CASE("an event that is missing is a difference, also where its absence changes nothing") {
  const TemporaryFolder folder;
  live_twice(folder.path());
  run(folder.path(), "DELETE FROM events WHERE seq = 5");
  const Replayed result = replayed(folder.path());
  REQUIRE(result.difference.has_value());
  CHECK(result.difference->event == 6);
  CHECK(result.difference->mismatch.what == "what came before");
  CHECK(result.difference->mismatch.expected == "event 5");
  CHECK(result.difference->mismatch.got == "event 4");
  CHECK(result.decisions() == 4);
}

TEST_CASE("a life of another engine, or without its rules, is not compared") {
  const TemporaryFolder folder;
  live_twice(folder.path());
  SECTION("engine") {
    run(folder.path(), "UPDATE starts SET engine = 999 WHERE start = 1");
    const Replayed result = replayed(folder.path());
    CHECK_THAT(result.lives.front().not_replayed, Catch::Contains("revision 999"));
    CHECK(result.lives.back().decisions > 5);
  }
  SECTION("an older heald, of which only the start is known") {
    run(folder.path(), "UPDATE starts SET seed = NULL, started_ms = 1000 WHERE start = 1");
    const Replayed result = replayed(folder.path());
    CHECK_THAT(result.lives.front().not_replayed, Catch::Contains("kept neither its seed"));
    CHECK(result.lives.front().started == WallTime{1s});
    CHECK(result.lives.back().not_replayed.empty());
  }
  SECTION("rules") {
    run(folder.path(), "UPDATE rules SET text = NULL");
    CHECK_THAT(replayed(folder.path()).lives.front().not_replayed, Catch::Contains("not kept"));
  }
}

TEST_CASE("a journal at rest is read without leaving anything beside it") {
  const TemporaryFolder folder;
  live_twice(folder.path());
  std::filesystem::create_directory(folder.path() + "/100%?#");
  const std::string copy = folder.path() + "/100%?#/journal.db";
  run(folder.path(), "PRAGMA wal_checkpoint(TRUNCATE)");
  std::filesystem::copy_file(journal_path(folder.path()), copy);
  auto log = open_event_log(copy);
  REQUIRE(log.has_value());
  CHECK(replay(**log)->whole());
  CHECK_FALSE(std::filesystem::exists(copy + "-wal"));
  CHECK_FALSE(std::filesystem::exists(copy + "-shm"));
}

TEST_CASE("what is no journal is refused") {
  const TemporaryFolder folder;
  CHECK_FALSE(open_event_log(folder.path()).has_value());
  CHECK_FALSE(open_event_log("/etc/hostname").has_value());
}

TEST_CASE("an incident's story tells what came in, by which rule, and the proof") {
  const TemporaryFolder folder;
  live_twice(folder.path());
  auto log = open_event_log(folder.path());
  const auto story = tell_story(**log, IncidentId{1});
  REQUIRE(story.has_value());
  REQUIRE(story->has_value());
  CHECK((*story)->proven);
  CHECK((*story)->service == "web");
  const auto& steps = (*story)->steps;
  REQUIRE(steps.size() > 3);
  CHECK(steps[0].input == "probe answers failed: exited with status 1");
  CHECK(steps[0].progress == "1 of 3 failures");
  CHECK(steps[2].progress == "3 of 3 failures");
  REQUIRE_FALSE(steps[2].decisions.empty());
  CHECK(steps[2].decisions.front().rule == "failure_threshold: 3, interval: 2s");
  bool healed = false;
  for (const StoryStep& step : steps) {
    for (const StoryDecision& each : step.decisions) {
      if (each.record.verdict != Verdict::healed) continue;
      healed = true;
      CHECK(each.rule == "verify: within: 10s, stable_for: 2s");
      CHECK_FALSE(each.record.text.empty());
    }
  }
  CHECK(healed);
  CHECK_FALSE(tell_story(**open_event_log(folder.path()), IncidentId{99})->has_value());
}

}  // namespace
}  // namespace heald::test
