#include "logs/log_segments.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace heald {
namespace {

Fd open_log(const std::string& path) {
  return Fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
}

}  // namespace

std::string LogSegment::read(std::uint64_t from, std::uint64_t to) const {
  std::string text(to - from, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const auto at = static_cast<off_t>(from - base + filled);
    const auto count = ::pread(file.get(), text.data() + filled, text.size() - filled, at);
    if (count <= 0) break;
    filled += static_cast<std::size_t>(count);
  }
  text.resize(filled);
  return text;
}

LogSegments::LogSegments(const LogPaths& paths) : lock_(open_log(paths.lock())) {
  if (lock_) ::flock(lock_.get(), LOCK_SH);
  for (std::uint32_t number = 0;; ++number) {
    LogSegment segment;
    segment.file = open_log(paths.log(number));
    if (!segment.file && number > 0) break;
    if (!segment.file) continue;  // it is made when the service prints; there may be older ones
    segment.times = LogTimes::find(paths.times(number));
    segments_.push_back(std::move(segment));
  }
  std::ranges::reverse(segments_);
  place();
}

/// A file without times lies right before the next one.
void LogSegments::place() {
  std::optional<std::uint64_t> next;
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
    struct stat found {};
    ::fstat(segment->file.get(), &found);
    const auto size = static_cast<std::uint64_t>(found.st_size);
    if (segment->times && segment->times->count() > 0) {
      segment->base = segment->times->mark(0).position;
    } else {
      segment->base = next && *next > size ? *next - size : 0;
    }
    segment->end = segment->base + size;
    next = segment->base;
  }
}

}  // namespace heald
