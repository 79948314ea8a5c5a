#include "logs/log_times.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <limits>
#include <tuple>
#include <utility>

namespace heald {
namespace {

/// As it stands in the file, in the byte order of the machine that wrote it.
struct Record {
  std::uint64_t position = 0;
  std::int64_t milliseconds = 0;  ///< since the epoch; `unseen`: not known
};
static_assert(sizeof(Record) == 16);

constexpr std::int64_t unseen = std::numeric_limits<std::int64_t>::min();

LogMark to_mark(const Record& record) {
  if (record.milliseconds == unseen) return {record.position, std::nullopt};
  return {record.position, WallTime{std::chrono::milliseconds{record.milliseconds}}};
}

Record to_record(const LogMark& mark) {
  return {mark.position, mark.at ? mark.at->time_since_epoch().count() : unseen};
}

}  // namespace

LogTimes::LogTimes(Fd file) : file_(std::move(file)) {
  struct stat found {};
  if (::fstat(file_.get(), &found) == 0) {
    count_ = static_cast<std::size_t>(found.st_size) / sizeof(Record);
  }
}

Result<LogTimes> LogTimes::open(const std::string& path) {
  Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640)};
  if (!file) return system_error("cannot open " + path, errno);
  return LogTimes{std::move(file)};
}

std::optional<LogTimes> LogTimes::find(const std::string& path) {
  Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (!file) return std::nullopt;
  return LogTimes{std::move(file)};
}

std::uint64_t LogTimes::size() const { return std::uint64_t{count_} * sizeof(Record); }

LogMark LogTimes::mark(std::size_t index) const {
  Record record;
  const auto at = static_cast<off_t>(index * sizeof record);
  std::ignore = ::pread(file_.get(), &record, sizeof record, at);
  return to_mark(record);
}

std::size_t LogTimes::index_of(std::uint64_t position) const {
  std::size_t low = 0;
  std::size_t high = count_;
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    (mark(middle).position <= position ? low : high) = middle;
  }
  return low;
}

std::vector<LogMark> LogTimes::between(std::uint64_t first, std::uint64_t last) const {
  std::vector<LogMark> marks;
  for (std::size_t index = index_of(first); index < count_; ++index) {
    marks.push_back(mark(index));
    if (marks.size() > 1 && marks.back().position >= last) break;
  }
  return marks;
}

void LogTimes::write(std::size_t index, const LogMark& mark) {
  const Record record = to_record(mark);
  const auto at = static_cast<off_t>(index * sizeof record);
  if (::pwrite(file_.get(), &record, sizeof record, at) != sizeof record) return;
  count_ = std::max(count_, index + 1);
}

bool LogTimes::begin(std::uint64_t base) {
  write(0, {base, std::nullopt});
  write(1, {base, std::nullopt});
  return count_ >= 2;
}

void LogTimes::note(std::optional<WallTime> at, std::uint64_t end) {
  const std::size_t last = count_ - 1;
  write(last, {mark(last).position, at});
  write(last + 1, {end, std::nullopt});
}

}  // namespace heald
