#include "logs/log_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/vfs.h>

#include <filesystem>

#include "logs/writing.hpp"

using namespace heald;
using namespace heald::test;

namespace {

using Lines = std::vector<std::string>;

/// One line of 100 bytes with its number in it.
std::string line(int number) {
  auto text = std::to_string(number);
  return std::string(99 - text.size(), '.') + text;
}

/// Lines from `first` up to `last`.
Lines numbered(int first, int last) {
  Lines lines;
  for (int number = first; number <= last; ++number) lines.push_back(line(number));
  return lines;
}

/// A folder on tmpfs, which cannot take out the beginning of a file.
class MemoryFolder {
 public:
  MemoryFolder() { std::filesystem::create_directory(path_); }
  ~MemoryFolder() { std::filesystem::remove_all(path_); }
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;
  [[nodiscard]] std::string path() const { return path_; }

 private:
  std::string path_ = "/dev/shm/heald-logs-test-" + std::to_string(::getpid());
};

/// Prints a thousand lines, a hundred between two looks.
void print_thousand(Printer& web, LogFile& log) {
  for (int number = 1; number <= 1000; ++number) {
    web.print(line(number) + "\n");
    if (number % 100 == 0) REQUIRE(log.look(second(number)).has_value());
  }
}

std::uintmax_t size_of(const std::string& path) {
  return std::filesystem::exists(path) ? std::filesystem::file_size(path) : 0;
}

}  // namespace

