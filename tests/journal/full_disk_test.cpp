#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <csignal>
#include <fstream>
#include <mutex>

#include "journal/entries.hpp"
#include "journal/scratch_mount.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {
namespace {

/// A disk of 3 MiB.
class SmallDisk {
 public:
  SmallDisk() : mount_(folder_.path(), 0, "size=3m") {
    if (!mount_.mounted()) WARN("skipped: mounting is not permitted");
  }

  [[nodiscard]] bool mounted() const { return mount_.mounted(); }
  [[nodiscard]] std::string path() const { return folder_.path(); }
  [[nodiscard]] bool has(const std::string& name) const {
    return std::filesystem::exists(folder_.file(name));
  }
  /// Takes all the space that is left.
  void fill(const std::string& name) const {
    std::ofstream file{folder_.file(name), std::ios::binary};
    const std::string block(4096, 'x');
    while (file.write(block.data(), 4096).flush()) {
    }
  }
  void clear(const std::string& name) const { std::filesystem::remove(folder_.file(name)); }

 private:
  TemporaryFolder folder_;
  ScratchMount mount_;
};

/// What the journal tells about itself, to be waited for.
class Changes {
 public:
  auto listener() {
    return [this](const JournalChanged& change) {
      const std::lock_guard lock{mutex_};
      seen_.push_back(change);
      changed_.notify_all();
    };
  }
  JournalChanged wait_for(std::size_t number) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return seen_.size() >= number; });
    return seen_.at(number - 1);
  }
  std::size_t count() {
    const std::lock_guard lock{mutex_};
    return seen_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<JournalChanged> seen_;
};

/// Too large to fit into what the log has allocated already.
JournalEntry large_entry(std::int64_t seconds) {
  JournalEntry large = entry(seconds);
  large.records.front().text.append(std::size_t{64} * 1024, 'x');
  return large;
}

/// Appends until one entry is answered with why it is not durable.
std::string append_until_refused(Journal& journal, std::int64_t& seconds) {
  constexpr int enough = 200;
  for (int i = 0; i < enough; ++i) {
    const std::string why_not = append(journal, large_entry(++seconds));
    if (!why_not.empty()) return why_not;
  }
  return "";
}

TEST_CASE("on a full disk the reserve is released, then entries are refused, then it works again") {
  const SmallDisk disk;
  if (!disk.mounted()) return;
  Changes changes;
  JournalOptions options = small_options();
  options.on_change = changes.listener();
  std::int64_t seconds = 0;
  {
    const auto opened = open(disk.path(), options);
    CHECK(append(*opened.journal, entry(++seconds)).empty());
    CHECK(disk.has("reserve"));

    disk.fill("filler");
    // How much the log has allocated already varies; the reserve goes once that is used up. Whether
    // it is still gone cannot be asked: a checkpoint may make room for it again at any moment.
    const auto releases = [&] {
      return count(disk.path(), "SELECT count(*) FROM records WHERE text LIKE "
                                "'%reserve of 262144 bytes was released'");
    };
    for (int i = 0; i < 200 && releases() == 0; ++i) {
      REQUIRE(append(*opened.journal, large_entry(++seconds)).empty());
    }
    CHECK(releases() >= 1);

    const std::string why_not = append_until_refused(*opened.journal, seconds);
    CHECK_THAT(why_not, Catch::Contains("journal.db") && Catch::Contains("full"));
    CHECK(changes.wait_for(1).what == JournalChanged::What::fails);
    CHECK(changes.wait_for(1).why == why_not);
    CHECK_FALSE(opened.journal->stats().works);
    CHECK_FALSE(append(*opened.journal, intent(++seconds, 7, 2)).empty());
    CHECK(changes.count() == 1);

    disk.clear("filler");
    CHECK(changes.wait_for(2).what == JournalChanged::What::works);
    // What was refused is history all the same: it is written when there is room.
    CHECK(count(disk.path(), "SELECT count(*) FROM events") == seconds);
    CHECK(count(disk.path(), "SELECT count(*) FROM actions WHERE id = 7") == 1);
    CHECK(append(*opened.journal, entry(++seconds)).empty());
    opened.journal->flush();
  }
  const auto opened = open(disk.path(), options);
  CHECK(disk.has("reserve"));
  CHECK(opened.recovered.kept_aside.empty());
  CHECK(opened.recovered.last == at(seconds));
}

