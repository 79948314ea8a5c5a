#include "probe/probe_thread.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "base/threads.hpp"
#include "net/network.hpp"

namespace heald {

/// A look while it lasts; keeps its rules.
struct ProbeThread::Underway {
  ProbeOrder order;
  std::chrono::steady_clock::time_point begun;
  [[nodiscard]] const ProbePolicy& probe() const {
    return order.policy->probes[order.probe.value()];
  }
};

ProbeThread::ProbeThread(const Prober::Sink& sink, std::shared_ptr<ExecLooks> execs)
    : sink_(sink), execs_(std::move(execs)), work_(context_.get_executor()) {
  // The descriptors that it needs for itself are taken now, and not when there are none left.
  Network::of(context_);
  thread_ = thread_without_signals("heald-probe", [this] { context_.run(); });
}

ProbeThread::~ProbeThread() {
  context_.stop();
  thread_.join();
}

void ProbeThread::start(ProbeOrder order) {
  {
    const std::lock_guard lock{mutex_};
    inbox_.push_back(std::move(order));
    if (inbox_.size() > 1) return;
  }
  boost::asio::post(context_, [this] { take_orders(); });
}

void ProbeThread::examine(ProbeOrder order, Examined done) {
  boost::asio::post(context_, [this, order = std::move(order), done = std::move(done)] {
    heald::examine(context_, *execs_, order, done);
  });
}

void ProbeThread::take_orders() {
  {
    const std::lock_guard lock{mutex_};
    orders_.swap(inbox_);
  }
  for (ProbeOrder& order : orders_) look(std::move(order));
  orders_.clear();
}

void ProbeThread::look(ProbeOrder order) {
  auto look = std::make_shared<Underway>();
  look->order = std::move(order);
  look->begun = std::chrono::steady_clock::now();
  try {
    const PreparedLook& prepared = prepared_.of(look->order);
    if (!prepared) return report(*look, could_not_look(prepared.error().message));
    const LookTerms terms{look->probe().timeout, nullptr};
    (*prepared)->start({context_, *execs_}, terms, [this, look](Seen seen) {
      report(*look, std::move(seen.finding));
    });
  } catch (const std::exception& failed) {
    report(*look, could_not_look(std::string{"cannot look: "} + failed.what()));
  }
}

// What one turn of this thread brings is handed over at its end: to tell each at once would wake
// the control strand for each, and contend with it for every one that follows.
void ProbeThread::report(const Underway& look, Finding finding) {
  Observation& seen = seen_.emplace_back();
  seen.service = look.order.service;
  seen.probe = look.order.probe;
  seen.run = look.order.run;
  seen.outcome = finding.outcome;
  seen.answered = finding.answered;
  seen.begun = look.order.begun;
  seen.took = std::chrono::steady_clock::now() - look.begun;
  seen.evidence = std::move(finding.evidence);
  if (seen_.size() == 1) boost::asio::post(context_, [this] { hand_over(); });
}

void ProbeThread::hand_over() {
  for (Observation& seen : seen_) sink_(std::move(seen));
  seen_.clear();
}

}  // namespace heald
