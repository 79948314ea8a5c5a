#pragma once
// Telling people. Private to this room.

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actuate/commands.hpp"
#include "actuate/evidence.hpp"
#include "actuate/live_actuator.hpp"

namespace heald {

/// Delivers texts to receivers. Control strand only. When it is destroyed, what waits is dropped.
class Messenger {
 public:
  using Delivered = std::function<void(StepResult)>;

  Messenger(const LiveActuator::Parts& parts, Commands& commands);
  ~Messenger();
  Messenger(const Messenger&) = delete;
  Messenger& operator=(const Messenger&) = delete;

  /// One attempt to hand `body`, a JSON text, to the receiver of this name. `delivered` may be
  /// called from inside.
  void deliver(const std::string& receiver, const std::string& body, Duration timeout,
               Delivered delivered);

  /// Delivers in the background, with several attempts. `about` names the service in problems.
  void tell(const std::vector<std::string>& receivers, const std::string& about,
            const std::string& body);

 private:
  struct Letter {
    std::string receiver;
    std::string about;
    std::string body;
    std::size_t attempts = 0;
  };
  using LetterRef = std::shared_ptr<Letter>;

  void deliver_to(const WebhookReceiver& webhook, const std::string& what, const std::string& body,
                  Duration timeout, Delivered delivered);
  void deliver_to(const ExecReceiver& exec, const std::string& what, const std::string& body,
                  Duration timeout, const Delivered& delivered);
  void send_next();
  void attempted(const LetterRef& letter, const StepResult& result);
  void give_up(const Letter& letter, const std::string& why);
  void send_later(const LetterRef& letter, Duration pause);

  const LiveActuator::Parts& parts_;
  Commands& commands_;
  std::deque<LetterRef> queue_;
  std::size_t under_way_ = 0;  ///< letters that are being sent
  std::size_t held_ = 0;       ///< letters in all
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

/// The JSON that receivers get of a message.
[[nodiscard]] std::string message_body(const TellCommand& command, const ServicePolicy& policy);

/// The JSON that receivers get of a `notify` rung.
[[nodiscard]] std::string message_body(const ActionOrder& order, const NotifyAction& action);

}  // namespace heald
