#pragma once
// What a child does between clone(2) and execve(2). Private to this room.
//
// The child shares heald's memory, and heald's other threads run on: so it makes raw system
// calls only, touches only its plan, and takes no lock. libc's setuid() and its kin would
// forward to every thread of heald; malloc could wait for a lock that nobody will release.

#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace heald {

/// The step of a child that failed.
enum class ChildStage : std::uint8_t {
  none,  ///< the program was executed
  parent,
  group,
  limit,
  record,
  identity,
  directory,
  stdio,
  exec,
};

struct ChildLimit {
  int resource = 0;
  rlimit value{};
};

/// Everything that the child needs, prepared by its parent: pointers into memory that stays
/// until the child has executed or ended.
struct ChildPlan {
  const char* path = nullptr;
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  const char* directory = nullptr;  ///< null: stay
  const gid_t* groups = nullptr;    ///< null: keep user and groups
  std::size_t group_count = 0;
  uid_t user = 0;
  gid_t group = 0;
  long umask = -1;  ///< -1: keep
  const ChildLimit* limits = nullptr;
  std::size_t limit_count = 0;
  int input = -1;   ///< -1: /dev/null
  int output = -1;  ///< -1: heald's own
  int error = -1;   ///< -1: heald's own
  int cgroup = -1;  ///< an open cgroup.procs, or -1
  pid_t dies_with = 0;  ///< the parent whose death kills it; 0: it lives on

  int record = -1;  ///< where to write the record, or -1
  char* record_text = nullptr;
  std::size_t record_size = 0;
  std::size_t record_digits = 0;
  std::size_t pid_at = 0;
  std::size_t start_time_at = 0;

  // Written by the child, read by its parent when clone has returned.
  ChildStage failed_at = ChildStage::none;
  int error_number = 0;
  std::size_t failed_limit = 0;  ///< index into limits
  int cgroup_error = 0;          ///< why it stayed out of the cgroup, which stops nothing
};

/// The child's main function, for clone(2); `plan` is a ChildPlan*. Does not return.
int child_entry(void* plan);

}  // namespace heald
