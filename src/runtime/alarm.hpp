#pragma once
// The one timer of the control strand.

#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>

#include "heald/time.hpp"

namespace heald {

/// Rings once, at a point that moves. It counts on CLOCK_BOOTTIME (a timerfd), because Asio's
/// timers count on CLOCK_MONOTONIC, which stands still while the machine is suspended: a
/// deadline would be late by the length of the sleep. Control strand only.
class Alarm {
 public:
  /// Throws std::system_error when the kernel has no timer left.
  Alarm(boost::asio::io_context& strand, std::function<void()> ring);

  /// Rings after this span, at once when it is not positive; replaces what was set before.
  void set(Duration from_now);
  /// Does not ring any more.
  void clear();

 private:
  void arm(Duration from_now);
  void wait();

  boost::asio::posix::stream_descriptor timer_;
  std::function<void()> ring_;
  bool waiting_ = false;
};

}  // namespace heald
