#pragma once
// The commands that are running for the actuator. Private to this room.

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "process/run.hpp"

namespace heald {

/// Runs commands (process/run.hpp) and remembers them: when this is destroyed they are killed,
/// and nobody is told. Control strand only.
class Commands {
 public:
  Commands(Children& children, boost::asio::any_io_executor control);
  ~Commands();
  Commands(const Commands&) = delete;
  Commands& operator=(const Commands&) = delete;

  void run(RunRequest request, std::function<void(RunResult)> done);

 private:
  using Running = std::unordered_map<std::uint64_t, CancelRun>;

  Children& children_;
  boost::asio::any_io_executor control_;
  std::uint64_t last_ = 0;
  std::shared_ptr<Running> running_ = std::make_shared<Running>();
};

}  // namespace heald
