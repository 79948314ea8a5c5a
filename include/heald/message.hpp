#pragma once
// What receivers are told, and what became of it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "heald/ids.hpp"
#include "heald/policy.hpp"
#include "heald/time.hpp"

namespace heald {

/// One text for one receiver. It is delivered at least once: a crash between the receiver's answer
/// and the journal's entry repeats it, under the same id.
struct Message {
  MessageId id;
  std::string receiver, service;  ///< their names
  IncidentId incident;
  Occasion occasion = Occasion::opened;
  bool reminder = false;
  Instant told{};    ///< when it was decided
  std::string body;  ///< a JSON text
  friend bool operator==(const Message&, const Message&) = default;
};

/// The fields of a message's body, which templates may use.
inline constexpr std::array<std::string_view, 28> message_fields{
    "id",       "occasion", "reminder",         "service", "incident",       "message", "severity",
    "owner",    "runbook",  "description",      "labels",  "host",           "group",   "symptom",
    "since",    "told",     "lasted_seconds",   "ended",   "rung",           "action",  "verdict",
    "evidence", "attempts", "root",             "explain", "sick_dependents",
    "other_dependents",     "action_id"};
/// What a template calls its receiver's secret.
inline constexpr std::string_view message_secret = "secret";

/// What became of a message in the end.
enum class MessageEnd : std::uint8_t {
  delivered,
  refused,     ///< the receiver said that sending it again is of no use
  expired,     ///< tried for as long as its receiver's `expire` allows
  superseded,  ///< a reminder; something newer about its incident waited as well
  dropped,     ///< its receiver is not declared any more, or too many waited
};
[[nodiscard]] std::string_view to_string(MessageEnd end);

struct MessageOutcome {
  MessageId id;
  MessageEnd end = MessageEnd::delivered;
  std::uint32_t attempts = 0;
  std::string problem;  ///< of the last attempt, or why there was none; empty: there is none
  friend bool operator==(const MessageOutcome&, const MessageOutcome&) = default;
};

/// How long a receiver that failed is left alone: twice as long after each failure in a row.
struct TellPauses {
  Duration first = 1s;
  Duration longest = 5min;
};

/// A receiver that took no message at the last attempt.
struct TroubledReceiver {
  std::string receiver;
  std::size_t waiting = 0;
  std::string problem;  ///< of the last attempt
  Instant since{};      ///< of its first failure in a row
  friend bool operator==(const TroubledReceiver&, const TroubledReceiver&) = default;
};

}  // namespace heald
