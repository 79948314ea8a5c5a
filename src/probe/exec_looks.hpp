#pragma once
// Looks that programs take for us.

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "heald/policy.hpp"
#include "process/run.hpp"

namespace heald {

/// The exec probes in flight. Shared with what runs, because the end of a killed program is told
/// after whoever started it may be gone.
class ExecLooks : public std::enable_shared_from_this<ExecLooks> {
 public:
  using Done = std::function<void(const RunResult&)>;

  /// `control`: where programs' ends are told.
  ExecLooks(Children& children, boost::asio::any_io_executor control);

  /// Runs the program of a probe of this name. `done` is called once, on the control executor, when
  /// the program's whole process group is dead; not at all after close(). Any thread.
  void start(const std::string& probe, const ExecProbe& rules, Duration timeout, Done done);

  /// Kills what runs, and reports nothing more. On the control executor.
  void close();

 private:
  void finished(std::uint64_t number, const Done& done, const RunResult& result);

  Children& children_;
  boost::asio::any_io_executor control_;
  std::mutex mutex_;
  bool closed_ = false;
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, CancelRun> running_;
};

}  // namespace heald
