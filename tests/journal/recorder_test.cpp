#include "journal/recorder.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <string_view>

#include "journal/recording.hpp"
#include "journal/ring_block.hpp"
#include "journal/ring_writer.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const ServicePolicy> web() {
  ServicePolicy policy;
  policy.name = "web";
  policy.probes.resize(2);
  policy.probes[0].name = "answers";
  policy.probes[1].name = "is_quick";
  return std::make_shared<const ServicePolicy>(std::move(policy));
}

Observation look(std::int64_t number, std::string evidence = {}) {
  Observation seen;
  seen.probe = ProbeIndex{static_cast<std::uint32_t>(number % 2)};
  seen.outcome = evidence.empty() ? Outcome::pass : Outcome::fail;
  seen.answered = evidence != "no answer";
  seen.begun = Instant{number * 1s};
  seen.took = 3ms;
  seen.evidence = std::move(evidence);
  return seen;
}

void record(const std::string& folder, Bytes size, std::int64_t from, std::int64_t to) {
  const auto recorder = open_recorder(folder, {size, 1U << 20U, {}});
  REQUIRE(recorder.has_value());
  const auto policy = web();
  for (std::int64_t i = from; i < to; ++i) {
    (*recorder)->record(look(i, i % 10 == 0 ? "no answer" : ""), Instant{i * 1s + 4ms}, policy);
  }
}

struct Told {
  std::vector<Recorded> seen;
  std::vector<RecordingGap> gaps;
};

Told read(const std::string& folder) {
  auto recording = Recording::open(ring_path(folder));
  REQUIRE(recording.has_value());
  Told told;
  while (auto entry = recording->next()) {
    if (const auto* gap = std::get_if<RecordingGap>(&entry->item)) told.gaps.push_back(*gap);
    if (const auto* seen = std::get_if<Recorded>(&entry->item)) told.seen.push_back(*seen);
    CHECK(entry->life.pid == ::getpid());
  }
  return told;
}

constexpr Bytes small{4 * ring_block_size};

TEST_CASE("what was recorded is read back in its order, over several lives") {
  const TemporaryFolder folder;
  record(folder.path(), small, 1, 40);
  record(folder.path(), small, 40, 60);
  const Told told = read(folder.path());
  CHECK(told.gaps.empty());
  REQUIRE(told.seen.size() == 59);
  for (std::int64_t i = 1; i < 60; ++i) {
    const Recorded& each = told.seen[static_cast<std::size_t>(i - 1)];
    CHECK(each.service == "web");
    CHECK(each.probe == (i % 2 == 0 ? "answers" : "is_quick"));
    CHECK(each.at == Instant{i * 1s + 4ms});
    CHECK(each.observation.begun == Instant{i * 1s});
    CHECK(each.observation.took == 3ms);
    CHECK(each.observation.outcome == (i % 10 == 0 ? Outcome::fail : Outcome::pass));
    CHECK(each.observation.answered == (i % 10 != 0));
    CHECK(each.observation.evidence == (i % 10 == 0 ? "no answer" : ""));
  }
}

