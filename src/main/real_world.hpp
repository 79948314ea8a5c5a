#pragma once
// The supervisor's hands and eyes in the real world.

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actuate/live_actuator.hpp"
#include "probe/live_prober.hpp"
#include "process/cgroup_home.hpp"
#include "process/children.hpp"
#include "runtime/startup.hpp"
#include "runtime/supervisor.hpp"

namespace heald {

/// Processes, probes and actions as one: they are made together and end in order. Control strand.
class RealWorld {
 public:
  /// Whom they report to; called on the control strand, but for `observed`: any thread.
  struct Reports {
    Prober::Sink observed;
    Actuator::Reports acted;
    LiveActuator::FindReceiver find_receiver;
    std::function<void(const Message& message, const MessageOutcome& outcome)> message_ended;
    std::function<void(std::vector<TroubledReceiver>)> receivers_changed;
    std::function<Instant()> now;
    std::function<WallTime(Instant)> wall_of;
    std::function<void(ServiceId, std::string)> said;  ///< what a process says of itself
    std::function<void(std::string problem)> trouble;  ///< for the log
  };

  /// `sockets`: the folder where processes may speak of themselves. `cgroups`: null where services
  /// cannot have any.
  RealWorld(boost::asio::io_context& strand, const StateFolders& folders, std::string sockets,
            std::unique_ptr<CgroupHome> cgroups, Reports reports);

  [[nodiscard]] Prober& prober() { return *prober_; }
  [[nodiscard]] Actuator& actuator() { return actuator_; }
  [[nodiscard]] Supervisor::Processes processes();
  void send(std::vector<Message> messages);
  /// Any thread, until stop_looking(); see ExamineProbe.
  void examine(ProbeOrder order, Examined done) {
    prober_->examine(std::move(order), std::move(done));
  }

  /// Joins the probe threads: nothing is observed any more.
  void stop_looking() { prober_.reset(); }

 private:
  std::function<void(std::string)> trouble_;
  std::unique_ptr<CgroupHome> cgroups_;
  Children children_;
  SelfReports self_reports_;
  LiveActuator actuator_;
  std::unique_ptr<LiveProber> prober_;
};

}  // namespace heald
