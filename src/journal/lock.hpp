#pragma once
// One heald for each state folder.

#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace heald {

/// Holds a state folder for this process: an flock(2) on STATE_DIR/lock, which has the holder's
/// pid written in it. The kernel lets it go when the process ends, however it ends; it is not
/// inherited by programs that are executed.
class StateLock {
 public:
  /// "cannot use DIR: another heald (pid N) uses it", or why the folder cannot be written. Makes
  /// the folder (0750) where there is none.
  [[nodiscard]] static Result<StateLock> take(const std::string& state_dir);

 private:
  explicit StateLock(Fd file) : file_(std::move(file)) {}
  Fd file_;
};

}  // namespace heald
