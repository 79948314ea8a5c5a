#include "probe/live_prober.hpp"

#include <utility>

#include "heald/assert.hpp"
#include "probe/exec_looks.hpp"
#include "probe/probe_thread.hpp"
#include "probe/self_looks.hpp"

namespace heald {

LiveProber::LiveProber(std::size_t threads, const Sink& sink, Children& children,
                       SelfReports& reports, boost::asio::any_io_executor control)
    : execs_(std::make_shared<ExecLooks>(children, control)),
      selves_(std::make_shared<SelfLooks>(sink, reports, std::move(control))) {
  HEALD_ASSERT(threads >= 1);
  for (std::size_t made = 0; made < threads; ++made) {
    threads_.push_back(std::make_unique<ProbeThread>(sink, execs_));
  }
}

LiveProber::~LiveProber() {
  threads_.clear();
  selves_->close();
  execs_->close();
}

void LiveProber::start(ProbeOrder order) {
  if (SelfLooks::takes(order)) return selves_->start(std::move(order));
  ProbeThread& thread = *threads_[order.service.value() % threads_.size()];
  thread.start(std::move(order));
}

void LiveProber::examine(ProbeOrder order, Examined done) {
  if (SelfLooks::takes(order)) return selves_->examine(std::move(order), std::move(done));
  threads_.front()->examine(std::move(order), std::move(done));
}

}  // namespace heald
