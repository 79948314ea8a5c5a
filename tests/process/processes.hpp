#pragma once
// What tests with real processes share.

#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "process/children.hpp"
#include "process/proc.hpp"
#include "process/run.hpp"

namespace heald::test {

/// The children of this process, zombies included.
inline std::vector<pid_t> own_children() {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    const auto pid = static_cast<pid_t>(std::atoi(entry.path().filename().c_str()));
    if (pid <= 0) continue;
    const auto stat = read_proc_stat(pid);
    if (stat && stat->parent == ::getpid()) found.push_back(pid);
  }
  return found;
}

inline bool runs(pid_t pid) {
  const auto stat = read_proc_stat(pid);
  return stat && stat->state != 'Z' && stat->state != 'X';
}

/// A control strand with the children on it.
class Processes {
 public:
  Processes() : work_(io_.get_executor()), children_(io_.get_executor()) {}
  /// Leaves no process to the next test. By hand: the handlers may refer to what is gone already.
  ~Processes() {
    for (auto left = own_children(); !left.empty(); left = own_children()) {
      for (const pid_t pid : left) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
      }
    }
  }
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;

  boost::asio::io_context& io() { return io_; }
  Children& children() { return children_; }
  [[nodiscard]] boost::asio::any_io_executor executor() { return io_.get_executor(); }

  /// Handles events until the condition holds; ctest ends a test whose condition never does.
  template <class Condition>
  void until(Condition condition) {
    while (!condition()) io_.run_one();
  }
  /// Like `until`, for conditions that no event of this process announces: a file that another
  /// process writes.
  template <class Condition>
  void until_outside(Condition condition) {
    while (!condition()) io_.run_one_for(std::chrono::milliseconds{2});
  }

  static SpawnRequest request(Argv command) {
    SpawnRequest request;
    request.name = "web";
    request.exec.command = std::move(command);
    return request;
  }
  static SpawnRequest script(const std::string& text) { return request({"/bin/sh", "-c", text}); }

  RunResult run(SpawnRequest program, Duration timeout = 60s, const std::string& input = {}) {
    std::optional<RunResult> result;
    heald::run(children_, executor(), RunRequest{std::move(program), timeout, input},
               [&](RunResult done) { result = std::move(done); });
    until([&] { return result.has_value(); });
    return *result;
  }
  std::string output_of(SpawnRequest program) { return run(std::move(program)).output; }

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  Children children_;
};

}  // namespace heald::test
