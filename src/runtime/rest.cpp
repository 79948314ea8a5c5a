#include "runtime/rest.hpp"

#include <algorithm>

namespace heald {

void Rest::loaded(std::size_t services) {
  much_ = std::max(few, services / 2);
  soon();
}

void Rest::on_record(const Record&, const ServicePolicy*) {
  if (++records_ >= much_) soon();
}

/// Whoever asks while it waits is served by the same.
void Rest::soon() {
  if (std::exchange(waits_, true)) return;
  wait(patience);
}

void Rest::wait(int pauses) {
  seen_ = records_;
  timer_.expires_after(pause_);
  timer_.async_wait([this, pauses](const boost::system::error_code& error) {
    if (error) return;
    if (records_ != seen_ && pauses > 1) return wait(pauses - 1);
    waits_ = false;
    records_ = 0;
    give_back_();
  });
}

}  // namespace heald
