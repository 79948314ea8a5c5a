#pragma once
// One thread that looks at a share of the services.

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "heald/prober.hpp"
#include "net/deadlines.hpp"
#include "probe/examine.hpp"
#include "probe/exec_looks.hpp"
#include "probe/judge.hpp"
#include "probe/prepared.hpp"

namespace heald {

/// Takes looks from any thread and reports each to the sink. Everything else that it has is its
/// own thread's, so looks share nothing and lock nothing.
class ProbeThread {
 public:
  ProbeThread(const Prober::Sink& sink, std::shared_ptr<ExecLooks> execs);
  /// Drops what is in flight; nothing is reported any more.
  ~ProbeThread();
  ProbeThread(const ProbeThread&) = delete;
  ProbeThread& operator=(const ProbeThread&) = delete;

  void start(ProbeOrder order);
  void examine(ProbeOrder order, Examined done);

 private:
  struct Look {
    ProbeOrder order;
    Moment begun;
    std::shared_ptr<const BodyCheck> body;
    [[nodiscard]] const ProbePolicy& probe() const {
      return order.policy->probes[order.probe.value()];
    }
  };
  using SharedLook = std::shared_ptr<const Look>;

  void take_orders();
  void look(ProbeOrder order);
  void look_with(const SharedLook& look, const PreparedProbe& prepared);
  void look_over_http(const SharedLook& look, const PreparedHttp& prepared);
  void look_over_tcp(const SharedLook& look, const std::shared_ptr<const TcpScript>& script);
  void look_by_program(const SharedLook& look);
  static Observation observation(const Look& look, Finding finding);
  void report(const Look& look, Finding finding);
  void hand_over();

  Prober::Sink sink_;
  std::shared_ptr<ExecLooks> execs_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  PreparedProbes prepared_;
  std::mutex mutex_;
  std::vector<ProbeOrder> inbox_;   ///< guarded by mutex_; when it fills, one wake-up is posted
  std::vector<ProbeOrder> orders_;  ///< taken from the inbox, kept for its memory
  std::vector<Observation> seen_;   ///< since the last hand-over, which is posted with the first
  std::thread thread_;
};

}  // namespace heald
