#pragma once
// The files of one log, as a reader finds them. Private to this room.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "logs/log_paths.hpp"
#include "logs/log_times.hpp"

namespace heald {

/// One file, and what it holds: positions [`base`, `end`).
struct LogSegment {
  Fd file;
  std::optional<LogTimes> times;
  std::uint64_t base = 0, end = 0;

  /// What stands there; less where the file was cut.
  [[nodiscard]] std::string read(std::uint64_t from, std::uint64_t to) const;
};

/// All files of a log, the oldest first. While this lives, nobody moves anything between them.
class LogSegments {
 public:
  explicit LogSegments(const LogPaths& paths);

  [[nodiscard]] const std::vector<LogSegment>& all() const { return segments_; }
  [[nodiscard]] std::uint64_t end() const { return segments_.empty() ? 0 : segments_.back().end; }

 private:
  void place();
  Fd lock_;
  std::vector<LogSegment> segments_;
};

}  // namespace heald
