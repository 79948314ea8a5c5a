#pragma once
// The way back to the server's thread for answers that are made on another one.

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "heald/time.hpp"

namespace heald {

/// Questions that another thread answers, each with a limit to the patience. What waits for an
/// answer stays on the server's thread: an answer carries a ticket only, so that one which comes
/// after the server's end finds nothing and harms nothing.
class ReturnPath : public std::enable_shared_from_this<ReturnPath> {
 public:
  explicit ReturnPath(boost::asio::io_context& context) : context_(&context) {}

  /// Server's thread only. `then` gets the answer, or nothing when `patience` is over first; it
  /// is called once, on the server's thread. What is returned may be called on any thread.
  template <class Answer>
  std::function<void(Answer)> expect(Duration patience,
                                     std::function<void(std::optional<Answer>)> then) {
    const auto ticket = ++last_ticket_;
    auto& waiting = waiting_[ticket];
    waiting.timer.emplace(*context_, std::chrono::duration_cast<
                                         boost::asio::steady_timer::duration>(patience));
    waiting.timer->async_wait([this, ticket](const auto& failure) {
      if (!failure) take(ticket, nullptr);
    });
    waiting.then = [then = std::move(then)](void* answer) {
      if (answer == nullptr) return then(std::nullopt);
      then(std::move(*static_cast<Answer*>(answer)));
    };
    return [self = shared_from_this(), ticket](Answer answer) {
      const std::lock_guard lock{self->mutex_};
      if (self->closed_) return;
      boost::asio::post(*self->context_, [self, ticket, held = std::move(answer)]() mutable {
        self->take(ticket, &held);
      });
    };
  }

  /// After this no answer is taken any more. Any thread.
  void close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }

  /// Forgets what waits. Call it before the io_context is destroyed, when its thread has ended.
  void forget() { waiting_.clear(); }

 private:
  struct Waiting {
    std::optional<boost::asio::steady_timer> timer;
    std::function<void(void*)> then;
  };

  void take(std::uint64_t ticket, void* answer) {
    auto node = waiting_.extract(ticket);
    if (node) node.mapped().then(answer);
  }

  boost::asio::io_context* context_;
  std::mutex mutex_;  ///< guards `closed_`: no post may meet a dying io_context
  bool closed_ = false;
  std::uint64_t last_ticket_ = 0;            ///< server's thread
  std::map<std::uint64_t, Waiting> waiting_;  ///< server's thread
};

}  // namespace heald