TEST_CASE("what only a replay needs does not use up the reserve, and comes when there is room") {
  const SmallDisk disk;
  if (!disk.mounted()) return;
  const JournalOptions options = small_options();
  REQUIRE(options.reserve.count == std::size_t{256} << 10U);
  JournalEntry many = entry(1);
  many.changed.emplace_back(ServiceId{1}, service("db"));
  many.changed.back().second.hold =
      Hold{Guard::pause, {}, std::string(std::size_t{300} << 10U, 'x'), {}, never};
  { CHECK(append(*open(disk.path(), options).journal, many).empty()); }
  const auto opened = open(disk.path(), options);
  opened.journal->keep_rules("r2", {{"heald.yaml", std::string(std::size_t{300} << 10U, '#')}});
  disk.fill("filler");
  JournalEntry first = intent(2, 7, 2);
  first.rules_revision = "r2";
  CHECK(append(*opened.journal, first).empty());
  CHECK(count(disk.path(), "SELECT count(*) FROM actions WHERE id = 7") == 1);
  CHECK(count(disk.path(), "SELECT count(*) FROM snapshots") == 0);
  disk.clear("filler");
  CHECK(append(*opened.journal, entry(3)).empty());
  CHECK(count(disk.path(), "SELECT length(text) > 300000 FROM rules WHERE revision = 'r2'") == 1);
  CHECK(count(disk.path(), "SELECT count(*) FROM snapshots") == 0);
}

TEST_CASE("a disk that is full for long costs history, but no state and no incident") {
  const SmallDisk disk;
  if (!disk.mounted()) return;
  Changes changes;
  JournalOptions options = small_options();
  options.most_waiting = 30;
  options.on_change = changes.listener();
  const auto opened = open(disk.path(), options);
  std::int64_t seconds = 0;
  disk.fill("filler");
  CHECK_FALSE(append_until_refused(*opened.journal, seconds).empty());
  opened.journal->append(intent(++seconds, 7, 2), {});
  for (int i = 0; i < 200; ++i) opened.journal->append(entry(++seconds), {});
  disk.clear("filler");
  CHECK(changes.wait_for(2).what == JournalChanged::What::works);
  CHECK(append(*opened.journal, entry(++seconds)).empty());
  CHECK(opened.journal->stats().lost > 0);
  CHECK(count(disk.path(), "SELECT count(*) FROM events") < seconds);
  CHECK(count(disk.path(), "SELECT count(*) FROM records WHERE text LIKE 'history was lost%'") >=
        1);
  CHECK(count(disk.path(), "SELECT count(*) FROM incidents WHERE id = 2") == 1);
  CHECK(count(disk.path(), "SELECT count(*) FROM actions WHERE id = 7") == 1);
  CHECK(count(disk.path(), "SELECT json_extract(state, '$.restarts') FROM state") == seconds);
}

TEST_CASE("a journal opens on a disk that is full already") {
  const SmallDisk disk;
  if (!disk.mounted()) return;
  { CHECK(append(*open(disk.path(), small_options()).journal, entry(1)).empty()); }
  disk.fill("filler");
  const auto opened = open(disk.path(), small_options());
  CHECK(opened.recovered.last == at(1));
  CHECK(append(*opened.journal, entry(2)).empty());
}

/// No file may be larger than this while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_);
    set(bytes);
  }
  ~FileSizeLimit() {
    set(old_.rlim_cur);
    std::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void set(rlim_t bytes) const {
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  rlimit old_{};
  void (*old_handler_)(int) = nullptr;
};

TEST_CASE("a journal that may not grow refuses, and works again when it may") {
  const TemporaryFolder folder;
  Changes changes;
  JournalOptions options = small_options();
  options.on_change = changes.listener();
  const auto opened = open(folder.path(), options);
  CHECK(append(*opened.journal, entry(1)).empty());
  {
    const FileSizeLimit limit{40 * 1024};
    CHECK_FALSE(append(*opened.journal, large_entry(2)).empty());
    CHECK(changes.wait_for(1).what == JournalChanged::What::fails);
  }
  CHECK(append(*opened.journal, large_entry(3)).empty());
  CHECK(changes.wait_for(2).what == JournalChanged::What::works);
  CHECK(count(folder.path(), "SELECT count(*) FROM events") == 3);
}

TEST_CASE("the end of a journal that fails answers what waits") {
  const TemporaryFolder folder;
  int refused = 0;
  {
    const auto opened = open(folder.path(), small_options());
    CHECK(append(*opened.journal, entry(1)).empty());
    const FileSizeLimit limit{40 * 1024};
    for (int i = 0; i < 10; ++i) {
      opened.journal->append(large_entry(2 + i), [&](const std::string& why_not) {
        refused += why_not.empty() ? 0 : 1;
      });
    }
    opened.journal->flush();
  }
  CHECK(refused == 10);
}

}  // namespace
}  // namespace heald::test
