#pragma once
// Where other threads leave things for the control strand.

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "heald/time.hpp"

namespace heald {

/// A batch in the making: many threads put, one strand takes all of it. The strand is woken once
/// for each batch rather than once for each thing, so that a burst cannot flood its queue.
template <class T>
class Mailbox {
 public:
  /// `wake` has to make the strand call `take` once, later; it is called on the thread that
  /// puts. `now` stamps the first thing of each batch.
  Mailbox(std::function<Instant()> now, std::function<void()> wake)
      : now_(std::move(now)), wake_(std::move(wake)) {}

  /// Any thread.
  void put(T thing) {
    {
      const std::lock_guard lock{mutex_};
      things_.push_back(std::move(thing));
      if (things_.size() > 1) return;
      first_ = now_();
    }
    wake_();
  }

  /// Moves everything into `batch`, which has to be empty, and says since when it waited.
  [[nodiscard]] Instant take(std::vector<T>& batch) {
    const std::lock_guard lock{mutex_};
    things_.swap(batch);
    return first_;
  }

 private:
  std::function<Instant()> now_;
  std::function<void()> wake_;
  std::mutex mutex_;
  std::vector<T> things_;
  Instant first_{};
};

}  // namespace heald
