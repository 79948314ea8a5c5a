#pragma once
// What /proc tells about processes.

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace heald {

/// The few facts of /proc/PID/stat that heald needs.
struct ProcStat {
  char state = '?';  ///< 'Z' and 'X' have ended
  pid_t parent = 0;
  pid_t group = 0;
  std::uint64_t start_time = 0;  ///< clock ticks since boot
};

/// Nothing when there is no such process.
[[nodiscard]] std::optional<ProcStat> read_proc_stat(pid_t pid);

/// Whether any process of this group runs, zombies not counted. Reads all of /proc: for the rare
/// case that kill(2) cannot answer, a zombie in the group whose parent does not reap it.
[[nodiscard]] bool group_runs(pid_t group);

}  // namespace heald
