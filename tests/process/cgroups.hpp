#pragma once
// Cgroups that a test makes for itself, below the one that it runs in, and the means to enter one.

#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <memory>
#include <sstream>
#include <string>

#include "process/cgroup_home.hpp"

namespace heald::test {

/// A cgroup, empty, as heald would be given one: of the memory controller, or of version 2.
class ScratchCgroup {
 public:
  explicit ScratchCgroup(CgroupVersion version = CgroupVersion::v1) : version_(version) {
    const bool v1 = version == CgroupVersion::v1;
    const std::string mounted = v1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup/unified";
    const std::string key = v1 ? ":memory:" : "0::";
    std::istringstream own{CgroupSurroundings::of_this_process().own_cgroups};
    for (std::string line; std::getline(own, line);) {
      const auto at = line.find(key);
      if (at == std::string::npos) continue;
      auto folder = line.substr(at + key.size());
      if (folder == "/") folder.clear();
      name_ = folder + "/heald-test-" + std::to_string(::getpid());
      if (::mkdir((mounted + name_).c_str(), 0755) == 0) path_ = mounted + name_;
    }
  }
  /// Ends what a failed test has left in it.
  ~ScratchCgroup() {
    if (path_.empty()) return;
    const Cgroup own{path_, version_};
    for (const pid_t pid : own.members()) {
      const Fd pidfd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
      own.kill();
      pollfd ended{pidfd.get(), POLLIN, 0};
      if (pidfd) ::poll(&ended, 1, -1);
    }
    own.remove();
  }
  ScratchCgroup(const ScratchCgroup&) = delete;
  ScratchCgroup& operator=(const ScratchCgroup&) = delete;

  /// False: this machine has no such cgroups, or does not let us.
  [[nodiscard]] bool made() const { return !path_.empty(); }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// What a heald would find out that was started in this cgroup.
  [[nodiscard]] CgroupSurroundings surroundings() const {
    auto seen = CgroupSurroundings::of_this_process();
    seen.own_cgroups = (version_ == CgroupVersion::v1 ? "4:memory:" : "0::") + name_ + "\n";
    return seen;
  }
  /// A home in it.
  [[nodiscard]] std::unique_ptr<CgroupHome> home() const {
    auto found = CgroupHome::open(surroundings());
    INFO((found ? "" : found.error().message));
    REQUIRE(found.has_value());
    return *std::move(found);
  }

 private:
  CgroupVersion version_;
  std::string name_;  // within its hierarchy
  std::string path_;
};

/// For tests that need one: says so where there is none, and passes.
#define HEALD_NEEDS_CGROUP(scratch)            \
  if (!(scratch).made()) {                     \
    WARN("no such cgroup can be made here");   \
    return;                                    \
  }

}  // namespace heald::test
