#include "journal/reader.hpp"

#include <catch2/catch.hpp>
#include <functional>

#include "journal/history_examples.hpp"
#include "journal/memory_journal.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {
namespace {

/// The same history in both kinds of journal.
void with_both(const std::function<void(JournalReader&)>& check) {
  SECTION("on disk") {
    const TemporaryFolder folder;
    const auto opened = open(folder.path());
    tell_history(*opened.journal);
    const auto reader = open_reader(folder.path());
    REQUIRE(reader.has_value());
    check(**reader);
  }
  SECTION("in memory") {
    MemoryJournal journal;
    tell_history(journal);
    check(*journal.reader());
  }
}

WallTime wall(std::int64_t seconds) { return new_year + std::chrono::seconds{seconds}; }

TEST_CASE("incidents are told newest first, with all that became of them") {
  with_both([](JournalReader& reader) {
    const auto incidents = reader.incidents({});
    REQUIRE(incidents.has_value());
    REQUIRE(incidents->size() == 2);
    const IncidentRow& db = incidents->at(0);
    CHECK(db.id == IncidentId{2});
    CHECK(db.root == IncidentId{1});
    CHECK(db.service_name == "db");
    CHECK(db.closing == Closing::open);
    CHECK_FALSE(db.closed);
    const IncidentRow& web = incidents->at(1);
    CHECK(web.service_name == "web");
    CHECK(web.symptom == "connection refused");
    CHECK(web.first_symptom == wall(9));
    CHECK(web.opened == wall(10));
    CHECK(web.closing == Closing::healed);
    CHECK(web.closed == wall(20));
    CHECK(web.closed_at == at(20));
    CHECK(web.relapses == 2);
  });
}

TEST_CASE("incidents can be asked for by service, by time, open ones only, and in pages") {
  with_both([](JournalReader& reader) {
    const auto ids = [&](const IncidentQuery& query) {
      std::vector<std::uint64_t> found;
      for (const IncidentRow& row : reader.incidents(query).value()) {
        found.push_back(row.id.value());
      }
      return found;
    };
    using Ids = std::vector<std::uint64_t>;
    IncidentQuery query;
    query.service = "web";
    CHECK(ids(query) == Ids{1});
    query.service = "nobody";
    CHECK(ids(query).empty());
    query = {};
    query.which = IncidentQuery::Which::open;
    CHECK(ids(query) == Ids{2});
    query = {};
    query.since = wall(12);
    CHECK(ids(query) == Ids{2});
    query = {};
    query.limit = 1;
    CHECK(ids(query) == Ids{2});
    query.before = IncidentId{2};
    CHECK(ids(query) == Ids{1});
  });
}

TEST_CASE("an incident's story has its actions and its timeline, in order") {
  with_both([](JournalReader& reader) {
    const auto story = reader.incident(IncidentId{1});
    REQUIRE(story.has_value());
    REQUIRE(story->has_value());
    REQUIRE((*story)->actions.size() == 1);
    const ActionRow& action = (*story)->actions.front();
    CHECK(action.id == ActionId{1});
    CHECK(action.kind == ActionKind::restart);
    CHECK(action.cause == Cause::ladder);
    CHECK(action.rung == "restart");
    CHECK(action.intended == wall(10));
    CHECK(action.finished == wall(12));
    CHECK(action.result == ActionResult::done);
    CHECK(action.evidence == "pid 4711");
    CHECK(action.verdict == Verdict::not_healed);
    CHECK(action.proof == "still refused");
    std::vector<RecordKind> kinds;
    for (const RecordRow& row : (*story)->timeline) kinds.push_back(row.record.kind);
    CHECK(kinds == std::vector{RecordKind::incident_opened, RecordKind::action_intended,
                               RecordKind::action_finished, RecordKind::verdict,
                               RecordKind::incident_closed});
    CHECK_FALSE(reader.incident(IncidentId{99})->has_value());
  });
}

TEST_CASE("a record is read as it was told") {
  with_both([](JournalReader& reader) {
    RecordQuery query;
    query.kinds = {RecordKind::action_withheld};
    const auto records = reader.records(query);
    REQUIRE(records.has_value());
    REQUIRE(records->size() == 1);
    const RecordRow& row = records->front();
    CHECK(row.wall == wall(14));
    CHECK(row.service_name == "db");
    CHECK(row.record.at == at(14));
    CHECK(row.record.action == ActionId{2});
    CHECK(row.record.hold == Hold{Guard::journal, "journal", "disk full", "room", at(90)});
    CHECK(row.record.text == "disk full");
    CHECK_FALSE(row.record.verdict);
  });
}

TEST_CASE("records can be followed, paged back, and limited") {
  with_both([](JournalReader& reader) {
    const auto seqs = [&](const RecordQuery& query) {
      std::vector<std::uint64_t> found;
      for (const RecordRow& row : reader.records(query).value()) found.push_back(row.seq);
      return found;
    };
    using Seqs = std::vector<std::uint64_t>;
    CHECK(seqs({}) == Seqs{1, 2, 3, 4, 5, 6});
    RecordQuery query;
    query.after = 4;
    CHECK(seqs(query) == Seqs{5, 6});
    query = {};
    query.order = Order::newest_first;
    query.limit = 2;
    CHECK(seqs(query) == Seqs{6, 5});
    query.before = 5;
    CHECK(seqs(query) == Seqs{4, 3});
    query = {};
    query.service = "db";
    CHECK(seqs(query) == Seqs{5});
    query = {};
    query.incident = IncidentId{1};
    query.kinds = {RecordKind::verdict, RecordKind::incident_closed};
    CHECK(seqs(query) == Seqs{4, 6});
  });
}

TEST_CASE("the latest actions of a service are told newest first") {
  with_both([](JournalReader& reader) {
    const auto web = reader.actions("web", 10);
    REQUIRE(web.has_value());
    REQUIRE(web->size() == 1);
    CHECK(web->front().id == ActionId{1});
    const auto db = reader.actions("db", 10);
    REQUIRE(db->size() == 1);
    CHECK(db->front().withheld == "disk full");
    CHECK_FALSE(db->front().result);
    CHECK(reader.actions("web", 0)->empty());
  });
}

TEST_CASE("events are read back in their order") {
  with_both([](JournalReader& reader) {
    EventQuery query;
    query.after = 2;
    const auto events = reader.events(query);
    REQUIRE(events.has_value());
    REQUIRE(events->size() == 3);
    CHECK(events->front().seq == 3);
    CHECK(events->front().event.at == at(14));
    CHECK(events->front().rules_revision == "r1");
    CHECK(std::holds_alternative<Tick>(events->front().event.input));
  });
}

TEST_CASE("a damaged row is an error for its reader, not a crash") {
  const TemporaryFolder folder;
  const auto opened = open(folder.path());
  tell_history(*opened.journal);
  {
    Database database{folder.file("journal.db"), Database::Access::write};
    database.run("UPDATE incidents SET closing = 'vanished'");
    database.run("UPDATE events SET payload = '{'");
    database.run("UPDATE events SET kind = 'eclipse' WHERE seq = 1");
  }
  const auto reader = open_reader(folder.path());
  REQUIRE(reader.has_value());
  const auto incidents = (*reader)->incidents({});
  REQUIRE_FALSE(incidents.has_value());
  CHECK_THAT(incidents.error().message,
             Catch::Contains(folder.path()) && Catch::Contains("vanished"));
  CHECK_FALSE((*reader)->events({}).has_value());
  // The journal itself goes on: it writes such a row anew.
  JournalEntry again = entry(40);
  again.changed.front().second.incident = incident(1, 10);
  CHECK(append(*opened.journal, again).empty());
}

TEST_CASE("a folder without a journal cannot be read") {
  const TemporaryFolder folder;
  const auto reader = open_reader(folder.path());
  REQUIRE_FALSE(reader.has_value());
  CHECK_THAT(reader.error().message, Catch::Contains(folder.path()));
}

}  // namespace
}  // namespace heald::test
