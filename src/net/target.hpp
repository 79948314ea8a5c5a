#pragma once
// Where to, and whether over TLS.

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heald/policy.hpp"

namespace heald {

using Addresses = std::vector<boost::asio::ip::address>;

/// A peer to talk to. Immutable and shared between the looks at it.
struct Target {
  Target(std::string_view host_or_address, std::uint16_t port_number,
         std::optional<TlsPolicy> tls_policy);

  std::string host;  ///< a name, or an address without brackets
  std::uint16_t port;
  std::optional<TlsPolicy> tls;
  /// Set when the host is an address: nothing needs to be looked up.
  std::shared_ptr<const Addresses> literal;

  /// "web.test:8080", "[::1]:8080".
  [[nodiscard]] std::string name() const;
};

/// "127.0.0.1:8080", "[::1]:8080".
[[nodiscard]] std::string to_text(const boost::asio::ip::address& address, std::uint16_t port);

}  // namespace heald
