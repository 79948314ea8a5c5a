#include "probe/exec_looks.hpp"

#include <utility>

namespace heald {

ExecLooks::ExecLooks(Children& children, boost::asio::any_io_executor control)
    : children_(children), control_(std::move(control)) {}

void ExecLooks::start(const std::string& probe, const ExecProbe& rules, Duration timeout,
                      Done done) {
  std::uint64_t number = 0;
  {
    const std::lock_guard lock{mutex_};
    if (closed_) return;
    number = ++last_;
    running_.emplace(number, CancelRun{});
  }
  RunRequest request;
  request.program.name = "probe " + probe;
  request.program.exec = rules.exec;
  request.timeout = timeout;
  CancelRun cancel =
      run(children_, control_, std::move(request),
          [self = shared_from_this(), number, done = std::move(done)](const RunResult& result) {
            self->finished(number, done, result);
          });
  const std::lock_guard lock{mutex_};
  // It may have ended, and told so on the control thread, before its cancel came here.
  if (const auto found = running_.find(number); found != running_.end()) {
    found->second = std::move(cancel);
  }
}

void ExecLooks::finished(std::uint64_t number, const Done& done, const RunResult& result) {
  {
    const std::lock_guard lock{mutex_};
    running_.erase(number);
    if (closed_) return;
  }
  done(result);
}

void ExecLooks::close() {
  std::unordered_map<std::uint64_t, CancelRun> running;
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    running.swap(running_);
  }
  for (const auto& [number, cancel] : running) {
    if (cancel) cancel();
  }
}

}  // namespace heald
