#include "net/target.hpp"

#include <utility>

namespace heald {

Target::Target(std::string_view host_or_address, std::uint16_t port_number,
               std::optional<TlsPolicy> tls_policy)
    : host(host_or_address), port(port_number), tls(std::move(tls_policy)) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (!error) literal = std::make_shared<const Addresses>(Addresses{address});
}

Target::Target(std::string path_of_socket, std::string_view host_asked_for,
               std::uint16_t port_number)
    : host(host_asked_for), port(port_number), path(std::move(path_of_socket)) {}

std::string Target::name() const {
  if (!path.empty()) return path;
  const bool bracketed = host.find(':') != std::string::npos;
  return (bracketed ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string to_text(const boost::asio::ip::address& address, std::uint16_t port) {
  const std::string text = address.to_string();
  return (address.is_v6() ? "[" + text + "]" : text) + ":" + std::to_string(port);
}

}  // namespace heald
