#pragma once
// One thread that looks at a share of the services.

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "heald/prober.hpp"
#include "probe/examine.hpp"
#include "probe/exec_looks.hpp"
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
  struct Underway;

  void take_orders();
  void look(ProbeOrder order);
  void report(const Underway& look, Finding finding);
  void hand_over();

  Prober::Sink sink_;
  std::shared_ptr<ExecLooks> execs_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  PreparedLooks prepared_;
  std::mutex mutex_;
  std::vector<ProbeOrder> inbox_;   ///< guarded by mutex_; when it fills, one wake-up is posted
  std::vector<ProbeOrder> orders_;  ///< taken from the inbox, kept for its memory
  std::vector<Observation> seen_;   ///< since the last hand-over, which is posted with the first
  std::thread thread_;
};

}  // namespace heald
