#pragma once
// Every child process of heald, from its start to its end: the one place that reaps.

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "heald/actuator.hpp"
#include "heald/ids.hpp"
#include "process/spawn.hpp"

namespace heald {

/// One process that Children follows. The id is never reused, the pid is by the kernel.
struct Child {
  Id<struct ChildTag, std::uint64_t> id;
  pid_t pid = 0;  ///< also the number of its process group
};

/// A child that was started just now.
struct NewChild : Child {
  std::string cgroup_problem;  ///< why it is not in the cgroup asked for; empty: it is
};

class Reaper;

/// Starts processes and tells when they have ended. One for each heald: it makes heald the
/// sub-reaper of everything below it, and reaps orphans that nobody here has started, too.
///
/// The end of a process is the end of its whole group: when the process itself has ended, what is
/// left of its group is killed before the number can be given to another, and its end is told
/// when none of the group runs any more. A worker that outlived its master would still hold the
/// port that the next master needs. A process with a cgroup takes all with it that is in there,
/// also what left its group; and the cgroup is removed.
///
/// All functions are safe on any thread, unless they say otherwise.
class Children {
 public:
  /// Called once, on the executor given, when process and group are dead. The status is `unknown`
  /// for a process that is not heald's own child. `oom` is set when it did not end well and the
  /// kernel has killed a process of its cgroup for memory since it was started or followed.
  using Ended = std::function<void(ExitStatus)>;

  /// `control` must not run handlers concurrently; reaping happens on it.
  explicit Children(boost::asio::any_io_executor control);
  /// Processes run on; nobody is told of their end. On `control`, or when it no longer runs.
  ~Children();
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;

  /// Starts a program (spawn.hpp) and follows it. `ended` is never called from inside.
  [[nodiscard]] Result<NewChild> spawn(const SpawnRequest& request,
                                       boost::asio::any_io_executor executor, Ended ended);

  /// Follows a process that an earlier heald started, by its pidfd. On the control executor.
  [[nodiscard]] Child follow(pid_t pid, Fd pidfd, boost::asio::any_io_executor executor,
                             Ended ended, CgroupHandle cgroup = nullptr);

  /// Sends a signal to the process itself. False when it has ended or the kernel refuses.
  bool signal(const Child& child, Signal signal);

  /// Sends SIGKILL to the process's whole group, and to its cgroup if it has one.
  void kill_group(const Child& child);

  /// The process runs on, but its end is no longer told.
  void forget(const Child& child);

 private:
  std::shared_ptr<Reaper> reaper_;
};

}  // namespace heald
