#include "logs/log_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <utility>
#include <vector>

namespace heald {
namespace {

/// A disk that is full stays so for a while, and a copy is no small thing.
constexpr auto pause_after_failure = std::chrono::minutes{1};

constexpr std::uint64_t block = 4096;  // what file systems let go of at a time

/// The size of a file; nothing: it is not there.
std::optional<std::uint64_t> size_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(found.st_size);
}

/// Copies [`from`, `to`) to the end of the other file.
Result<void> copy(int source, std::uint64_t from, std::uint64_t to, int target) {
  std::vector<char> buffer(std::size_t{64} * 1024);
  while (from < to) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), to - from));
    const auto count = ::pread(source, buffer.data(), most, static_cast<off_t>(from));
    if (count < 0) return system_error("cannot copy a log", errno);
    if (count == 0) break;  // it was emptied under us
    for (ssize_t written = 0; written < count;) {
      const auto more = ::write(target, buffer.data() + written,
                                static_cast<std::size_t>(count - written));
      if (more < 0) return system_error("cannot copy a log", errno);
      written += more;
    }
    from += static_cast<std::uint64_t>(count);
  }
  return {};
}

/// No reader sees a log half-way between two files.
class Locked {
 public:
  explicit Locked(int file) : file_(file) { ::flock(file_, LOCK_EX); }
  ~Locked() { ::flock(file_, LOCK_UN); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

 private:
  int file_;
};

}  // namespace

bool LogFile::was_kept() const { return size_of(paths_.times()).has_value(); }

Result<void> LogFile::find() {
  if (const auto size = size_of(paths_.log()); !size) return {};
  return note(std::nullopt);
}

Result<void> LogFile::look(WallTime now) {
  const auto size = size_of(paths_.log());
  if (!size) return {};
  if (auto noted = note(now); !noted) return noted;
  // A service that prints a letter at a time makes more of its times than of its text.
  const bool large = *size >= bounds_.max_size || times_->size() >= bounds_.max_size;
  if (!large || now < try_again_at_) return {};
  auto renewed = renew();
  if (!renewed) {
    try_again_at_ = now + pause_after_failure;
    ::unlink((paths_.log() + ".new").c_str());
  }
  return renewed;
}

Result<void> LogFile::note(std::optional<WallTime> now) {
  const auto size = size_of(paths_.log());
  if (!size) return {};
  if (!times_) {
    if (auto opened = open_times(); !opened) return opened;
  }
  const auto base = times_->mark(0).position;
  const auto seen = times_->mark(times_->count() - 1).position;
  // Somebody emptied it, or put another in its place: what is there now is all new.
  if (base + *size < seen) {
    times_.reset();
    ::unlink(paths_.times().c_str());
    if (auto begun = open_times(seen); !begun) return begun;
    times_->note(now, seen + *size);
  } else if (base + *size > seen) {
    times_->note(now, base + *size);
  }
  return {};
}

/// `base`: where the log begins if there are none yet; empty: behind the latest of the older files.
Result<void> LogFile::open_times(std::optional<std::uint64_t> base) {
  auto opened = LogTimes::open(paths_.times());
  if (!opened) return opened.error();
  times_ = std::move(*opened);
  if (times_->count() < 2) times_->begin(base ? *base : end_of_older());
  return {};
}

std::uint64_t LogFile::end_of_older() const {
  const auto times = LogTimes::find(paths_.times(1));
  if (!times || times->count() == 0) return 0;
  return times->mark(0).position + size_of(paths_.log(1)).value_or(0);
}

Result<void> LogFile::renew() {
  if (auto noted = times_ ? Result<void>{} : note(std::nullopt); !noted) return noted;
  const Fd live{::open(paths_.log().c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
  struct stat found {};
  if (!live || ::fstat(live.get(), &found) != 0) {
    return system_error("cannot open " + paths_.log(), errno);
  }
  if (found.st_size == 0) return {};
  const auto copied = open_copy();
  if (!copied) return copied.error();
  const auto whole_blocks = (static_cast<std::uint64_t>(found.st_size) - 1) / block * block;
  if (auto done = keep(live.get(), 0, whole_blocks, copied->get()); !done) return done;
  const Locked locked{live.get()};
  const auto moved = take_out(live.get(), whole_blocks, copied->get());
  if (!moved) return moved.error();
  if (auto done = put_away(); !done) return done;
  return split_times(*moved);
}

/// Each older file becomes older by one; the oldest one goes.
void LogFile::shift() const {
  for (std::uint32_t number = bounds_.files; number > 1; --number) {
    ::rename(paths_.log(number - 1).c_str(), paths_.log(number).c_str());
    ::rename(paths_.times(number - 1).c_str(), paths_.times(number).c_str());
  }
}

Result<Fd> LogFile::open_copy() const {
  const auto made = bounds_.files == 0 ? "/dev/null" : paths_.log() + ".new";
  Fd file{::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640)};
  if (!file) return system_error("cannot open " + made, errno);
  return file;
}

/// Copies [`from`, `to`), where older files are kept at all.
Result<void> LogFile::keep(int live, std::uint64_t from, std::uint64_t to, int target) const {
  return bounds_.files == 0 ? Result<void>{} : copy(live, from, to, target);
}

/// Takes what was copied out of the newest file, or copies and takes out all of it where only that
/// can be done. Says how much is gone.
Result<std::uint64_t> LogFile::take_out(int live, std::uint64_t copied, int target) const {
  const auto length = static_cast<off_t>(copied);
  if (copied > 0 && ::fallocate(live, FALLOC_FL_COLLAPSE_RANGE, 0, length) == 0) return copied;
  struct stat found {};
  if (::fstat(live, &found) != 0) return system_error("cannot look at " + paths_.log(), errno);
  const auto all = static_cast<std::uint64_t>(found.st_size);
  if (auto done = keep(live, copied, all, target); !done) return done.error();
  if (::ftruncate(live, 0) != 0) return system_error("cannot empty " + paths_.log(), errno);
  return all;
}

/// Makes the copy the latest of the older files.
Result<void> LogFile::put_away() const {
  if (bounds_.files == 0) return {};
  shift();
  const auto made = paths_.log() + ".new";
  if (::rename(made.c_str(), paths_.log(1).c_str()) == 0) return {};
  return system_error("cannot rename " + made, errno);
}

/// The times go with what they are of.
Result<void> LogFile::split_times(std::uint64_t moved) {
  const auto base = times_->mark(0).position + moved;
  const auto marks = times_->between(base, UINT64_MAX);
  const auto made = paths_.times() + ".new";
  ::unlink(made.c_str());
  auto begun = LogTimes::open(made);
  if (!begun) return begun.error();
  begun->begin(base);
  for (std::size_t place = 0; place + 1 < marks.size(); ++place) {
    begun->note(marks[place].at, std::max(base, marks[place + 1].position));
  }
  if (bounds_.files > 0) ::rename(paths_.times().c_str(), paths_.times(1).c_str());
  if (::rename(made.c_str(), paths_.times().c_str()) != 0) {
    return system_error("cannot rename " + made, errno);
  }
  times_ = std::move(*begun);
  return {};
}

}  // namespace heald
