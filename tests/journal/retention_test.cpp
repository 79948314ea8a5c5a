#include "journal/retention.hpp"

#include <catch2/catch.hpp>

#include "journal/entries.hpp"
#include "journal/recovery.hpp"
#include "journal/schema.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {
namespace {

JournalEntry closed_incident(std::int64_t seconds, std::uint64_t id) {
  JournalEntry closing = entry(seconds);
  Record& record = closing.records.front();
  record.kind = RecordKind::incident_closed;
  record.incident = IncidentId{id};
  record.closing = Closing::healed;
  Incident done = incident(id, seconds - 1);
  done.closed = at(seconds);
  done.closing = Closing::healed;
  closing.changed.front().second.incident = done;
  return closing;
}

/// Slot 1, `db`, has incident 1 open, and action 1 without an outcome, from second 1 on. Slot 0
/// has an incident every ten seconds that closes at once.
void fill(const std::string& folder, std::int64_t seconds, std::size_t text) {
  JournalOptions options;
  options.reserve = Bytes{0};
  const auto opened = open(folder, options);
  JournalEntry first = intent(1, 1, 1);
  first.records.front().service = ServiceId{1};
  first.changed.front().first = ServiceId{1};
  first.changed.front().second.name = "db";
  first.changed.emplace_back(ServiceId{0}, service("web"));
  for (std::uint64_t id = 1; id <= 2; ++id) {
    Message message;
    message.id = MessageId{id};
    message.told = at(1);
    first.messages.push_back(message);
  }
  first.message_outcomes = {{MessageId{1}, MessageEnd::delivered, 1, ""}};
  opened.journal->append(first, {});
  for (std::int64_t second = 2; second <= seconds; ++second) {
    const bool closes = second % 10 == 0;
    JournalEntry next =
        closes ? closed_incident(second, static_cast<std::uint64_t>(second)) : entry(second);
    next.records.front().text.append(text, 'x');
    opened.journal->append(std::move(next), {});
  }
}

void forget(const std::string& folder, const Retention& limits, std::int64_t now) {
  Database database{journal_path(folder), Database::Access::write};
  configure_writer(database);
  HistoryRetention retention{database};
  while (retention.step(limits, at(now))) {
  }
  database.checkpoint(Database::Checkpoint::truncate);
}

void expect_kept(const std::string& folder) {
  CHECK(count(folder, "SELECT count(*) FROM incidents WHERE id = 1 AND closing = 'open'") == 1);
  CHECK(count(folder, "SELECT count(*) FROM actions WHERE id = 1 AND result IS NULL") == 1);
  CHECK(count(folder, "SELECT count(*) FROM state") == 2);
  CHECK(count(folder, "SELECT count(*) FROM messages WHERE id = 2") == 1);
  CHECK(open(folder).recovered.snapshot->services.size() == 2);
}

TEST_CASE("history older than the limit is forgotten, what is still open is not") {
  const TemporaryFolder folder;
  fill(folder.path(), 3000, 10);
  Retention limits;
  limits.max_age = 1000s;
  forget(folder.path(), limits, 3000);
  CHECK(count(folder.path(), "SELECT min(at_ns) / 1000000000 FROM events") == 2000);
  CHECK(count(folder.path(), "SELECT min(at_ns) / 1000000000 FROM records WHERE incident <> 1") ==
        2000);
  CHECK(count(folder.path(), "SELECT min(id) FROM incidents WHERE closing <> 'open'") == 2000);
  CHECK(count(folder.path(), "SELECT count(*) FROM records WHERE incident = 1") == 1);
  CHECK(count(folder.path(), "SELECT count(*) FROM messages WHERE id = 1") == 0);
  expect_kept(folder.path());
}

TEST_CASE("a wall clock a year ahead forgets nothing") {
  const TemporaryFolder folder;
  {
    const auto opened = open(folder.path());
    for (int second = 1; second <= 50; ++second) {
      JournalEntry next = entry(second);
      if (second > 25) next.wall += std::chrono::hours{24 * 365};
      CHECK(append(*opened.journal, next).empty());
    }
  }
  forget(folder.path(), Retention{}, 50);
  CHECK(count(folder.path(), "SELECT count(*) FROM events") == 50);
}

TEST_CASE("the file comes down to the size allowed, oldest history first") {
  const TemporaryFolder folder;
  fill(folder.path(), 6000, 1000);
  Retention limits;
  limits.max_size = Bytes{2ULL << 20U};
  REQUIRE(std::filesystem::file_size(journal_path(folder.path())) > 3 * limits.max_size.count);
  forget(folder.path(), limits, 6000);
  CHECK(std::filesystem::file_size(journal_path(folder.path())) <= limits.max_size.count);
  CHECK(count(folder.path(), "SELECT max(at_ns) / 1000000000 FROM events") == 6000);
  CHECK(count(folder.path(), "SELECT count(*) FROM events") > 500);
  CHECK(count(folder.path(), "SELECT count(*) FROM records WHERE incident = 1") == 1);
  expect_kept(folder.path());
}

TEST_CASE("one endless incident cannot grow the journal beyond its size") {
  const TemporaryFolder folder;
  {
    const auto opened = open(folder.path());
    CHECK(append(*opened.journal, intent(1, 1, 1)).empty());
    for (int second = 2; second <= 6000; ++second) {
      JournalEntry next = entry(second);
      next.changed.clear();
      next.records.front().incident = IncidentId{1};
      next.records.front().text.append(1000, 'x');
      opened.journal->append(std::move(next), {});
    }
  }
  Retention limits;
  limits.max_size = Bytes{2ULL << 20U};
  forget(folder.path(), limits, 6000);
  CHECK(std::filesystem::file_size(journal_path(folder.path())) <= limits.max_size.count);
  CHECK(count(folder.path(), "SELECT count(*) FROM incidents WHERE closing = 'open'") == 1);
  CHECK(count(folder.path(), "SELECT max(at_ns) / 1000000000 FROM records") == 6000);
}

TEST_CASE("at any moment all that was decided at a kept event is kept as well") {
  const TemporaryFolder folder;
  {
    const auto opened = open(folder.path());
    for (int second = 1; second <= 3000; ++second) {
      JournalEntry next = entry(second);
      if (second <= 2000) next.records.clear();
      opened.journal->append(std::move(next), {});
    }
  }
  Database database{journal_path(folder.path()), Database::Access::write};
  configure_writer(database);
  HistoryRetention retention{database};
  Retention limits;
  limits.max_age = 100s;
  bool more = true;
  for (int steps = 1; more; ++steps) {
    more = retention.step(limits, at(3000));
    INFO("after " << steps << " steps");
    CHECK(database.integer("SELECT count(*) FROM events WHERE at_ns > 2000000000000 AND "
                           "seq NOT IN (SELECT event FROM records)") == 0);
  }
  CHECK(database.integer("SELECT min(at_ns) / 1000000000 FROM events") == 2900);
  CHECK(database.integer("SELECT min(at_ns) / 1000000000 FROM records") == 2900);
}

TEST_CASE("a life that follows forgotten events begins where these ended, and so does its gap") {
  const TemporaryFolder folder;
  for (int second = 1; second <= 3; ++second) {
    CHECK(append(*open(folder.path()).journal, entry(second)).empty());
  }
  { Database{journal_path(folder.path()), Database::Access::write}.run("DELETE FROM events"); }
  CHECK(append(*open(folder.path()).journal, entry(4)).empty());
  CHECK(count(folder.path(), "SELECT seq FROM events") == 4);
  CHECK(count(folder.path(), "SELECT seq FROM snapshots ORDER BY start DESC LIMIT 1") == 3);
  // A gap right at the beginning of a life is told as long as that life can be replayed.
  { Database{journal_path(folder.path()), Database::Access::write}.run(
        "INSERT INTO gaps VALUES (3, 4, 0, 1, 1, 0), (2, 3, 0, 1, 1, 0)"); }
  forget(folder.path(), Retention{}, 10);
  CHECK(count(folder.path(), "SELECT count(*) FROM gaps") == 2);
  Retention limits;
  limits.max_age = 7s;
  forget(folder.path(), limits, 10);
  CHECK(count(folder.path(), "SELECT seq FROM gaps") == 3);
  CHECK(count(folder.path(), "SELECT count(*) FROM gaps") == 1);
}

TEST_CASE("a journal at work keeps itself to its size") {
  const TemporaryFolder folder;
  JournalOptions options = small_options();
  options.retention.max_size = Bytes{1ULL << 20U};
  {
    const auto opened = open(folder.path(), options);
    for (int second = 1; second <= 400; ++second) {
      JournalEntry next = entry(second);
      next.records.front().text.append(std::size_t{16} * 1024, 'x');
      CHECK(append(*opened.journal, next).empty());
    }
  }
  // 6.4 MiB were written; what is above the limit is what one run may still have had to do.
  CHECK(std::filesystem::file_size(journal_path(folder.path())) < 2 * (1ULL << 20U));
}

TEST_CASE("new limits hold from the next run on") {
  const TemporaryFolder folder;
  JournalOptions options = small_options();
  options.retention.max_age = 1h;
  {
    const auto opened = open(folder.path(), options);
    for (int second = 1; second <= 100; ++second) {
      CHECK(append(*opened.journal, entry(second)).empty());
    }
    opened.journal->retain(Retention{options.retention.max_size, 10s});
    CHECK(append(*opened.journal, entry(101)).empty());
    CHECK(append(*opened.journal, entry(102)).empty());
  }
  CHECK(count(folder.path(), "SELECT min(at_ns) / 1000000000 FROM events") >= 91);
}

}  // namespace
}  // namespace heald::test
