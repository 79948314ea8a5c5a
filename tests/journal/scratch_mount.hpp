#pragma once
// File systems that a test makes for itself.

#include <sched.h>
#include <sys/mount.h>

#include <string>

namespace heald::test {

/// A tmpfs on a folder, for as long as it lives. It is seen by this process alone, so that
/// nothing stays mounted when a test is killed.
class ScratchMount {
 public:
  ScratchMount(std::string path, unsigned long flags, const char* options)
      : path_(std::move(path)) {
    if (::unshare(CLONE_NEWNS) != 0) return;
    ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    mounted_ = ::mount("none", path_.c_str(), "tmpfs", flags, options) == 0;
  }
  ~ScratchMount() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  ScratchMount(const ScratchMount&) = delete;
  ScratchMount& operator=(const ScratchMount&) = delete;

  /// False: mounting is not permitted here.
  [[nodiscard]] bool mounted() const { return mounted_; }

 private:
  std::string path_;
  bool mounted_ = false;
};

}  // namespace heald::test