TEST_CASE("the ring keeps the newest and does not grow") {
  const TemporaryFolder folder;
  record(folder.path(), small, 1, 15'000);
  struct stat status {};
  REQUIRE(::stat(ring_path(folder.path()).c_str(), &status) == 0);
  CHECK(status.st_size <= static_cast<off_t>(small.count));
  const Told told = read(folder.path());
  CHECK(told.gaps.empty());
  REQUIRE(told.seen.size() > 1000);
  CHECK(told.seen.size() < 14'999);
  CHECK(told.seen.back().at == Instant{14'999 * 1s + 4ms});
  for (std::size_t i = 1; i < told.seen.size(); ++i) {
    REQUIRE(told.seen[i].at - told.seen[i - 1].at == 1s);
  }
}

TEST_CASE("a recording knows whether its beginning gave way") {
  const TemporaryFolder folder;
  record(folder.path(), Bytes{ring_block_size}, 0, 10);
  CHECK_FALSE(Recording::open(ring_path(folder.path()))->lost_beginning());
  record(folder.path(), Bytes{ring_block_size}, 10, 20);
  CHECK(Recording::open(ring_path(folder.path()))->lost_beginning());
}

TEST_CASE("a ring lies beside its journal") {
  const TemporaryFolder folder;
  CHECK(ring_beside(folder.path()) == ring_path(folder.path()));
  CHECK(ring_beside(folder.file("journal.db")) == ring_path(folder.path()));
  CHECK(ring_beside("journal.db") == "./observations.ring");
}

TEST_CASE("a torn block is known by its checksum, and named as a gap") {
  const TemporaryFolder folder;
  record(folder.path(), small, 1, 2500);
  const std::size_t whole = read(folder.path()).seen.size();
  const Fd file{::open(ring_path(folder.path()).c_str(), O_RDWR)};
  char octet = 0;
  // Blocks are numbered from 1, so that the first stands second; the next one is block 2.
  const off_t place = 2 * ring_block_size + 9000;
  REQUIRE(::pread(file.get(), &octet, 1, place) == 1);
  octet = static_cast<char>(octet ^ 1);
  REQUIRE(::pwrite(file.get(), &octet, 1, place) == 1);
  const Told told = read(folder.path());
  CHECK(told.seen.size() < whole);
  REQUIRE(told.gaps.size() == 1);
  CHECK(told.gaps.front().blocks == 1);
}

TEST_CASE("what finds no room in memory is counted, here and in the ring") {
  const TemporaryFolder folder;
  std::uint64_t dropped = 0;
  {
    const auto recorder = open_recorder(folder.path(), {small, 3, {}});
    REQUIRE(recorder.has_value());
    for (int i = 1; i <= 100; ++i) (*recorder)->record(look(i), Instant{i * 1s}, web());
    dropped = (*recorder)->stats().dropped;
    CHECK((*recorder)->stats().recorded + dropped == 100);
  }
  REQUIRE(dropped > 0);
  const Told told = read(folder.path());
  std::uint64_t named = 0;
  for (const RecordingGap& gap : told.gaps) named += gap.observations;
  CHECK(named == dropped);
  CHECK(told.seen.size() + named == 100);
}

/// Writes a ring without a thread.
class Writing {
 public:
  explicit Writing(const std::string& folder)
      : writer_(Fd{::open(ring_path(folder).c_str(), O_RDWR | O_CREAT, 0600)}, 4) {
    writer_.find_end();
  }
  RingWriter& operator*() { return writer_; }
  /// Those from `from` on, before `to`.
  void put(std::int64_t from, std::int64_t to) {
    for (std::int64_t i = from; i < to; ++i) writer_.put({look(i), Instant{i * 1s + 4ms}, web_});
  }

 private:
  RingWriter writer_;
  std::shared_ptr<const ServicePolicy> web_ = web();
};

/// No file of this process may become larger: what a full disk is to one that grows.
class Full {
 public:
  explicit Full(std::size_t size) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{size, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  Full(const Full&) = delete;
  Full& operator=(const Full&) = delete;
  ~Full() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }

 private:
  rlimit before_{};
  void (*signal_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

/// All that was put stands there, or is told as lost.
void expect_complete(const Told& told, std::uint64_t put) {
  std::uint64_t lost = 0;
  for (const RecordingGap& gap : told.gaps) {
    lost += gap.observations;
    CHECK(gap.blocks == 0);
  }
  CHECK(told.seen.size() + lost == put);
}

TEST_CASE("what a full disk does not take is tried again, then given up, counted and told") {
  const TemporaryFolder folder;
  Writing ring{folder.path()};
  ring.put(1, 100);
  CHECK((*ring).flush() == 0);
  {
    // Block 1 begins at 16 KiB.
    const Full disk{ring_block_size + 3000};
    ring.put(100, 200);
    CHECK((*ring).flush() != 0);
    CHECK(read(folder.path()).seen.size() == 99);  // what stood there stands
  }
  CHECK((*ring).flush() == 0);
  CHECK(read(folder.path()).seen.size() == 199);
  CHECK((*ring).take_lost() == 0);
  std::uint64_t lost = 0;
  {
    const Full disk{ring_block_size + 4000};
    ring.put(200, 3000);
    CHECK((*ring).flush() != 0);
    lost = (*ring).take_lost();
    CHECK(lost > 1000);
  }
  ring.put(3000, 3100);
  CHECK((*ring).flush() == 0);
  CHECK((*ring).take_lost() == 0);
  const Told told = read(folder.path());
  CHECK(told.seen.back().at == Instant{3099 * 1s + 4ms});
  REQUIRE(told.gaps.size() == 1);
  CHECK(told.gaps.front().observations == lost);
  expect_complete(told, 3099);
}

TEST_CASE("a death of heald amid a write leaves the block as it was") {
  const TemporaryFolder folder;
  {
    Writing ring{folder.path()};
    ring.put(1, 100);
    CHECK((*ring).flush() == 0);
  }
  const Fd file{::open(ring_path(folder.path()).c_str(), O_RDWR)};
  constexpr std::string_view more = "the next entries, without the header that tells of them";
  REQUIRE(::lseek(file.get(), 0, SEEK_END) > 0);
  REQUIRE(::write(file.get(), more.data(), more.size()) > 0);
  CHECK(read(folder.path()).seen.size() == 99);
  Writing ring{folder.path()};
  ring.put(100, 110);
  CHECK((*ring).flush() == 0);
  const Told told = read(folder.path());
  CHECK(told.gaps.empty());
  CHECK(told.seen.size() == 109);
}

TEST_CASE("the newest block torn is a gap for whoever goes on") {
  const TemporaryFolder folder;
  {
    Writing ring{folder.path()};
    ring.put(1, 1000);
    CHECK((*ring).flush() == 0);
  }
  const std::size_t whole = read(folder.path()).seen.size();
  REQUIRE(whole == 999);
  const Fd file{::open(ring_path(folder.path()).c_str(), O_RDWR)};
  const off_t newest = ::lseek(file.get(), 0, SEEK_END) / ring_block_size * ring_block_size;
  REQUIRE(newest >= 2 * static_cast<off_t>(ring_block_size));
  const std::array<char, 8> torn{};
  REQUIRE(::pwrite(file.get(), torn.data(), torn.size(), newest + 100) == 8);
  Writing ring{folder.path()};
  ring.put(1000, 1010);
  CHECK((*ring).flush() == 0);
  const Told told = read(folder.path());
  REQUIRE(told.gaps.size() == 1);
  CHECK(told.gaps.front().blocks == 1);
  CHECK(told.seen.back().at == Instant{1009 * 1s + 4ms});
}

TEST_CASE("a disk that takes nothing is told once, and so is that it works again") {
  const TemporaryFolder folder;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> told;
  const auto hear = [&](const std::string& what) {
    const std::lock_guard lock{mutex};
    told.push_back(what);
    changed.notify_one();
  };
  const auto await = [&](std::size_t count) {
    std::unique_lock lock{mutex};
    changed.wait(lock, [&] { return told.size() >= count; });
  };
  const auto recorder = open_recorder(folder.path(), {small, 100, hear});
  REQUIRE(recorder.has_value());
  const auto policy = web();
  {
    const Full disk{100};
    (*recorder)->record(look(1), Instant{1s}, policy);
    await(1);
    CHECK_THAT(told[0], Catch::Contains("cannot record in " + ring_path(folder.path()) + ": "));
  }
  (*recorder)->record(look(2), Instant{2s}, policy);
  await(2);
  CHECK_THAT(told[1], Catch::Contains("can be written again"));
  CHECK(read(folder.path()).seen.size() == 2);
  CHECK((*recorder)->stats().dropped == 0);
}

TEST_CASE("a folder that is not there is an error") {
  const auto recorder = open_recorder("/dev/full-of-nothing", {small, 3, {}});
  CHECK_FALSE(recorder.has_value());
  CHECK_THAT(recorder.error().message, Catch::Contains("/dev/full-of-nothing"));
}

TEST_CASE("a smaller ring goes on from a larger one") {
  const TemporaryFolder folder;
  record(folder.path(), small, 1, 8000);
  record(folder.path(), Bytes{2 * ring_block_size}, 8000, 8010);
  struct stat status {};
  REQUIRE(::stat(ring_path(folder.path()).c_str(), &status) == 0);
  CHECK(status.st_size <= static_cast<off_t>(2 * ring_block_size));
  CHECK(read(folder.path()).seen.back().at == Instant{8009 * 1s + 4ms});
}

}  // namespace
}  // namespace heald::test
