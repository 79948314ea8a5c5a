#include "net/deadlines.hpp"

#include <algorithm>

namespace heald {

DeadlineSweep::DeadlineSweep(boost::asio::io_context& context)
    : timer_(context), swept_(tick_of(std::chrono::steady_clock::now()) - 1) {}

// The tick at whose start the moment has passed.
DeadlineSweep::Tick DeadlineSweep::tick_of(Moment at) {
  return std::chrono::ceil<std::chrono::milliseconds>(at.time_since_epoch()) / granularity + 1;
}

void DeadlineSweep::set(Deadline& deadline, Moment at) {
  drop(deadline);
  deadline.at_ = at;
  const Tick tick = std::max(tick_of(at), swept_ + 1);
  slot_of(tick).push_back(deadline);
  if (armed_ == 0 || tick < armed_) arm(tick);
}

void DeadlineSweep::drop(Deadline& deadline) { deadline.hook_.unlink(); }

void DeadlineSweep::arm(Tick tick) {
  armed_ = tick;
  timer_.expires_at(Moment{} + granularity * tick);
  timer_.async_wait([this, tick](const boost::system::error_code& error) {
    // A wait that was replaced is aborted, or already queued when it was: `armed_` tells.
    if (!error && tick == armed_) sweep();
  });
}

void DeadlineSweep::sweep() {
  const Moment now = std::chrono::steady_clock::now();
  const Tick last = now.time_since_epoch() / granularity;
  // After a stall every slot is due: one turn of the wheel sees them all.
  const Tick first = std::max(swept_ + 1, last - static_cast<Tick>(slots) + 1);
  Slot due;
  for (Tick tick = first; tick <= last; ++tick) {
    Slot& slot = slot_of(tick);
    for (auto entry = slot.begin(); entry != slot.end();) {
      Deadline& deadline = *entry++;
      if (deadline.at_ > now) continue;  // of a later turn
      deadline.hook_.unlink();
      due.push_back(deadline);
    }
  }
  swept_ = std::max(swept_, last);
  armed_ = 0;
  // What is called may set, drop or destroy any deadline, also one that is due.
  while (!due.empty()) {
    Deadline& deadline = due.front();
    due.pop_front();
    deadline.on_deadline();
  }
  rearm();
}

void DeadlineSweep::rearm() {
  if (armed_ != 0 && armed_ <= swept_ + 1) return;
  for (Tick tick = swept_ + 1; tick <= swept_ + static_cast<Tick>(slots); ++tick) {
    if (slot_of(tick).empty()) continue;
    if (armed_ == 0 || tick < armed_) arm(tick);
    return;
  }
}

}  // namespace heald
