#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>

#include "base/fd.hpp"
#include "journal/entries.hpp"
#include "journal/reader.hpp"
#include "journal/recovery.hpp"
#include "journal/scratch_mount.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {
namespace {

/// The appender as a child, and what it says through a pipe.
class Appender {
 public:
  explicit Appender(const std::string& folder) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    output_.reset(ends[0]);
    const Fd input{ends[1]};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input.get(), STDOUT_FILENO);
    std::string program = HEALD_APPENDER;
    std::string argument = folder;
    std::array<char*, 3> argv{program.data(), argument.data(), nullptr};
    REQUIRE(::posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Appender() { kill(); }
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  /// The next number that was told durable; 0 when the child has ended.
  std::int64_t next() {
    std::int64_t number = 0;
    return ::read(output_.get(), &number, sizeof number) == sizeof number ? number : 0;
  }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  Fd output_;
  pid_t pid_ = -1;
};

TEST_CASE("everything that was told durable is there after a SIGKILL") {
  const TemporaryFolder folder;
  std::int64_t entries = 0;
  for (const int let_live : {1, 57, 400}) {
    Appender appender{folder.path()};
    std::int64_t last = 0;
    for (int i = 0; i < let_live; ++i) last = appender.next();
    REQUIRE(last > 0);
    appender.kill();
    while (const std::int64_t more = appender.next()) last = more;
    entries += last;
    const auto opened = open(folder.path());
    CHECK(opened.recovered.kept_aside.empty());
    REQUIRE(opened.recovered.snapshot);
    CHECK(opened.recovered.snapshot->services.at(0).restarts >=
          static_cast<std::uint64_t>(last));
    CHECK(opened.recovered.last >= at(last));
    CHECK(count(folder.path(), "SELECT count(*) FROM events") >= entries);
    CHECK(count(folder.path(), "SELECT count(*) FROM records WHERE text = 'second " +
                                   std::to_string(last) + "'") >= 1);
    entries = count(folder.path(), "SELECT count(*) FROM events");
  }
}

/// A good journal with some hundred entries, closed.
void fill(const std::string& folder) {
  const auto opened = open(folder);
  for (int i = 1; i <= 300; ++i) {
    JournalEntry large = entry(i);
    large.records.front().text.append(500, 'x');
    opened.journal->append(std::move(large), {});
  }
}

void change(const std::string& folder, const std::string& sql) {
  Database database{journal_path(folder), Database::Access::write};
  database.run(sql);
}

void expect_put_aside(const TemporaryFolder& folder, const std::string& damage) {
  const std::string damaged = folder.read("journal.db");
  {
    const auto opened = open(folder.path());
    const Recovered& recovered = opened.recovered;
    CHECK_FALSE(recovered.snapshot);
    CHECK_FALSE(recovered.last);
    CHECK_THAT(recovered.damage, Catch::Contains(damage));
    CHECK_THAT(recovered.kept_aside, Catch::StartsWith(folder.file("journal.db.corrupt-")));
    const std::string aside = std::filesystem::path{recovered.kept_aside}.filename();
    CHECK(folder.read(aside).size() == damaged.size());
    CHECK(append(*opened.journal, entry(1)).empty());
  }
  CHECK(open(folder.path()).recovered.last == at(1));
}

TEST_CASE("a damaged journal is put aside, and a new one begun") {
  const TemporaryFolder folder;
  fill(folder.path());
  const std::string path = journal_path(folder.path());
  SECTION("overwritten pages") {
    const Fd file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    const std::string noise(200 * 1024, '\x5a');
    REQUIRE(::pwrite(file.get(), noise.data(), noise.size(), 8192) > 0);
    expect_put_aside(folder, "");
  }
  SECTION("overwritten pages of the history, which the start itself does not read") {
    const Fd file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    const std::string noise(40 * 1024, '\x5a');
    const auto middle = static_cast<off_t>(std::filesystem::file_size(path) / 8192 * 4096);
    REQUIRE(::pwrite(file.get(), noise.data(), noise.size(), middle) > 0);
    expect_put_aside(folder, "is damaged");
  }
  SECTION("truncated") {
    REQUIRE(::truncate(path.c_str(), 100'000) == 0);
    expect_put_aside(folder, "");
  }
  SECTION("emptied") {
    REQUIRE(::truncate(path.c_str(), 0) == 0);
    expect_put_aside(folder, "is empty");
  }
  SECTION("a text file") {
    folder.write("journal.db", std::string(5000, 'x'));
    expect_put_aside(folder, "not a database");
  }
  SECTION("somebody else's database") {
    change(folder.path(), "PRAGMA application_id = 7");
    expect_put_aside(folder, "not a journal of heald");
  }
  SECTION("a table that is gone") {
    change(folder.path(), "DROP TABLE latest; CREATE TABLE x(y)");
    expect_put_aside(folder, "latest");
  }
  SECTION("a state that cannot be read") {
    change(folder.path(), "UPDATE state SET state = replace(state, 'idle', 'asleep')");
    expect_put_aside(folder, "web: cannot read the state of a service: activity");
  }
  SECTION("a state that can be read, but cannot be") {
    change(folder.path(), "UPDATE state SET state = replace(state, '\"idle\"', '\"acting\"')");
    expect_put_aside(folder, "service 'web': its activity and its action differ");
  }
  SECTION("a service whose state is missing") {
    change(folder.path(), "UPDATE state SET slot = 1");
    expect_put_aside(folder, "slot 0 is missing");
  }
}

TEST_CASE("a table, an index or a view that is another than heald makes is damage") {
  for (const char* change :
       {"ALTER TABLE actions RENAME COLUMN withheld TO wothheld", "DROP TABLE gaps",
        "DROP INDEX records_by_age", "DROP VIEW timeline"}) {
    const TemporaryFolder folder;
    append(*open(folder.path()).journal, entry(1));
    Database{journal_path(folder.path()), Database::Access::write}.run(change);
    INFO(change);
    const auto opened = open(folder.path());
    CHECK_THAT(opened.recovered.damage, Catch::Contains("is damaged: "));
    CHECK(append(*opened.journal, entry(2)).empty());
  }
}

TEST_CASE("what people add to a journal is none of heald's business") {
  const TemporaryFolder folder;
  append(*open(folder.path()).journal, entry(1));
  Database{journal_path(folder.path()), Database::Access::write}.run(
      "CREATE VIEW mine AS SELECT * FROM records; CREATE INDEX my_index ON records(wall_ms);"
      "ANALYZE");
  CHECK(open(folder.path()).recovered.damage.empty());
}

TEST_CASE("two journals put aside in one second get two names") {
  const TemporaryFolder folder;
  std::string first;
  for (int i = 0; i < 2; ++i) {
    folder.write("journal.db", "no journal");
    const auto opened = open(folder.path());
    CHECK(opened.recovered.kept_aside != first);
    first = opened.recovered.kept_aside;
  }
}

TEST_CASE("a journal of a newer heald is refused and left alone") {
  const TemporaryFolder folder;
  fill(folder.path());
  change(folder.path(), "PRAGMA user_version = 99");
  const std::string before = folder.read("journal.db");
  const auto opened = open_journal(folder.path(), {});
  REQUIRE_FALSE(opened.has_value());
  CHECK_THAT(opened.error().message, Catch::Contains("newer heald"));
  CHECK_THAT(opened.error().message, Catch::Contains(folder.path()));
  CHECK(folder.read("journal.db") == before);
}

TEST_CASE("a journal half made by a crash is no damage") {
  const TemporaryFolder folder;
  folder.write("journal.db.new", "half");
  const auto opened = open(folder.path());
  CHECK(opened.recovered.kept_aside.empty());
  CHECK(append(*opened.journal, entry(1)).empty());
}

/// Makes a folder read-only, by a mount where that is permitted, else by its mode.
class ReadOnly {
 public:
  explicit ReadOnly(const std::string& path) : path_(path), mount_(path, MS_RDONLY, "size=64k") {
    if (!mount_.mounted()) ::chmod(path_.c_str(), S_IRUSR | S_IXUSR);
  }
  ~ReadOnly() {
    if (!mount_.mounted()) ::chmod(path_.c_str(), S_IRWXU);
  }
  ReadOnly(const ReadOnly&) = delete;
  ReadOnly& operator=(const ReadOnly&) = delete;

 private:
  std::string path_;
  ScratchMount mount_;
};

TEST_CASE("a state folder that cannot be written is an error that names it") {
  const TemporaryFolder folder;
  const ReadOnly read_only{folder.path()};
  if (::access(folder.path().c_str(), W_OK) == 0) {
    WARN("skipped: root here may neither mount nor be denied by a mode");
    return;
  }
  const auto opened = open_journal(folder.path(), {});
  REQUIRE_FALSE(opened.has_value());
  CHECK_THAT(opened.error().message,
             Catch::StartsWith("cannot write the state folder " + folder.path()));
}

}  // namespace
}  // namespace heald::test
