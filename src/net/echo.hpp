#pragma once
// ICMP and ICMPv6 echo requests (RFC 792, RFC 4443 4.1), by the socket that the kernel allows.

#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace heald {

/// A request that is ready to be sent, and the socket for it.
struct Echo {
  Fd socket;            ///< not connected, non-blocking
  std::string request;  ///< a message with a token of its own
  std::string token;    ///< random octets that only its answer repeats
  bool raw = false;     ///< what comes begins with an IP header, if it is of IPv4
  int family = 0;

  /// Whether what came is the answer to this request, and to no other.
  [[nodiscard]] bool is_answer(std::string_view came) const;
};

/// `family`: AF_INET or AF_INET6. Takes a datagram socket, whose group must be within
/// `net.ipv4.ping_group_range`, or else a raw one, which needs CAP_NET_RAW.
[[nodiscard]] Result<Echo> open_echo(int family);

}  // namespace heald
