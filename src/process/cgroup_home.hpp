#pragma once
// Where heald may make cgroups: below its own, when that is its alone.
//
// A cgroup that heald shares with anything else was not given to it: a login session's, or that
// of the shell that started it. There it makes none, and moves nobody. The memory controller can
// only be had for the services of a cgroup v2 that holds no process itself, so heald moves itself,
// and only itself, aside into the leaf `supervisor`.

#include <memory>
#include <string>
#include <string_view>

#include "process/cgroup.hpp"

namespace heald {

/// What /proc and the environment say about this process, in a form that a test can make up.
struct CgroupSurroundings {
  std::string own_cgroups;  ///< /proc/self/cgroup
  std::string mounts;       ///< /proc/self/mountinfo
  pid_t self = 0;
  /// systemd put this very process into its cgroup (SYSTEMD_EXEC_PID), and will want to put the
  /// next heald there.
  bool placed_by_systemd = false;

  [[nodiscard]] static CgroupSurroundings of_this_process();
};

/// Why no heald on this machine can see kills for memory, whatever its cgroup; empty: one may.
[[nodiscard]] std::string memory_controller_problem(const CgroupSurroundings& surroundings);

/// The folder below which each service has its cgroup, `service-NAME`. Control strand only.
class CgroupHome {
 public:
  /// Finds it, removes the empty cgroups that an earlier heald has left, and moves heald aside
  /// where that gets it the memory controller. The error says why there is none.
  [[nodiscard]] static Result<std::unique_ptr<CgroupHome>> open(
      const CgroupSurroundings& surroundings);

  /// Takes back what `open` has done, as far as no service needs it any more.
  ~CgroupHome();
  CgroupHome(const CgroupHome&) = delete;
  CgroupHome& operator=(const CgroupHome&) = delete;

  /// Why the kernel's kills for memory are not seen; empty: they are.
  [[nodiscard]] const std::string& oom_problem() const { return oom_problem_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// The cgroup of a service, made when it is missing.
  [[nodiscard]] Result<CgroupHandle> make(const std::string& service) const;
  /// The cgroup of a service; null when there is none.
  [[nodiscard]] CgroupHandle find(const std::string& service) const;

 private:
  CgroupHome(std::string path, CgroupVersion version)
      : path_(std::move(path)), version_(version) {}
  void get_memory_controller(const CgroupSurroundings& surroundings);
  Result<void> move_aside();
  void move_back();
  void remove_empty() const;
  [[nodiscard]] std::string folder_of(const std::string& service) const;
  [[nodiscard]] std::string leaf() const { return path_ + "/supervisor"; }

  std::string path_;
  CgroupVersion version_;
  std::string oom_problem_;
  bool moved_ = false;  // by us, out of `path_`
};

}  // namespace heald
