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

/// What a service may print between two looks, and is copied whatever the bounds say.
constexpr std::uint64_t much = std::uint64_t{64} << 20;

/// The size of a file; nothing: it is not there.
std::optional<std::uint64_t> size_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(found.st_size);
}

/// A part of a file.
struct Span {
  std::uint64_t from = 0, to = 0;
};

/// Copies a part of the log at `path` to the end of the other file.
Result<void> copy(int source, Span part, int target, const std::string& path) {
  auto [from, to] = part;
  std::vector<char> buffer(std::size_t{64} * 1024);
  while (from < to) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), to - from));
    const auto count = ::pread(source, buffer.data(), most, static_cast<off_t>(from));
    if (count < 0) return system_error("cannot copy " + path, errno);
    if (count == 0) break;  // it was emptied under us
    for (ssize_t written = 0; written < count;) {
      const auto more = ::write(target, buffer.data() + written,
                                static_cast<std::size_t>(count - written));
      if (more < 0) return system_error("cannot copy " + path, errno);
      written += more;
    }
    from += static_cast<std::uint64_t>(count);
  }
  return {};
}

/// No reader sees a log half-way between two files.
class Locked {
 public:
  explicit Locked(const LogPaths& paths)
      : file_(::open(paths.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    if (file_) ::flock(file_.get(), LOCK_EX);
  }

 private:
  Fd file_;
};

/// What is begun under it takes the place of the file at `path`.
std::string new_of(const std::string& path) { return path + ".new"; }

}  // namespace

bool LogFile::blank(const LogPaths& paths) {
  const auto size = size_of(paths.log());
  return !size || (*size == 0 && !size_of(paths.times()));
}

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
  if (!renewed) try_again_at_ = now + pause_after_failure;
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
  const bool fresh = opened->count() < 2;
  if (fresh && !opened->begin(base ? *base : end_of_older())) {
    return Error{"cannot write " + paths_.times()};
  }
  times_ = std::move(*opened);
  return {};
}

std::uint64_t LogFile::end_of_older() const {
  const auto times = LogTimes::find(paths_.times(1));
  if (!times || times->count() == 0) return 0;
  return times->mark(0).position + size_of(paths_.log(1)).value_or(0);
}

Result<void> LogFile::renew() {
  auto renewed = begin_new();
  if (!renewed) ::unlink(new_of(paths_.log()).c_str());
  if (renewed) try_again_at_ = {};
  return renewed;
}

Result<void> LogFile::begin_new() {
  if (auto noted = times_ ? Result<void>{} : note(std::nullopt); !noted) return noted;
  const Fd live{::open(paths_.log().c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
  if (!live && errno == ENOENT) return {};
  struct stat found {};
  if (!live || ::fstat(live.get(), &found) != 0) {
    return system_error("cannot open " + paths_.log(), errno);
  }
  if (found.st_size == 0) return {};
  const auto copied = open_copy();
  if (!copied) return copied.error();
  const auto size = static_cast<std::uint64_t>(found.st_size);
  const auto whole_blocks = (size - 1) / block * block;
  // Nobody kept it within its bounds for a while, or it says to be longer than it is.
  const bool far_too_large = size > much && size / 2 > bounds_.max_size;
  const auto left_out = far_too_large ? whole_blocks - bounds_.max_size : 0;
  if (auto done = keep(live.get(), left_out, whole_blocks, copied->get()); !done) return done;
  const Locked locked{paths_};
  const auto moved = move_out(live.get(), whole_blocks, copied->get());
  if (!moved) return moved.error();
  return split_times(left_out, *moved);
}

/// Each older file becomes older by one; what is too old goes.
void LogFile::shift() const {
  for (std::uint32_t number = bounds_.files; number > 1; --number) {
    ::rename(paths_.log(number - 1).c_str(), paths_.log(number).c_str());
    ::rename(paths_.times(number - 1).c_str(), paths_.times(number).c_str());
  }
  // There may be more than one when fewer are wanted than before.
  for (std::uint32_t number = bounds_.files + 1;; ++number) {
    ::unlink(paths_.times(number).c_str());
    if (::unlink(paths_.log(number).c_str()) != 0) return;
  }
}

Result<Fd> LogFile::open_copy() const {
  const auto made = bounds_.files == 0 ? "/dev/null" : new_of(paths_.log());
  Fd file{::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640)};
  if (!file) return system_error("cannot open " + made, errno);
  return file;
}

/// Copies [`from`, `to`), where older files are kept at all.
Result<void> LogFile::keep(int live, std::uint64_t from, std::uint64_t to, int target) const {
  return bounds_.files == 0 ? Result<void>{} : copy(live, {from, to}, target, paths_.log());
}

/// Takes what was copied out of the newest file, or all of it where only that can be done, once it
/// lies in its place among the older ones: whoever dies in between leaves it in both. Says how much
/// is gone.
Result<std::uint64_t> LogFile::move_out(int live, std::uint64_t copied, int target) const {
  struct stat found {};
  if (::fstat(live, &found) != 0) return system_error("cannot look at " + paths_.log(), errno);
  const auto all = static_cast<std::uint64_t>(found.st_size);
  const auto whole = ::lseek(target, 0, SEEK_CUR);
  if (auto done = keep(live, copied, all, target); !done) return done.error();
  if (auto done = put_away(); !done) return done.error();
  const auto length = static_cast<off_t>(copied);
  if (copied > 0 && ::fallocate(live, FALLOC_FL_COLLAPSE_RANGE, 0, length) == 0) {
    if (bounds_.files > 0 && ::ftruncate(target, whole) != 0) {
      return system_error("cannot shorten " + paths_.log(1), errno);
    }
    return copied;
  }
  if (::ftruncate(live, 0) != 0) return system_error("cannot empty " + paths_.log(), errno);
  return all;
}

/// Makes the copy the latest of the older files.
Result<void> LogFile::put_away() const {
  shift();
  if (bounds_.files == 0) return {};
  const auto made = new_of(paths_.log());
  if (::rename(made.c_str(), paths_.log(1).c_str()) == 0) return {};
  return system_error("cannot rename " + made, errno);
}

/// The times go with what they are of; those of what was left out go.
Result<void> LogFile::split_times(std::uint64_t left_out, std::uint64_t moved) {
  const auto base = times_->mark(0).position;
  if (bounds_.files > 0 && left_out > 0) {
    const auto older = times_from(base + left_out, base + moved, paths_.times(1));
    if (!older) return older.error();
  } else if (bounds_.files > 0) {
    ::rename(paths_.times().c_str(), paths_.times(1).c_str());
  }
  auto begun = times_from(base + moved, UINT64_MAX, paths_.times());
  if (!begun) return begun.error();
  times_ = std::move(*begun);
  return {};
}

/// Makes a file of the times of a part.
Result<LogTimes> LogFile::times_from(std::uint64_t from, std::uint64_t to,
                                     const std::string& path) const {
  const auto made = new_of(path);
  ::unlink(made.c_str());
  auto begun = LogTimes::open(made);
  if (!begun) return begun.error();
  const auto marks = times_->between(from, to);
  if (!begun->begin(from)) return Error{"cannot write " + made};
  for (std::size_t place = 0; place + 1 < marks.size(); ++place) {
    begun->note(marks[place].at, std::clamp(marks[place + 1].position, from, to));
  }
  if (::rename(made.c_str(), path.c_str()) != 0) {
    return system_error("cannot rename " + made, errno);
  }
  return begun;
}

}  // namespace heald
