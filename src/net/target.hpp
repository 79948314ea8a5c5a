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

/// A peer to talk to: a TCP port, or a unix socket. Immutable and shared between the looks at it.
struct Target {
  Target(std::string_view host_or_address, std::uint16_t port_number,
         std::optional<TlsPolicy> tls_policy);
  /// A unix stream socket. Its path is absolute, or begins with `@`: a name without a file. Host
  /// and port are what is asked for there, if anything.
  explicit Target(std::string path_of_socket, std::string_view host_asked_for = {},
                  std::uint16_t port_number = 0);

  std::string host;  ///< a name, or an address without brackets
  std::uint16_t port = 0;
  std::optional<TlsPolicy> tls;
  /// Set when the host is an address: nothing needs to be looked up.
  std::shared_ptr<const Addresses> literal;
  std::string path;  ///< of a unix socket; empty: it is a TCP port

  /// "web.test:8080", "[::1]:8080", "/run/web.sock".
  [[nodiscard]] std::string name() const;
};

/// "127.0.0.1:8080", "[::1]:8080".
[[nodiscard]] std::string to_text(const boost::asio::ip::address& address, std::uint16_t port);

}  // namespace heald
