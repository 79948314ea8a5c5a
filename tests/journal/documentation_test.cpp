#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "journal/history_examples.hpp"
#include "journal/recovery.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {
namespace {

std::string page() {
  std::ifstream file{HEALD_JOURNAL_PAGE};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// What the page shows in its block of SQL.
std::string queries_of(const std::string& page) {
  const std::string fence = "```sql\n";
  const std::size_t begin = page.find(fence) + fence.size();
  return page.substr(begin, page.find("```", begin) - begin);
}

TEST_CASE("the queries of the documentation run") {
  const TemporaryFolder folder;
  const auto opened = open(folder.path());
  tell_history(*opened.journal);
  Database database{journal_path(folder.path()), Database::Access::read};
  const std::string sql = queries_of(page());
  const char* rest = sql.c_str();
  int queries = 0;
  while (true) {
    sqlite3_stmt* statement = nullptr;
    INFO(rest);
    REQUIRE(sqlite3_prepare_v2(database.handle(), rest, -1, &statement, &rest) == SQLITE_OK);
    if (statement == nullptr) break;
    int code = SQLITE_ROW;
    while (code == SQLITE_ROW) code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    CHECK(code == SQLITE_DONE);
    ++queries;
  }
  CHECK(queries == 10);
}

TEST_CASE("every table and view is documented") {
  const TemporaryFolder folder;
  const auto opened = open(folder.path());
  Database database{journal_path(folder.path()), Database::Access::read};
  Statement names{database, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') "
                            "AND name NOT LIKE 'sqlite_%'"};
  const std::string text = page();
  Rows rows = names.rows();
  while (rows.next()) CHECK_THAT(text, Catch::Contains(rows.text(0)));
}

}  // namespace
}  // namespace heald::test
