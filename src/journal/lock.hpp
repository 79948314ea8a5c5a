#pragma once
// One heald for each state folder.

#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace heald {

/// Holds a state folder for this process: an flock(2) on STATE_DIR/lock, which has the holder's
/// pid written in it. The kernel lets it go when the process ends, however it ends, and when the
/// child that it was just making has executed its program; programs do not inherit it.
class StateLock {
 public:
  /// "cannot use DIR: another heald (pid N) uses it", or why the folder cannot be written. Makes
  /// the folder (0750) where there is none. Waits, some seconds at most, for the last child of a
  /// heald that was killed.
  [[nodiscard]] static Result<StateLock> take(const std::string& state_dir);

 private:
  explicit StateLock(Fd file) : file_(std::move(file)) {}
  Fd file_;
};

}  // namespace heald
