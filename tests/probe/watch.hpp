#pragma once
// A prober in a test, with a control thread and everything that it reports.

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstddef>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "probe/live_prober.hpp"
#include "process/children.hpp"
#include "process/self_reports.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {

using namespace std::chrono_literals;

inline std::shared_ptr<const ServicePolicy> service_with(ProbeKind kind, Duration timeout = 10s) {
  ServicePolicy policy;
  policy.name = "web";
  ProbePolicy probe;
  probe.name = "answers";
  probe.timeout = timeout;
  probe.kind = std::move(kind);
  policy.probes = {std::move(probe)};
  return std::make_shared<const ServicePolicy>(std::move(policy));
}

inline HttpProbe http_probe(std::string url) {
  HttpProbe probe;
  probe.request.url = std::move(url);
  return probe;
}

inline TcpProbe tcp_probe(std::uint16_t port, std::string send = {}, std::string expect = {}) {
  TcpProbe probe;
  probe.host = "127.0.0.1";
  probe.port = port;
  if (!send.empty()) probe.dialogue.push_back({DialogueStep::Kind::send, std::move(send)});
  if (!expect.empty()) probe.dialogue.push_back({DialogueStep::Kind::expect, std::move(expect)});
  return probe;
}

inline ExecProbe shell_probe(std::string text) {
  ExecProbe probe;
  probe.exec.command = {"/bin/sh", "-c", std::move(text)};
  probe.exec.shell = true;
  return probe;
}

class Watch {
 public:
  explicit Watch(std::size_t threads = 2)
      : work_(control_.get_executor()), children_(std::in_place, control_.get_executor()) {
    reports_.emplace(control_.get_executor(), folder_.file("notify"),
                     [](ServiceId, const SelfReport*) {});
    prober_.emplace(threads, [this](Observation seen) { note(std::move(seen)); }, *children_,
                    *reports_, control_.get_executor());
    thread_ = std::thread{[this] { control_.run(); }};
  }
  ~Watch() {
    close();
    on_control([this] {
      children_.reset();
      reports_.reset();
    });
    work_.reset();
    control_.stop();
    thread_.join();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  ProbeRun start(const std::shared_ptr<const ServicePolicy>& policy, std::uint32_t service = 1) {
    ProbeOrder order;
    order.service = ServiceId{service};
    order.run = ProbeRun{++last_run_};
    order.begun = Instant{Duration{static_cast<Duration::rep>(last_run_)}};
    order.policy = policy;
    prober_->start(std::move(order));
    return ProbeRun{last_run_};
  }

  /// Waits for this many observations, and hands out all of them.
  std::vector<Observation> await(std::size_t count) {
    std::unique_lock lock{mutex_};
    arrived_.wait(lock, [&] { return seen_.size() >= count; });
    return seen_;
  }

  Observation look(const std::shared_ptr<const ServicePolicy>& policy) {
    start(policy);
    return await(1).front();
  }

  std::size_t count() {
    const std::lock_guard lock{mutex_};
    return seen_.size();
  }

  Examination examine(const std::shared_ptr<const ServicePolicy>& policy) {
    ProbeOrder order;
    order.service = ServiceId{1};
    order.policy = policy;
    std::promise<Examination> seen;
    prober_->examine(std::move(order),
                     [&](Examination one) { seen.set_value(std::move(one)); });
    return seen.get_future().get();
  }

  /// Destroys the prober, as the daemon does at its end.
  void close() {
    on_control([this] { prober_.reset(); });
  }

  /// On the control thread only.
  SelfReports& reports() { return *reports_; }

  template <class Work>
  void on_control(Work work) {
    std::promise<void> done;
    boost::asio::post(control_, [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

 private:
  void note(Observation seen) {
    const std::lock_guard lock{mutex_};
    seen_.push_back(std::move(seen));
    arrived_.notify_all();
  }

  boost::asio::io_context control_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  TemporaryFolder folder_;
  std::optional<Children> children_;
  std::optional<SelfReports> reports_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Observation> seen_;
  std::uint64_t last_run_ = 0;
  std::optional<LiveProber> prober_;
  std::thread thread_;
};

}  // namespace heald::test