TEST_CASE("a log is read as one over all of its files, with its times") {
  const TemporaryFolder on_disk;
  const MemoryFolder in_memory;
  for (const auto& folder : {on_disk.path(), in_memory.path()}) {
    CAPTURE(folder);
    Printer web{folder};
    LogFile log{web.paths, {30'000, 9}};
    print_thousand(web, log);
    CHECK(size_of(web.paths.log(1)) > 0);
    CHECK(size_of(web.paths.log(3)) > 0);
    const auto page = from(web.paths, 0, 9999);
    CHECK(texts(page) == numbered(1, 1000));
    for (const auto& printed : page.lines) {
      const int number = std::stoi(printed.text.substr(printed.text.find_last_of('.') + 1));
      REQUIRE(printed.at == second((number + 99) / 100 * 100));
    }
    CHECK(page.next == 100'000);
    CHECK(texts(last_of(web.paths, 500)) == numbered(501, 1000));
  }
}

TEST_CASE("no more is kept than the bounds allow") {
  const TemporaryFolder folder;
  Printer web{folder.path()};
  LogFile log{web.paths, {30'000, 2}};
  print_thousand(web, log);
  std::uintmax_t all = 0;
  for (const auto& entry : std::filesystem::directory_iterator{folder.path()}) {
    const std::string name = entry.path().filename();
    if (!name.ends_with(".times")) all += entry.file_size();
  }
  // What came between two looks is on top of each.
  CHECK(all < 3 * (30'000 + 10'000));
  CHECK_FALSE(std::filesystem::exists(web.paths.log(3)));
  CHECK(texts(last_of(web.paths, 200)) == numbered(801, 1000));
}

TEST_CASE("without older files only the newest is kept") {
  const TemporaryFolder folder;
  Printer web{folder.path()};
  LogFile log{web.paths, {30'000, 0}};
  print_thousand(web, log);
  CHECK(size_of(web.paths.log()) < 40'000);
  CHECK_FALSE(std::filesystem::exists(web.paths.log(1)));
  CHECK(last_of(web.paths, 1).lines.front().text == line(1000));
  CHECK(last_of(web.paths, 1).next == 100'000);
}

TEST_CASE("who follows misses nothing over a new file") {
  const TemporaryFolder folder;
  Printer web{folder.path()};
  LogFile log{web.paths, {1 << 20, 3}};
  web.print("one\ntwo\n");
  REQUIRE(log.look(second(1)).has_value());
  const auto next = last_of(web.paths, 1).next;
  web.print(std::string(9000, 'x') + "\n");
  REQUIRE(log.look(second(2)).has_value());
  REQUIRE(log.renew().has_value());
  web.print("three\n");
  REQUIRE(log.look(second(3)).has_value());
  const auto page = from(web.paths, next, 9);
  CHECK(texts(page) == Lines{std::string(9000, 'x'), "three"});
  CHECK(page.lines.back().at == second(3));
}

TEST_CASE("the next heald goes on where the last one ended") {
  const TemporaryFolder folder;
  Printer web{folder.path()};
  {
    LogFile log{web.paths, {1 << 20, 3}};
    web.print("one\n");
    REQUIRE(log.look(second(1)).has_value());
  }
  web.print("alone\n");
  LogFile log{web.paths, {1 << 20, 3}};
  REQUIRE(log.find().has_value());
  web.print("two\n");
  REQUIRE(log.look(second(2)).has_value());
  const auto lines = last_of(web.paths, 9).lines;
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].at == second(1));
  CHECK_FALSE(lines[1].at);
  CHECK(lines[2].at == second(2));
}

TEST_CASE("what somebody else empties or takes away is begun anew, further on") {
  const TemporaryFolder folder;
  Printer web{folder.path()};
  LogFile log{web.paths, {1 << 20, 3}};
  web.print("one\ntwo\n");
  REQUIRE(log.look(second(1)).has_value());
  const auto next = last_of(web.paths, 1).next;
  std::filesystem::resize_file(web.paths.log(), 0);
  web.print("new\n");
  REQUIRE(log.look(second(2)).has_value());
  const auto page = from(web.paths, next, 9);
  CHECK(texts(page) == Lines{"new"});
  CHECK(page.lines.front().at == second(2));
  std::filesystem::remove(web.paths.log());
  CHECK(log.look(second(3)).has_value());
}

TEST_CASE("a log that cannot be moved stays as it is, and says why") {
  const TemporaryFolder folder;
  Printer web{folder.path()};
  LogFile log{web.paths, {1 << 20, 3}};
  web.print("one\n");
  REQUIRE(log.look(second(1)).has_value());
  std::filesystem::create_directory(web.paths.log() + ".new");
  const auto done = log.renew();
  REQUIRE(done.has_error());
  CHECK_THAT(done.error().message, Catch::StartsWith("cannot open " + web.paths.log() + ".new"));
  CHECK(texts(last_of(web.paths, 9)) == Lines{"one"});
}

TEST_CASE("what could not be moved is tried again after a while, and not at every look") {
  const TemporaryFolder folder;
  Printer web{folder.path()};
  LogFile log{web.paths, {1000, 3}};
  std::filesystem::create_directory(web.paths.log() + ".new");
  web.print(std::string(2000, 'x') + "\n");
  CHECK(log.look(second(1)).has_error());
  CHECK(log.look(second(2)).has_value());
  CHECK(log.look(second(62)).has_error());
  std::filesystem::remove(web.paths.log() + ".new");
  CHECK(log.look(second(130)).has_value());
  CHECK(std::filesystem::exists(web.paths.log(1)));
}

TEST_CASE("a log that its service has locked is moved and read all the same") {
  const TemporaryFolder folder;
  Printer web{folder.path()};
  LogFile log{web.paths, {1 << 20, 3}};
  web.print("one\n");
  const Fd service{::open(web.paths.log().c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)};
  REQUIRE(::flock(service.get(), LOCK_EX) == 0);
  CHECK(log.renew().has_value());
  CHECK(std::filesystem::exists(web.paths.log(1)));
  CHECK(texts(last_of(web.paths, 9)) == Lines{"one"});
}

TEST_CASE("what cannot be put away is not taken out") {
  const TemporaryFolder folder;
  Printer web{folder.path()};
  LogFile log{web.paths, {1 << 20, 3}};
  for (const std::uint32_t number : {1U, 2U, 3U}) {
    std::filesystem::create_directories(web.paths.log(number) + "/full");
  }
  for (int number = 1; number <= 1000; ++number) web.print(line(number) + "\n");
  CHECK(log.renew().has_error());
  CHECK(size_of(web.paths.log()) == 100'000);
}

TEST_CASE("fewer older files than before are kept when fewer are wanted") {
  const TemporaryFolder folder;
  Printer web{folder.path()};
  LogFile log{web.paths, {30'000, 3}};
  print_thousand(web, log);
  REQUIRE(std::filesystem::exists(web.paths.log(3)));
  log.set_bounds({30'000, 1});
  REQUIRE(log.renew().has_value());
  CHECK(std::filesystem::exists(web.paths.log(1)));
  for (const std::uint32_t number : {2U, 3U}) {
    CHECK_FALSE(std::filesystem::exists(web.paths.log(number)));
    CHECK_FALSE(std::filesystem::exists(web.paths.times(number)));
  }
}

TEST_CASE("of a log that nobody kept within its bounds only the end is kept") {
  const TemporaryFolder folder;
  Printer web{folder.path()};
  LogFile log{web.paths, {30'000, 3}};
  web.print("begin\n");
  REQUIRE(log.look(second(1)).has_value());
  // A hole of a terabyte would fill any disk if it were copied.
  std::filesystem::resize_file(web.paths.log(), std::uintmax_t{1} << 40);
  web.print("\n");
  for (int number = 1; number <= 100; ++number) web.print(line(number) + "\n");
  REQUIRE(log.look(second(2)).has_value());
  CHECK(size_of(web.paths.log()) < 30'000);
  CHECK(size_of(web.paths.log(1)) <= 30'000);
  const auto last = last_of(web.paths, 100);
  CHECK(texts(last) == numbered(1, 100));
  CHECK(last.lines.front().at == second(2));
}

TEST_CASE("times are bounded as well, for who prints a letter at a time") {
  const TemporaryFolder folder;
  Printer web{folder.path()};
  LogFile log{web.paths, {10'000, 2}};
  for (int number = 1; number <= 2000; ++number) {
    web.print("x");
    REQUIRE(log.look(second(number)).has_value());
  }
  CHECK(size_of(web.paths.times()) <= 10'000 + 100);
  CHECK(size_of(web.paths.times(1)) <= 10'000 + 100);
  CHECK(from(web.paths, 0, 1).lines.empty());  // no line has ended yet
}
