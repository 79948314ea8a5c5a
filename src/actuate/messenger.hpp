#pragma once
// Telling people. Private to this room.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actuate/commands.hpp"
#include "actuate/evidence.hpp"
#include "actuate/live_actuator.hpp"
#include "actuate/outbox.hpp"

namespace heald {

/// Delivers texts to receivers. Control strand only. When it is destroyed, what waits is left to
/// whoever remembers it.
class Messenger {
 public:
  /// How one attempt ended.
  struct Attempt {
    StepResult step;
    Receipt receipt = Receipt::failed;
  };
  using Attempted = std::function<void(Attempt)>;

  Messenger(const LiveActuator::Parts& parts, Commands& commands);
  ~Messenger();
  Messenger(const Messenger&) = delete;
  Messenger& operator=(const Messenger&) = delete;

  /// One attempt to hand `body`, a JSON text, to the receiver of this name. `attempted` may be
  /// called from inside.
  void deliver(const std::string& receiver, const std::string& body, Duration timeout,
               Attempted attempted);

  /// Delivers in the background, with as many attempts as it takes; see Outbox.
  void send(std::vector<Message> messages);

 private:
  void deliver_to(const WebhookReceiver& webhook, const std::string& what, const std::string& body,
                  Duration timeout, Attempted attempted);
  void deliver_to(const ExecReceiver& exec, const std::string& what, const std::string& body,
                  Duration timeout, const Attempted& attempted);
  void send_due();
  void send_soon();
  void wind();
  void tell_changes();

  const LiveActuator::Parts& parts_;
  Commands& commands_;
  Outbox outbox_;
  std::vector<TroubledReceiver> troubled_;  ///< as told last
  boost::asio::steady_timer timer_;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

/// The JSON that receivers get of a `notify` rung that tells now.
[[nodiscard]] std::string message_body(const ActionOrder& order, const NotifyAction& action,
                                       Instant now, const LiveActuator::WallOf& wall_of);

}  // namespace heald
