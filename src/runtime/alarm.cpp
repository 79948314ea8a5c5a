#include "runtime/alarm.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include "heald/assert.hpp"

namespace heald {
namespace {

int open_timer() {
  const int timer = ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (timer < 0) throw std::system_error{errno, std::generic_category(), "cannot open a timer"};
  return timer;
}

}  // namespace

Alarm::Alarm(boost::asio::io_context& strand, std::function<void()> ring)
    : timer_(strand, open_timer()), ring_(std::move(ring)) {}

void Alarm::set(Duration from_now) {
  arm(std::max(from_now, Duration{1}));  // an expiry of zero would disarm it
  wait();
}

// The wait stays: it costs nothing, and cancelling it would race with a ring that is under way.
void Alarm::clear() { arm(Duration::zero()); }

void Alarm::arm(Duration from_now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(from_now);
  itimerspec setting{};
  setting.it_value.tv_sec = seconds.count();
  setting.it_value.tv_nsec = (from_now - seconds).count();
  HEALD_ASSERT(::timerfd_settime(timer_.native_handle(), 0, &setting, nullptr) == 0);
}

void Alarm::wait() {
  if (std::exchange(waiting_, true)) return;
  timer_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                    [this](const boost::system::error_code& error) {
                      if (error) return;  // the alarm is being destroyed
                      waiting_ = false;
                      std::uint64_t expirations = 0;
                      // Nothing to read: it was set anew after the kernel had called it ready.
                      const bool rang = ::read(timer_.native_handle(), &expirations,
                                               sizeof expirations) == sizeof expirations;
                      if (!rang) return wait();
                      ring_();
                    });
}

}  // namespace heald
