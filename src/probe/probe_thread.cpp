#include "probe/probe_thread.hpp"

#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "base/threads.hpp"
#include "net/network.hpp"

namespace heald {

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
  auto look = std::make_shared<Look>();
  look->order = std::move(order);
  look->begun = std::chrono::steady_clock::now();
  try {
    const PreparedProbe& prepared = prepared_.of(look->order);
    if (const auto* http = std::get_if<PreparedHttp>(&prepared)) look->body = http->body;
    look_with(look, prepared);
  } catch (const std::exception& failed) {
    report(*look, could_not_look(std::string{"cannot look: "} + failed.what()));
  }
}

void ProbeThread::look_with(const SharedLook& look, const PreparedProbe& prepared) {
  if (const auto* unusable = std::get_if<Unusable>(&prepared)) {
    return report(*look, could_not_look(unusable->why));
  }
  if (const auto* http = std::get_if<PreparedHttp>(&prepared)) return look_over_http(look, *http);
  if (const auto* tcp = std::get_if<std::shared_ptr<const TcpScript>>(&prepared)) {
    return look_over_tcp(look, *tcp);
  }
  look_by_program(look);
}

void ProbeThread::look_over_http(const SharedLook& look, const PreparedHttp& prepared) {
  HttpOptions options;
  options.timeout = look->probe().timeout;
  options.body = prepared.body ? BodyUse::keep : BodyUse::count;
  options.max_redirects = std::get<HttpProbe>(look->probe().kind).max_redirects;
  start_http(context_, prepared.request, options, [this, look](const HttpResult& result) {
    const auto& rules = std::get<HttpProbe>(look->probe().kind);
    report(*look, judge_http(rules, look->body.get(), result));
  });
}

void ProbeThread::look_over_tcp(const SharedLook& look,
                                const std::shared_ptr<const TcpScript>& script) {
  start_tcp(context_, script, look->probe().timeout, [this, look](const TcpResult& result) {
    report(*look, judge_tcp(std::get<TcpProbe>(look->probe().kind), result));
  });
}

void ProbeThread::look_by_program(const SharedLook& look) {
  const auto& rules = std::get<ExecProbe>(look->probe().kind);
  // Told on the control executor, where this thread may be gone already: nothing of `this`.
  execs_->start(look->probe(), rules, [sink = sink_, look](const RunResult& result) {
    const auto& judged_by = std::get<ExecProbe>(look->probe().kind);
    sink(observation(*look, judge_exec(judged_by, look->probe().timeout, result)));
  });
}

Observation ProbeThread::observation(const Look& look, Finding finding) {
  Observation seen;
  seen.service = look.order.service;
  seen.probe = look.order.probe;
  seen.run = look.order.run;
  seen.outcome = finding.outcome;
  seen.answered = finding.answered;
  seen.begun = look.order.begun;
  seen.took = std::chrono::steady_clock::now() - look.begun;
  seen.evidence = std::move(finding.evidence);
  return seen;
}

// What one turn of this thread brings is handed over at its end: to tell each at once would wake
// the control strand for each, and contend with it for every one that follows.
void ProbeThread::report(const Look& look, Finding finding) {
  seen_.push_back(observation(look, std::move(finding)));
  if (seen_.size() == 1) boost::asio::post(context_, [this] { hand_over(); });
}

void ProbeThread::hand_over() {
  for (Observation& seen : seen_) sink_(std::move(seen));
  seen_.clear();
}

}  // namespace heald
