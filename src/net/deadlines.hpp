#pragma once
// Many deadlines, one timer.
//
// A probe rarely meets its deadline, so setting and dropping one must cost next to nothing. A
// timer per probe pays for a heap, a lock and a handler each time. Here a deadline is a hook in a
// slot of a hashed wheel (Varghese and Lauck, 1987, scheme 6); one timer sleeps until the
// first slot that holds anything, and does not run when nothing is in flight.

#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace heald {

/// A moment of the clock that the look itself is timed by.
using Moment = std::chrono::steady_clock::time_point;

/// Something with a deadline. Leaves its wheel when it is destroyed.
class Deadline {
 public:
  Deadline() = default;
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  virtual ~Deadline() = default;

  /// The deadline has passed. Called once for each time it was set, on the wheel's thread; it is
  /// not set any more, and may be set again or destroyed from inside the call.
  virtual void on_deadline() = 0;

 private:
  friend class DeadlineSweep;
  using Hook = boost::intrusive::list_member_hook<
      boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
  Hook hook_;
  Moment at_;
};

/// The deadlines of everything in flight on one thread. Each is reported at its moment or up to
/// `granularity` later, never earlier. Not thread-safe: used from its context's thread only.
class DeadlineSweep {
 public:
  static constexpr std::chrono::milliseconds granularity{8};

  explicit DeadlineSweep(boost::asio::io_context& context);

  /// Sets or moves a deadline.
  void set(Deadline& deadline, Moment at);
  static void drop(Deadline& deadline);

 private:
  static constexpr std::size_t slots = 256;
  using Tick = std::int64_t;
  using Slot = boost::intrusive::list<
      Deadline,
      boost::intrusive::member_hook<Deadline, Deadline::Hook, &Deadline::hook_>,
      boost::intrusive::constant_time_size<false>>;
  using Timer = boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
      boost::asio::io_context::executor_type>;

  static Tick tick_of(Moment at);
  Slot& slot_of(Tick tick) { return wheel_[static_cast<std::size_t>(tick) % slots]; }
  void arm(Tick tick);
  void sweep();
  void rearm();

  Timer timer_;
  std::array<Slot, slots> wheel_;
  Tick swept_ = 0;   ///< every slot up to this tick has been looked at
  Tick armed_ = 0;   ///< the tick that the timer waits for; 0: it does not run
};

}  // namespace heald
