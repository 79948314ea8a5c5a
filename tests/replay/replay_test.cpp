#include "replay/replay.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "journal/database.hpp"
#include "journal/recovery.hpp"
#include "replay/lived.hpp"
#include "replay/story.hpp"
#include "replay/wording.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {
namespace {

Replayed replayed(const std::string& folder) {
  auto log = open_event_log(folder);
  REQUIRE(log.has_value());
  auto result = replay(**log);
  REQUIRE(result.has_value());
  return *std::move(result);
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
  change(folder.path(), "UPDATE records SET text = 'nothing happened' WHERE kind = 'verdict'");
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
    change(folder.path(),
           "UPDATE events SET payload = replace(payload, '\"fail\"', '\"unknown\"') "
           "WHERE seq = (SELECT min(seq) FROM events WHERE payload LIKE '%\"fail\"%')");
    REQUIRE(replayed(folder.path()).difference.has_value());
  }
  SECTION("the order of two") {
    change(folder.path(), "UPDATE events SET seq = -1 WHERE seq = 7; "
                       "UPDATE events SET seq = 7 WHERE seq = 6; "
                       "UPDATE events SET seq = 6 WHERE seq = -1");
    const Replayed result = replayed(folder.path());
    REQUIRE(result.difference.has_value());
    CHECK(result.difference->event == 6);
  }
  SECTION("the state that a life began with") {
    change(folder.path(), "UPDATE snapshot_state SET state = replace(state, '\"restarts\":1', "
                       "'\"restarts\":5')");
    const Replayed result = replayed(folder.path());
    REQUIRE(result.difference.has_value());
    CHECK(result.difference->mismatch.what == "state: restarts");
    CHECK(result.difference->mismatch.expected == "5");
  }
  SECTION("the newest state") {
    change(folder.path(),
           "UPDATE state SET state = replace(state, '\"healthy\"', '\"unhealthy\"')");
    const Replayed result = replayed(folder.path());
    REQUIRE(result.difference.has_value());
    CHECK(result.difference->mismatch.what == "state: health");
    CHECK(result.difference->mismatch.got == "\"healthy\"");
  }
}

TEST_CASE("when the beginning was forgotten, replay begins where a life's beginning is kept") {
  const TemporaryFolder folder;
  live_twice(folder.path());
  change(folder.path(), "DELETE FROM events WHERE seq < 4");
  Replayed result = replayed(folder.path());
  CHECK_FALSE(result.difference.has_value());
  REQUIRE(result.lives.size() == 2);
  CHECK_THAT(result.lives.front().not_replayed, Catch::Contains("forgotten"));
  CHECK(result.lives.front().decisions == 0);
  CHECK(result.lives.back().not_replayed.empty());
  CHECK(result.lives.back().decisions > 5);
  change(folder.path(), "DELETE FROM snapshots");
  result = replayed(folder.path());
  CHECK(result.decisions() == 0);
  CHECK_FALSE(result.whole());
}

TEST_CASE("what was given up is named, and the next life is replayed again") {
  const TemporaryFolder folder;
  live_twice(folder.path());
  change(folder.path(), "DELETE FROM records WHERE event = 5; DELETE FROM events WHERE seq = 5; "
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
  change(folder.path(), "DELETE FROM events WHERE seq = 5");
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
    change(folder.path(), "UPDATE starts SET engine = 999 WHERE start = 1");
    const Replayed result = replayed(folder.path());
    CHECK_THAT(result.lives.front().not_replayed, Catch::Contains("revision 999"));
    CHECK(result.lives.back().decisions > 5);
  }
  SECTION("an older heald, of which only the start is known") {
    change(folder.path(), "UPDATE starts SET seed = NULL, started_ms = 1000 WHERE start = 1");
    const Replayed result = replayed(folder.path());
    CHECK_THAT(result.lives.front().not_replayed, Catch::Contains("kept neither its seed"));
    CHECK(result.lives.front().started == WallTime{1s});
    CHECK(result.lives.back().not_replayed.empty());
  }
  SECTION("rules") {
    change(folder.path(), "UPDATE rules SET text = NULL");
    CHECK_THAT(replayed(folder.path()).lives.front().not_replayed, Catch::Contains("not kept"));
  }
}

TEST_CASE("a journal at rest is read without leaving anything beside it") {
  const TemporaryFolder folder;
  live_twice(folder.path());
  std::filesystem::create_directory(folder.path() + "/100%?#");
  const std::string copy = folder.path() + "/100%?#/journal.db";
  change(folder.path(), "PRAGMA wal_checkpoint(TRUNCATE)");
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

TEST_CASE("the rule behind a record is that of what it says, and none where none is known") {
  ServicePolicy policy;
  policy.probes.emplace_back();
  policy.probes.front().name = "answers";
  Record record;
  record.kind = RecordKind::condition_changed;
  record.condition = "answers";
  record.text = "unknown: no pass or fail for three intervals";
  CHECK(rule_behind(record, &policy) == "interval: 10s");
  record.text = "fail: HTTP 503";
  CHECK(rule_behind(record, &policy) == "failure_threshold: 3, interval: 10s");
  record.text = "pass";
  CHECK(rule_behind(record, &policy) == "success_threshold: 1");
  record.kind = RecordKind::verdict;
  CHECK(rule_behind(record, &policy) == "verify: within: 30s, stable_for: 10s");
  CHECK(rule_behind(record, nullptr).empty());
}

TEST_CASE("an incident's story tells what came in, by which rule, and the proof") {
  const TemporaryFolder folder;
  live_twice(folder.path());
  auto log = open_event_log(folder.path());
  const auto story = tell_story(**log, IncidentId{1});
  REQUIRE(story.has_value());
  REQUIRE(story->has_value());
  CHECK((*story)->not_proven.empty());
  CHECK((*story)->beginning_kept);
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
