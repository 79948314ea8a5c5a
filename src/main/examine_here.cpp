#include "main/examine_here.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <utility>

#include "probe/live_prober.hpp"
#include "process/children.hpp"
#include "process/self_reports.hpp"

namespace heald {

Examination examine_here(const std::shared_ptr<const ServicePolicy>& policy, ProbeIndex probe) {
  std::signal(SIGPIPE, SIG_IGN);  // a peer that hangs up is an error of the write, not our end
  boost::asio::io_context control{1};
  const auto stay = boost::asio::make_work_guard(control);
  Children children{control.get_executor()};
  const auto nobody = [](const Observation&) {};
  SelfReports reports{control.get_executor(), {}, [](ServiceId, const SelfReport*) {}};
  LiveProber prober{1, nobody, children, reports, control.get_executor()};
  Examination seen;
  ProbeOrder order;
  order.probe = probe;
  order.policy = policy;
  prober.examine(std::move(order), [&](Examination examination) {
    boost::asio::post(control, [&, held = std::move(examination)]() mutable {
      seen = std::move(held);
      control.stop();
    });
  });
  control.run();
  return seen;
}

}  // namespace heald
