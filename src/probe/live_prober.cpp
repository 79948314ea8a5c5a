#include "probe/live_prober.hpp"

#include <utility>

#include "heald/assert.hpp"
#include "probe/exec_looks.hpp"
#include "probe/probe_thread.hpp"

namespace heald {

LiveProber::LiveProber(std::size_t threads, const Sink& sink, Children& children,
                       boost::asio::any_io_executor control)
    : execs_(std::make_shared<ExecLooks>(children, std::move(control))) {
  HEALD_ASSERT(threads >= 1);
  for (std::size_t made = 0; made < threads; ++made) {
    threads_.push_back(std::make_unique<ProbeThread>(sink, execs_));
  }
}

LiveProber::~LiveProber() {
  threads_.clear();
  execs_->close();
}

void LiveProber::start(ProbeOrder order) {
  ProbeThread& thread = *threads_[order.service.value() % threads_.size()];
  thread.start(std::move(order));
}

}  // namespace heald
