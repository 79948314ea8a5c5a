#include "journal/recorder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "journal/recording.hpp"
#include "journal/ring_block.hpp"
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
  const auto recorder = open_recorder(folder, size);
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
    const auto recorder = open_recorder(folder.path(), small, 3);
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

TEST_CASE("a disk that takes nothing loses observations, counts them and stops nobody") {
  const auto recorder = open_recorder("/dev/full-of-nothing", small);
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
