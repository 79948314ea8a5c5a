#include "logs/log_reader.hpp"

#include "logs/log_file.hpp"
#include "logs/writing.hpp"

using namespace heald;
using namespace heald::test;

namespace {

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("the last lines are those that were printed last") {
  TemporaryFolder folder;
  Printer web{folder.path()};
  web.print("one\ntwo\nthree\n");
  CHECK(texts(last_of(web.paths, 2)) == Lines{"two", "three"});
  CHECK(texts(last_of(web.paths, 9)) == Lines{"one", "two", "three"});
  CHECK(last_of(web.paths, 0).lines.empty());
  CHECK(last_of(web.paths, 0).next == 14);
}

TEST_CASE("no log is an empty page") {
  TemporaryFolder folder;
  CHECK(last_of({folder.path(), "web"}, 5).lines.empty());
  CHECK(from({folder.path(), "web"}, 0, 5).lines.empty());
}

TEST_CASE("a line without its end is told as such, and comes again whole") {
  TemporaryFolder folder;
  Printer web{folder.path()};
  web.print("one\ntw");
  const auto page = last_of(web.paths, 5);
  CHECK(texts(page) == Lines{"one", "tw"});
  CHECK_FALSE(page.lines.back().whole);
  CHECK(from(web.paths, page.next, 5).lines.empty());
  web.print("o\n");
  CHECK(texts(from(web.paths, page.next, 5)) == Lines{"two"});
}

TEST_CASE("who follows gets each line once, however few at a time") {
  TemporaryFolder folder;
  Printer web{folder.path()};
  web.print("a\nb\nc\nd\n");
  std::uint64_t next = 0;
  Lines seen;
  for (int turn = 0; turn < 4; ++turn) {
    const auto page = from(web.paths, next, 1);
    REQUIRE(page.lines.size() == 1);
    seen.push_back(page.lines.front().text);
    next = page.next;
  }
  CHECK(seen == Lines{"a", "b", "c", "d"});
  CHECK(from(web.paths, next, 1).lines.empty());
}

TEST_CASE("a line that never ends comes in pieces") {
  TemporaryFolder folder;
  Printer web{folder.path()};
  web.print(std::string(longest_log_line + 10, 'x') + "\nend\n");
  const auto page = from(web.paths, 0, 9);
  REQUIRE(page.lines.size() == 3);
  CHECK(page.lines[0].text.size() == longest_log_line);
  CHECK(page.lines[1].text == "xxxxxxxxxx");
  CHECK(page.lines[2].text == "end");
}

TEST_CASE("lines have the time at which they came, and none when nobody looked") {
  TemporaryFolder folder;
  Printer web{folder.path()};
  web.print("before\n");
  LogFile log{web.paths, {1 << 20, 3}};
  REQUIRE(log.find().has_value());
  web.print("first\nof them\n");
  REQUIRE(log.look(second(10)).has_value());
  web.print("second\n");
  REQUIRE(log.look(second(20)).has_value());
  web.print("not looked at\n");
  const auto lines = last_of(web.paths, 9).lines;
  REQUIRE(lines.size() == 5);
  CHECK_FALSE(lines[0].at);
  CHECK(lines[1].at == second(10));
  CHECK(lines[2].at == second(10));
  CHECK(lines[3].at == second(20));
  CHECK(lines[4].at == second(1000));  // nobody has looked yet: it came at this moment
}

TEST_CASE("more than a megabyte is read in several pages, and nothing twice") {
  TemporaryFolder folder;
  Printer web{folder.path()};
  const std::string line(999, 'y');
  for (int number = 0; number < 3000; ++number) web.print(line + "\n");
  std::uint64_t next = 0;
  std::size_t seen = 0;
  for (int page = 0; page < 4; ++page) {
    const auto found = from(web.paths, next, 10'000);
    seen += found.lines.size();
    next = found.next;
  }
  CHECK(seen == 3000);
  CHECK(next == 3'000'000);
}
