#pragma once
// The cgroup of one service: who belongs to it, whom the kernel killed in it for memory.

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace heald {

/// How the kernel shows cgroups: one tree for all controllers, or the memory controller's own.
enum class CgroupVersion : std::uint8_t { v1, v2 };

/// A folder of the cgroup file system that heald made for one service. Whatever the service
/// starts is in it or below it, a session of its own included: nobody leaves it without the right
/// to write to another cgroup. Any thread.
class Cgroup {
 public:
  Cgroup(std::string path, CgroupVersion version) : path_(std::move(path)), version_(version) {}

  [[nodiscard]] const std::string& path() const { return path_; }

  /// For a child that enters it by writing "0".
  [[nodiscard]] Result<Fd> open_entrance() const;

  /// How many of its processes the kernel has killed for memory since the cgroup was made, be it
  /// for a limit or for the whole machine; nothing where the memory controller does not count.
  [[nodiscard]] std::optional<std::uint64_t> oom_kills() const;

  /// The processes in it and below it, without zombies; those of other pid namespaces, which have
  /// no number here, are left out.
  [[nodiscard]] std::vector<pid_t> members() const;
  [[nodiscard]] bool holds(pid_t pid) const;

  /// Sends SIGKILL to every member. Where the kernel cannot do that at once (v2 can, since 5.14),
  /// what is forked meanwhile may escape: ask `members` again.
  void kill() const;

  /// Removes it and what the service made below it. False when it is still populated.
  bool remove() const;

 private:
  std::string path_;
  CgroupVersion version_;
};

using CgroupHandle = std::shared_ptr<const Cgroup>;

/// The text of a small file, or nothing when it cannot be read.
[[nodiscard]] std::optional<std::string> read_control_file(const std::string& path);
/// One write(2), as control files want it.
[[nodiscard]] Result<void> write_control_file(const std::string& path, const std::string& text);
/// The numbers in a cgroup.procs.
[[nodiscard]] std::vector<pid_t> processes_in(const std::string& folder);

}  // namespace heald
