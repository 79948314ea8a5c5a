#pragma once
// One log as its keeper sees it. Private to this room.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "heald/time.hpp"
#include "logs/log_paths.hpp"
#include "logs/log_times.hpp"

namespace heald {

/// How much of a log is kept.
struct LogBounds {
  std::uint64_t max_size = 0;  ///< octets of the newest file; above, a new one is begun
  std::uint32_t files = 0;     ///< so many older ones stay
};

/// Notes when the log grew, and begins new files. The process that prints holds the newest file
/// open and knows nothing of it: what it has written is copied into an older file, and then taken
/// out of the newest, from its beginning. Where the file system can do that (ext4, XFS) nothing is
/// lost that is printed meanwhile; elsewhere the file is emptied, and what comes between the end of
/// the copy and that is. Of a file that is larger than 64 MiB and twice what it may be only the
/// end is kept, as large as it may be.
class LogFile {
 public:
  LogFile(LogPaths paths, LogBounds bounds) : paths_(std::move(paths)), bounds_(bounds) {}

  void set_bounds(LogBounds bounds) { bounds_ = bounds; }

  /// Whether nothing was printed yet that anybody could note: there is no log, or an empty one that
  /// has no times.
  [[nodiscard]] static bool blank(const LogPaths& paths);
  /// Whether a new file could not be begun, and will be tried again.
  [[nodiscard]] bool troubled() const { return try_again_at_ != WallTime{}; }
  /// Whether an earlier heald has kept it.
  [[nodiscard]] bool was_kept() const;
  /// What is there came while nobody looked.
  [[nodiscard]] Result<void> find();
  /// What is new came now. Begins a new file where the bounds ask for it.
  [[nodiscard]] Result<void> look(WallTime now);
  /// Begins a new file if there is anything in the newest.
  [[nodiscard]] Result<void> renew();

 private:
  [[nodiscard]] Result<void> note(std::optional<WallTime> now);
  [[nodiscard]] Result<void> open_times(std::optional<std::uint64_t> base = std::nullopt);
  [[nodiscard]] std::uint64_t end_of_older() const;
  [[nodiscard]] Result<void> begin_new();
  [[nodiscard]] Result<Fd> open_copy() const;
  [[nodiscard]] Result<void> keep(int live, std::uint64_t from, std::uint64_t to, int target) const;
  [[nodiscard]] Result<std::uint64_t> move_out(int live, std::uint64_t copied, int target) const;
  [[nodiscard]] Result<void> put_away() const;
  void shift() const;
  [[nodiscard]] Result<void> split_times(std::uint64_t left_out, std::uint64_t moved);
  [[nodiscard]] Result<LogTimes> times_from(std::uint64_t from, std::uint64_t to,
                                            const std::string& path) const;

  LogPaths paths_;
  LogBounds bounds_;
  std::optional<LogTimes> times_;
  WallTime try_again_at_{};  ///< after a new file could not be begun
};

}  // namespace heald
