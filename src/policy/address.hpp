#pragma once
// URLs and addresses in rule files.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace heald {

/// Where a connection goes.
struct Endpoint {
  std::string host;  ///< a name or an address, IPv6 without brackets
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// The endpoint of an absolute http or https URL, the scheme's port when it names none. An error
/// when the text is no such URL, or carries a user's name or a fragment: neither would be sent.
[[nodiscard]] Result<Endpoint> parse_url(std::string_view text);

enum class PortRange : std::uint8_t {
  connect,  ///< 1 to 65535
  listen,   ///< 0 too: any free port
};

/// "HOST:PORT", an IPv6 address in brackets.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text, PortRange ports);

/// "HOST" or "HOST:PORT", an IPv6 address with a port in brackets.
[[nodiscard]] Result<Endpoint> parse_server(std::string_view text, std::uint16_t usual_port);

/// "HOST:PORT", an IPv6 address in brackets.
[[nodiscard]] std::string to_text(const Endpoint& endpoint);

/// Whether the host is this machine by its loopback: localhost, 127.0.0.0/8 or ::1.
[[nodiscard]] bool is_loopback(std::string_view host);

}  // namespace heald
