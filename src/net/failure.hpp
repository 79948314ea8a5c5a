#pragma once
// Why an exchange over the network came to nothing, in words that say whose fault it is.

#include <boost/system/error_code.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "heald/time.hpp"

namespace heald {

enum class NetFailureKind : std::uint8_t {
  timed_out,
  unresolved,          ///< the name has no address
  unreachable,         ///< no route, or a router said so
  refused,
  reset,
  closed,              ///< the peer ended the connection before its answer was complete
  malformed,           ///< what came is not HTTP
  tls,                 ///< no handshake, or the certificate does not hold
  limit,               ///< too many redirects, or more bytes than are read
  local,               ///< our own: descriptors, memory, ports, a CA file; nobody's fault
};

struct NetFailure {
  NetFailureKind kind = NetFailureKind::local;
  /// For people: "connection refused by 127.0.0.1:8080".
  std::string text;
  /// Whether anything came back at all, be it a refusal.
  bool answered = false;
};

/// Whether a failure of this kind is in itself something that came back.
[[nodiscard]] bool is_answer(NetFailureKind kind);

/// What an error of a socket means.
[[nodiscard]] NetFailureKind kind_of(const boost::system::error_code& error);

/// The failure that an error of a socket stands for; `address` is the peer, "127.0.0.1:8080".
[[nodiscard]] NetFailure socket_failure(const boost::system::error_code& error,
                                        std::string_view address);

/// "500 ms", "3 s", "1.25 s": for texts like "no answer within 500 ms".
[[nodiscard]] std::string duration_text(Duration duration);

}  // namespace heald
