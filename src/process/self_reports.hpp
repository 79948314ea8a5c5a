#pragma once
// What all services' processes say about themselves.

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/result.hpp"
#include "heald/ids.hpp"
#include "process/cgroup.hpp"
#include "process/notify_socket.hpp"
#include "process/self_report.hpp"

namespace heald {

/// One socket for each service that speaks: the file names the service even when the sender is
/// gone, and a service that floods its socket fills its own queue alone. Control strand only.
///
/// A datagram is believed when the kernel says that a process of the service sent it: the process
/// itself, one of its group, or one in its cgroup. One that has ended before heald reads it is
/// nobody's; `systemd-notify` waits for that, and so does sd_notify_barrier(3).
///
/// After each reading of at most `burst` datagrams a socket rests. A flood costs the strand no
/// more than that, and whoever floods waits.
class SelfReports {
 public:
  static constexpr int burst = 32;
  static constexpr Duration usual_rest = std::chrono::milliseconds{20};

  /// What people see of a service has changed; null: its process has ended.
  using Changed = std::function<void(ServiceId, const SelfReport*)>;

  /// `folder` is made when it is needed; empty: nobody can speak.
  SelfReports(boost::asio::any_io_executor control, std::string folder, Changed changed,
              Duration rest = usual_rest);
  ~SelfReports();
  SelfReports(const SelfReports&) = delete;
  SelfReports& operator=(const SelfReports&) = delete;

  /// The path for NOTIFY_SOCKET of a service whose processes are this user's, where heald listens
  /// from now on.
  [[nodiscard]] Result<std::string> listen(ServiceId service, const std::string& name, uid_t user);
  /// Whether a heald has listened there, and the path is still there.
  [[nodiscard]] bool has_socket(const std::string& name) const;

  /// Whose words count.
  struct Speaker {
    pid_t pid = 0;
    CgroupHandle cgroup;  ///< null: it has none
    /// Called once, when it is ready for the first time; for the next heald.
    std::function<void()> ready;
  };
  /// The service, for which `listen` has succeeded, has a process now.
  void begin(ServiceId service, Speaker speaker, SelfReport::Stage stage);
  /// It has ended.
  void end(ServiceId service);
  /// The service is gone; its socket is removed.
  void forget(ServiceId service);

  /// What the process has said up to now, what waits to be read included; null: it does not run,
  /// or was given no socket.
  [[nodiscard]] const SelfReport* read(ServiceId service);
  /// Calls `changed` once, never from inside a call to here, after the next word or the end.
  void await(ServiceId service, std::function<void()> changed);

 private:
  class Ear;
  [[nodiscard]] std::string path_of(const std::string& name) const;

  boost::asio::any_io_executor control_;
  std::string folder_;
  Changed changed_;
  Duration rest_;
  std::unordered_map<ServiceId, std::shared_ptr<Ear>> ears_;
};

}  // namespace heald
