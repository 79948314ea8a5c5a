#pragma once
// Starting a program.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "heald/ids.hpp"
#include "heald/policy.hpp"
#include "process/cgroup.hpp"

namespace heald {

/// What becomes of a child when heald dies.
enum class Outlives : std::uint8_t {
  nothing,  ///< it is killed with the thread that started it: probes and commands
  heald,    ///< it runs on, and a later heald finds it: services
};

/// Where a child writes its record (child_record.hpp).
struct RecordTarget {
  int file = -1;  ///< from open_child_record(); borrowed
  ActionId action;
  Generation generation;
};

/// What becomes of the rest of its group when the program ends by itself.
enum class Leftovers : std::uint8_t {
  killed,
  kept,  ///< it may have started what is to stay, and that may not have left the group yet
};

/// A program to start, and the conditions that it starts under. Descriptors are borrowed.
struct SpawnRequest {
  std::string name;  ///< what messages call it: a service, a probe
  ExecPolicy exec;
  std::optional<std::uint32_t> umask;
  std::vector<ResourceLimit> limits;
  int input = -1;   ///< becomes standard input; -1: /dev/null
  int output = -1;  ///< becomes standard output; -1: heald's own
  int error = -1;   ///< becomes standard error; -1: heald's own
  Outlives outlives = Outlives::nothing;
  Leftovers leftovers = Leftovers::killed;
  std::optional<RecordTarget> record;
  CgroupHandle cgroup;  ///< what the child enters before it is the program; null: it stays
};

/// A program that runs.
struct Spawned {
  pid_t pid = 0;  ///< also the number of its process group
  Fd pidfd;
  /// Why it is not in the cgroup asked for. It runs all the same: better unwatched than not.
  std::string cgroup_problem;
};

/// Starts a program without a shell and without copying heald's memory, as the leader of its own
/// process group, with default signals and no descriptor but the three. Returns when the program
/// has been executed; every failure up to then, that of execve itself included, is the error
/// ("cannot start web: /usr/bin/x: No such file or directory"), and nothing is left of the child.
///
/// argv[0] without a slash is looked up in the absolute folders of the child's PATH. The child's
/// environment is heald's own, without what a service manager addressed to heald itself, with
/// HOME, USER and LOGNAME of the user where the user differs, and with the request's on top: of its
/// files, which are read here, and of its variables, which are filled in here. Its soft limit of
/// open files is what heald's was at first, unless the request sets another.
///
/// Any thread. Blocks for the time that execve takes. The child must be reaped by the caller:
/// use Children::spawn, which does.
[[nodiscard]] Result<Spawned> spawn(const SpawnRequest& request);

}  // namespace heald
