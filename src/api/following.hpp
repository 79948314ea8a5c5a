#pragma once
// Answers that wait until there is something to tell.

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "api/http.hpp"

namespace heald {

/// A follower that waits: its question is asked again until it has an answer, the time is up or it
/// has hung up. Asking is cheap, and nobody is disturbed by it while there is no follower.
class Following : public std::enable_shared_from_this<Following> {
 public:
  using Clock = boost::asio::steady_timer::clock_type;
  /// Nothing: there is nothing yet. `last`: an empty answer will do.
  using Ask = std::function<std::optional<ServerReply>(bool last)>;

  Following(boost::asio::io_context& context, Clock::time_point until, Ask ask,
            std::function<bool()> gone, Replier reply)
      : timer_(context),
        until_(until),
        ask_(std::move(ask)),
        gone_(std::move(gone)),
        reply_(std::move(reply)) {}

  void look() {
    if (gone_()) return;
    if (auto answer = ask_(Clock::now() >= until_)) return reply_(*std::move(answer));
    timer_.expires_after(std::chrono::milliseconds{200});
    timer_.async_wait([self = shared_from_this()](const auto& failure) {
      if (!failure) self->look();
    });
  }

 private:
  boost::asio::steady_timer timer_;
  Clock::time_point until_;
  Ask ask_;
  std::function<bool()> gone_;
  Replier reply_;
};

/// The longest that a follower may ask to wait, in seconds.
inline constexpr std::uint64_t longest_wait = 30;

}  // namespace heald
