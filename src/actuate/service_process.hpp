#pragma once
// The process of one service. Private to this room.

#include <sys/types.h>

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "actuate/evidence.hpp"
#include "actuate/live_actuator.hpp"
#include "heald/actuator.hpp"
#include "process/child_record.hpp"
#include "process/children.hpp"

namespace heald {

/// Starts, stops and follows the one process that a service may have. Control strand only.
/// When it is destroyed, the process runs on.
class ServiceProcess {
 public:
  using Stopped = std::function<void(StepResult)>;

  /// `parts` outlive it; `parts.reports.exited` is called when the process has ended and nobody had
  /// asked it to.
  ServiceProcess(const LiveActuator::Parts& parts, ServiceId id, std::string service);
  ~ServiceProcess();
  ServiceProcess(const ServiceProcess&) = delete;
  ServiceProcess& operator=(const ServiceProcess&) = delete;

  /// The number of the process that runs, if one does.
  [[nodiscard]] std::optional<pid_t> pid() const;

  /// Runs the command of the rules, which are of a process. None may be running.
  [[nodiscard]] StepResult start(const ServicePolicy& rules, ActionId action,
                                 Generation generation);

  /// Kills what an earlier process has left in the service's cgroup, and calls `cleared` when that
  /// is dead, or as failed when it is not by then. None may be running.
  void clear(Duration timeout, Stopped cleared);

  /// The running process counts as what this action was to start.
  void claim(ActionId action, Generation generation);

  /// Sends the stop signal, SIGKILL to the whole group after the timeout, and calls `stopped`
  /// when the group is dead; when none runs, after `clear`. One stop at a time.
  void stop(const StopPolicy& rules, Duration timeout, Stopped stopped);

  /// False when no process runs or the kernel refuses.
  bool signal(Signal signal);

  /// Takes over the process that an earlier heald started, if its record tells of one.
  [[nodiscard]] Adoption adopt(const ServicePolicy& rules);

  /// Kills the whole group.
  void kill();

  /// An operator or the rules want it stopped: a later heald is not to look for it.
  void remove_record();

 private:
  struct Current {
    Child child;
    Generation generation;
  };
  struct Stopping {
    Stopped stopped;
    std::string evidence;
  };

  [[nodiscard]] std::string record_path() const;
  [[nodiscard]] std::string ready_path() const;
  void connect_output(const ProcessRuntime& rules, SpawnRequest& request, Fd& log,
                      std::string& remark) const;
  /// Lets the process speak of itself, where the rules want to hear it.
  bool give_voice(const ServicePolicy& rules, SpawnRequest& request, std::string& remark);
  /// `cgroup`: that the process is in; null: it has none.
  void hear(CgroupHandle cgroup, SelfReport::Stage stage);
  void hear_again(const ServicePolicy& rules, const ChildRecord& record,
                  const CgroupHandle& cgroup);
  void note_ready() const;
  Children::Ended when_ended();
  void ended(ExitStatus status);
  void await_stop(Duration timeout, std::string overdue);
  void clear_until(std::chrono::steady_clock::time_point deadline, std::size_t killed,
                   Stopped cleared);
  [[nodiscard]] CgroupHandle make_cgroup(std::string& remark) const;
  [[nodiscard]] boost::asio::steady_timer& timer();

  const LiveActuator::Parts& parts_;
  ServiceId id_;
  std::string service_;
  std::optional<Current> current_;
  std::unique_ptr<Stopping> stopping_;
  std::unique_ptr<boost::asio::steady_timer> timer_;  ///< null: it is not needed
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace heald
