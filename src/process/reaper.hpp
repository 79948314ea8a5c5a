#pragma once
// What Children is made of. Private to this room.

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "heald/seldom.hpp"
#include "process/children.hpp"

namespace heald {

/// Shared by Children and the handlers that are still queued when Children is gone.
class Reaper : public std::enable_shared_from_this<Reaper> {
 public:
  explicit Reaper(boost::asio::any_io_executor control);

  void start();
  void stop();

  Result<NewChild> spawn(const SpawnRequest& request, boost::asio::any_io_executor executor,
                         Children::Ended ended);
  Child follow(pid_t pid, Fd pidfd, boost::asio::any_io_executor executor, Children::Ended ended,
               CgroupHandle cgroup);
  bool signal(const Child& child, Signal signal);
  void kill_group(const Child& child);
  void forget(const Child& child);

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;

  /// Where the end is told; empty: on `control_`, as of all services.
  using Elsewhere = Seldom<boost::asio::any_io_executor>;

  /// A process that runs, or has ended without being reaped yet.
  struct Entry {
    Child child;
    Elsewhere executor;
    Children::Ended ended;
    std::shared_ptr<Descriptor> pidfd;  ///< of a process that is followed; else null
    CgroupHandle cgroup;                ///< null: it has none of its own
    std::uint64_t oom_kills = 0;        ///< counted in it before
    Leftovers leftovers = Leftovers::killed;
  };
  /// A process that was reaped, and whose group may still be dying.
  struct Leaving {
    Entry entry;
    ExitStatus status;
  };

  [[nodiscard]] Elsewhere elsewhere(boost::asio::any_io_executor executor) const;
  void await_signal();
  void await_pidfd(const Child& child, const std::shared_ptr<Descriptor>& pidfd);
  void reap();
  void reap_one(const siginfo_t& found);
  void pidfd_ready(const Child& child);
  /// Moves a process to `leaving_` and kills what is left of its group, if it is not to be kept.
  void leave(Entry entry, ExitStatus status);
  bool reaped_before(const Spawned& spawned, ExitStatus& status);
  enum class Look { quick, thorough };
  /// Tells the ends of those whose group is dead.
  void settle(Look look);
  void look_again();
  Entry* find(const Child& child);

  boost::asio::any_io_executor control_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_;
  bool timer_runs_ = false;
  std::chrono::milliseconds pause_{};

  std::mutex mutex_;  // guards what follows
  std::uint64_t last_id_ = 0;
  std::unordered_map<pid_t, Entry> running_;
  std::vector<Leaving> leaving_;
  /// Threads between clone and the note of what came of it. While there are any, a pid that
  /// nobody knows may be theirs, so its end is kept.
  int spawning_ = 0;
  std::unordered_map<pid_t, ExitStatus> early_;
};

}  // namespace heald
