#include <catch2/catch.hpp>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include "journal/entries.hpp"
#include "journal/event_log.hpp"
#include "journal/lock.hpp"
#include "journal/recovery.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {
namespace {

TEST_CASE("an intent is on disk before its callback") {
  const TemporaryFolder folder;
  const auto opened = open(folder.path());
  std::int64_t seen = -1;
  opened.journal->append(intent(1, 5, 3), [&](const std::string& why_not) {
    if (why_not.empty()) {
      seen = count(folder.path(), "SELECT count(*) FROM actions WHERE id = 5 AND result IS NULL");
    }
  });
  opened.journal->flush();
  CHECK(seen == 1);
}

TEST_CASE("entries that wait together are committed together, and answered in order") {
  const TemporaryFolder folder;
  const auto opened = open(folder.path());
  constexpr int entries = 500;
  std::mutex mutex;
  std::condition_variable changed;
  bool in_callback = false;
  bool go_on = false;
  // The first callback holds the journal's thread until everything else is appended.
  opened.journal->append(entry(1), [&](const std::string&) {
    std::unique_lock lock{mutex};
    in_callback = true;
    changed.notify_all();
    changed.wait(lock, [&] { return go_on; });
  });
  std::vector<int> order;
  {
    std::unique_lock lock{mutex};
    changed.wait(lock, [&] { return in_callback; });
  }
  for (int i = 0; i < entries; ++i) {
    opened.journal->append(entry(2 + i), [&order, i](const std::string&) { order.push_back(i); });
  }
  {
    const std::lock_guard lock{mutex};
    go_on = true;
  }
  changed.notify_all();
  opened.journal->flush();
  const JournalStats stats = opened.journal->stats();
  CHECK(stats.entries == entries + 1);
  CHECK(stats.commits == 2);
  REQUIRE(order.size() == entries);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("appends from several threads are all answered") {
  const TemporaryFolder folder;
  const auto opened = open(folder.path());
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        opened.journal->append(entry(i), [&](const std::string& why_not) {
          answered += why_not.empty() ? 1 : 0;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  opened.journal->flush();
  CHECK(answered == 400);
  CHECK(count(folder.path(), "SELECT count(*) FROM events") == 400);
}

TEST_CASE("what is appended before the end is answered before the journal is gone") {
  const TemporaryFolder folder;
  int answered = 0;
  {
    const auto opened = open(folder.path());
    for (int i = 0; i < 50; ++i) {
      opened.journal->append(entry(i), [&](const std::string&) { ++answered; });
    }
  }
  CHECK(answered == 50);
  CHECK(count(folder.path(), "SELECT count(*) FROM events") == 50);
}

TEST_CASE("the state and the time go on where they stopped") {
  const TemporaryFolder folder;
  JournalOptions options;
  options.boot_id = "boot-1";
  {
    const auto opened = open(folder.path(), options);
    CHECK_FALSE(opened.recovered.snapshot);
    CHECK_FALSE(opened.recovered.last);
    JournalEntry first = entry(1);
    first.changed.emplace_back(ServiceId{1}, service("db"));
    first.daemon = DaemonState{};
    first.daemon->next_action = 40;
    CHECK(append(*opened.journal, first).empty());
    CHECK(append(*opened.journal, entry(9)).empty());
  }
  {
    const auto opened = open(folder.path(), options);
    REQUIRE(opened.recovered.snapshot);
    const Snapshot& snapshot = *opened.recovered.snapshot;
    REQUIRE(snapshot.services.size() == 2);
    CHECK(snapshot.services[0].name == "web");
    CHECK(snapshot.services[0].restarts == 9);
    CHECK(snapshot.services[1].name == "db");
    CHECK(snapshot.daemon.next_action == 40);
    CHECK(snapshot.daemon.now == at(9));
    CHECK(opened.recovered.last == at(9));
    CHECK(opened.recovered.same_boot);
    CHECK(opened.recovered.boottime_at_last > Duration{});
    CHECK(opened.recovered.rules_revision == "r1");
    CHECK(opened.recovered.kept_aside.empty());
  }
  options.boot_id = "boot-2";
  CHECK_FALSE(open(folder.path(), options).recovered.same_boot);
}

TEST_CASE("numbers that were given out are not given out again") {
  const TemporaryFolder folder;
  CHECK(append(*open(folder.path()).journal, intent(1, 12, 8)).empty());
  const auto opened = open(folder.path());
  REQUIRE(opened.recovered.snapshot);
  CHECK(opened.recovered.snapshot->daemon.next_action == 13);
  CHECK(opened.recovered.snapshot->daemon.next_incident == 9);
}

TEST_CASE("a wall clock set back a day changes the wall column only") {
  const TemporaryFolder folder;
  {
    const auto opened = open(folder.path());
    CHECK(append(*opened.journal, entry(10)).empty());
    JournalEntry later = entry(20);
    later.wall -= std::chrono::hours{24};
    CHECK(append(*opened.journal, later).empty());
  }
  CHECK(count(folder.path(), "SELECT count(*) FROM records a, records b WHERE b.seq > a.seq "
                             "AND b.wall_ms < a.wall_ms AND b.at_ns > a.at_ns") == 1);
  CHECK(open(folder.path()).recovered.last == at(20));
}

TEST_CASE("a second heald on the same folder is refused, by the pid of the first") {
  const TemporaryFolder folder;
  const auto first = open(folder.path());
  const auto second = open_journal(folder.path(), {});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().message == "cannot use " + folder.path() + ": another heald (pid " +
                                      std::to_string(::getpid()) + ") uses it");
}

TEST_CASE("a folder is free again when its holder has ended") {
  const TemporaryFolder folder;
  { const auto first = open(folder.path()); }
  CHECK(open_journal(folder.path(), {}).has_value());
}

TEST_CASE("a state folder is made where there is none") {
  const TemporaryFolder folder;
  CHECK(open_journal(folder.path() + "/var/lib/heald", {}).has_value());
  const auto impossible = open_journal("/proc/heald", {});
  REQUIRE_FALSE(impossible.has_value());
  CHECK_THAT(impossible.error().message, Catch::Contains("/proc/heald"));
}

TEST_CASE("the state that each life began with is kept, as it was") {
  const TemporaryFolder folder;
  append(*open(folder.path(), small_options()).journal, entry(1));
  append(*open(folder.path(), small_options()).journal, entry(2));
  { const auto idle = open(folder.path(), small_options()); }  // it wrote nothing, and left nothing
  append(*open(folder.path(), small_options()).journal, entry(3));
  const auto log = open_event_log(folder.path());
  REQUIRE(log.has_value());
  REQUIRE((*log)->lives().size() == 3);
  CHECK_FALSE((*log)->lives()[0].snapshot_after.has_value());
  CHECK((*log)->lives()[1].snapshot_after == 1);
  CHECK((*log)->lives()[2].snapshot_after == 2);
  CHECK((*log)->snapshot(3)->services.front().restarts == 2);
  CHECK((*log)->newest()->services.front().restarts == 3);
}

TEST_CASE("what is left over is looked for once the folder is nobody else's") {
  const TemporaryFolder folder;
  JournalOptions options = small_options();
  options.find_left_over = [&] {
    CHECK_FALSE(StateLock::take(folder.path()).has_value());
    return std::vector<std::string>{"old"};
  };
  const auto opened = open(folder.path(), options);
  CHECK(opened.life.left_over == std::vector<std::string>{"old"});
  append(*opened.journal, entry(1));
  CHECK((*open_event_log(folder.path()))->lives().front().life == opened.life);
}

TEST_CASE("a life's facts and the text of its rules are kept, the text once") {
  const TemporaryFolder folder;
  JournalOptions options = small_options();
  options.life.seed = 0xfedcba9876543210U;
  options.life.observe = true;
  options.life.left_over = {"old", "older"};
  const std::vector<RuleFile> files{{"heald.yaml", "include: [a.yaml]\n"}, {"a.yaml", "#"}};
  {
    const auto opened = open(folder.path(), options);
    JournalEntry first = entry(1);
    first.rules_revision = "abc+removed";
    opened.journal->keep_rules("abc", files);
    append(*opened.journal, first);
    first.rules_revision = "abc";
    append(*opened.journal, first);
  }
  const auto log = open_event_log(folder.path());
  REQUIRE(log.has_value());
  CHECK((*log)->lives().front().life == options.life);
  CHECK(*(*log)->rules("abc") == files);
  CHECK((*log)->rules("other")->empty());
  CHECK(count(folder.path(), "SELECT count(*) FROM rules") == 1);
}

Message message(std::uint64_t id, const std::string& receiver) {
  return {MessageId{id}, receiver, "web",   IncidentId{3},          Occasion::latched,
          true,          at(5),    "{\"message\": \"" + receiver + "\"}"};
}

TEST_CASE("messages without an outcome are there again, oldest first, and no id comes twice") {
  const TemporaryFolder folder;
  {
    const auto opened = open(folder.path());
    CHECK(opened.recovered.messages.empty());
    CHECK(opened.recovered.last_message == MessageId{});
    JournalEntry told = entry(1);
    told.messages = {message(7, "oncall"), message(8, "pager"), message(9, "mail")};
    CHECK(append(*opened.journal, told).empty());
    JournalEntry over = entry(2);
    over.message_outcomes = {{MessageId{8}, MessageEnd::delivered, 2, ""}};
    CHECK(append(*opened.journal, over).empty());
  }
  {
    const auto opened = open(folder.path());
    CHECK(opened.recovered.messages == std::vector{message(7, "oncall"), message(9, "mail")});
    CHECK(opened.recovered.last_message == MessageId{9});
    JournalEntry over = entry(3);
    over.message_outcomes = {{MessageId{7}, MessageEnd::expired, 30, "HTTP 503"},
                             {MessageId{9}, MessageEnd::delivered, 1, ""}};
    CHECK(append(*opened.journal, over).empty());
  }
  CHECK(open(folder.path()).recovered.messages.empty());
  CHECK(text(folder.path(), "SELECT outcome || ' ' || attempts || ' ' || problem FROM "
                            "message_list WHERE id = 7") == "expired 30 HTTP 503");
  Database{journal_path(folder.path()), Database::Access::write}.run("DELETE FROM messages");
  CHECK(open(folder.path()).recovered.last_message == MessageId{9});
}

TEST_CASE("a message that cannot be read makes the journal a damaged one") {
  const TemporaryFolder folder;
  JournalEntry told = entry(1);
  told.messages = {message(7, "oncall")};
  CHECK(append(*open(folder.path()).journal, told).empty());
  Database{journal_path(folder.path()), Database::Access::write}.run(
      "UPDATE messages SET occasion = 'opene'");
  CHECK_THAT(open(folder.path()).recovered.damage,
             Catch::Contains("a message has the unknown occasion 'opene'"));
}

TEST_CASE("people can read the times") {
  const TemporaryFolder folder;
  CHECK(append(*open(folder.path()).journal, intent(61, 1, 1)).empty());
  CHECK(text(folder.path(), "SELECT time FROM timeline") == "2026-01-01T00:01:01.000Z");
  CHECK(text(folder.path(), "SELECT opened FROM incident_list") == "2026-01-01T00:01:01.000Z");
  CHECK(text(folder.path(), "SELECT intended FROM action_list") == "2026-01-01T00:01:01.000Z");
  CHECK(text(folder.path(), "SELECT time FROM event_list") == "2026-01-01T00:01:01.000Z");
}

}  // namespace
}  // namespace heald::test
