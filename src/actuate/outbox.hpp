#pragma once
// Messages that wait for their receivers: which one is due, and which never will be. Private to
// this room.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "heald/message.hpp"

namespace heald {

/// A message that is over.
struct EndedMessage {
  Message message;
  MessageOutcome outcome;
};

/// What an attempt to deliver came to.
enum class Receipt : std::uint8_t { taken, failed, refused };

/// Each receiver gets its messages one at a time, in the order in which they were told, so that
/// one that is broken delays nobody else's. After a failure it is tried again, with pauses, until
/// the message is older than the receiver allows.
///
/// Pure: no clock, no timer. Every function takes the present, which never goes back.
class Outbox {
 public:
  /// How long a receiver's messages are tried; empty: it is not declared (any more).
  using Patience = std::function<std::optional<Duration>(const std::string& receiver)>;
  explicit Outbox(Patience patience, TellPauses pauses = {})
      : patience_(std::move(patience)), pauses_(pauses) {}

  void put(Message message);

  /// The next message to send, if one may be sent now; `answered` has to follow.
  [[nodiscard]] std::optional<Message> take(Instant now);
  /// `problem`: why it was not taken.
  void answered(const std::string& receiver, Receipt receipt, const std::string& problem,
                Instant now);

  /// When `take` is worth another try without anything else happening.
  [[nodiscard]] Instant wake_at() const;
  /// What has ended since the last call, oldest first.
  [[nodiscard]] std::vector<EndedMessage> take_ended();

  /// Receivers whose last attempt failed.
  [[nodiscard]] std::vector<TroubledReceiver> troubles() const;
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct Box {
    std::deque<Message> waiting;  ///< the first is the one that is under way, when one is
    bool under_way = false;
    MessageId tried;             ///< the one that was sent last
    std::uint32_t attempts = 0;  ///< at the first that waits
    std::uint32_t failures = 0;  ///< in a row, of this receiver
    Instant not_before{};
    Instant failing_since{};
    std::string problem;
  };

  void supersede(Box& box, const Message& message);
  void bound(Box& box);
  void end_first(Box& box, MessageEnd how, const std::string& problem);
  void end(Message message, MessageEnd how, std::uint32_t attempts, const std::string& problem);
  /// Ends what waits at the front in vain; true: something is left to send.
  [[nodiscard]] bool clear_front(const std::string& receiver, Box& box, Instant now);

  [[nodiscard]] Duration pause_after(std::uint32_t failures) const;

  Patience patience_;
  TellPauses pauses_;
  std::map<std::string, Box> boxes_;
  std::size_t under_way_ = 0;
  std::string last_;  ///< the receiver that was sent to last: the others come first
  std::vector<EndedMessage> ended_;
};

}  // namespace heald
