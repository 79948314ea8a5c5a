#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "journal/codec.hpp"
#include "journal/entries.hpp"
#include "journal/event_log.hpp"
#include "journal/recovery.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {
namespace {

/// A state folder with a journal that an older heald wrote.
class Older {
 public:
  Older() {
    std::ostringstream sql;
    sql << std::ifstream{HEALD_FORMAT_1}.rdbuf();
    REQUIRE_FALSE(sql.str().empty());
    Database database{journal_path(path()), Database::Access::create};
    database.run(sql.str());
  }
  [[nodiscard]] std::string path() const { return folder_.path(); }
  [[nodiscard]] std::int64_t number(const std::string& sql) const { return count(path(), sql); }
  void run(const std::string& sql) const {
    Database{journal_path(path()), Database::Access::write}.run(sql);
  }

 private:
  TemporaryFolder folder_;
};

TEST_CASE("a journal of format 1 is brought to the present one and keeps what it holds") {
  const Older older;
  const auto events = older.number("SELECT count(*) FROM events");
  const auto records = older.number("SELECT count(*) FROM records");
  REQUIRE(events > 5);
  {
    const auto opened = open(older.path(), small_options());
    CHECK(opened.recovered.damage.empty());
    REQUIRE(opened.recovered.snapshot.has_value());
    const Snapshot& found = *opened.recovered.snapshot;
    REQUIRE(found.services.size() == 2);
    CHECK(found.services[0].activity == Activity::latched);
    CHECK(found.services[0].incident->closing == Closing::open);
    CHECK(found.services[1].desired == Desired::stopped);
    CHECK(found.daemon.next_incident == 2);
    CHECK(found.daemon.storm_let.empty());
    CHECK(append(*opened.journal, entry(20'000)).empty());
  }
  CHECK(older.number("SELECT count(*) FROM events") == events + 1);
  CHECK(older.number("SELECT count(*) FROM records") == records + 1);
  CHECK(older.number("SELECT count(*) FROM incidents WHERE closing = 'open'") == 1);
  const auto log = open_event_log(older.path());
  REQUIRE(log.has_value());
  CHECK_FALSE((*log)->lives().front().life.has_value());
  CHECK((*log)->lives().back().life.has_value());
  CHECK((*log)->snapshot(2)->services[1].desired == Desired::stopped);
}

TEST_CASE("what the state of a format 1 journal has already is not replaced") {
  const Older older;
  older.run("UPDATE daemon SET state = json_set(state, '$.storm_let', "
            "json('{\"all\":[\"web\"]}'))");
  const auto opened = open(older.path(), small_options());
  CHECK(opened.recovered.damage.empty());
  CHECK(opened.recovered.snapshot->daemon.storm_let.at("all").front() == "web");
}

TEST_CASE("an upgrade that breaks off leaves the journal as it was") {
  const Older older;
  older.run("CREATE TABLE gaps(stands_in_the_way INTEGER)");  // the last but one that is made
  const auto opened = open(older.path(), small_options());
  const std::string aside = opened.recovered.kept_aside;
  REQUIRE_FALSE(aside.empty());
  Database database{aside, Database::Access::read};
  CHECK(database.integer("PRAGMA user_version") == 1);
  CHECK(database.integer("SELECT count(*) FROM pragma_table_info('starts')") == 4);
  CHECK(database.integer("SELECT count(*) FROM snapshots") == 1);
}

TEST_CASE("only the heald that runs on it upgrades a journal, a reader says what it is") {
  const Older older;
  const auto refused = open_event_log(older.path());
  REQUIRE_FALSE(refused.has_value());
  CHECK_THAT(refused.error().message, Catch::Contains("its format is 1"));
  CHECK(older.number("PRAGMA user_version") == 1);
  older.run("PRAGMA user_version = 999");
  CHECK_THAT(open_event_log(older.path()).error().message, Catch::Contains("its format is 999"));
}

}  // namespace
}  // namespace heald::test
