#include "policy/address.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <optional>
#include <system_error>

#include "policy/wording.hpp"

namespace heald {

namespace urls = boost::urls;

namespace {

Error not_a_url(std::string_view text, std::string_view why) {
  return Error{quoted(text) + " is not a usable URL: " + std::string{why} +
               "; expected one such as http://127.0.0.1:8080/healthz"};
}

// Without the brackets of an IPv6 address, percent-encoding undone.
std::string host_of(const urls::authority_view& authority) { return authority.host_address(); }

// Empty: it does not fit. Boost.URL 1.81 has a number for that as well, but lets 99999 wrap.
std::optional<std::uint16_t> port_of(const urls::authority_view& authority) {
  const urls::string_view digits = authority.port();
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(digits.begin(), digits.end(), port);
  if (failure != std::errc{} || end != digits.end()) return std::nullopt;
  return port;
}

}  // namespace

Result<Endpoint> parse_url(std::string_view text) {
  const auto url = urls::parse_uri({text.data(), text.size()});
  if (!url) return not_a_url(text, "it is not absolute or not well-formed");
  const urls::scheme scheme = url->scheme_id();
  if (scheme != urls::scheme::http && scheme != urls::scheme::https) {
    return not_a_url(text, "the scheme is not http or https");
  }
  const urls::authority_view authority = url->authority();
  if (authority.encoded_host().empty()) return not_a_url(text, "it names no host");
  if (authority.has_userinfo()) {
    return not_a_url(text, "a user's name is not sent; give an Authorization header");
  }
  if (url->has_fragment()) return not_a_url(text, "the part after # is never sent");
  if (authority.host_type() == urls::host_type::ipvfuture) {
    return not_a_url(text, "the host is not an address or a name");
  }
  // Boost.URL 1.81 takes what follows "host:" and is no number for the path.
  const std::string_view path{url->encoded_path().data(), url->encoded_path().size()};
  const bool no_port = !path.empty() && path.front() != '/';
  const bool default_port = !authority.has_port() || authority.port().empty();
  const std::uint16_t implied = scheme == urls::scheme::https ? 443 : 80;
  const std::uint16_t port = default_port ? implied : port_of(authority).value_or(0);
  if (port == 0 || no_port) return not_a_url(text, "the port is not from 1 to 65535");
  return Endpoint{host_of(authority), port};
}

Result<Endpoint> parse_endpoint(std::string_view text, PortRange ports) {
  const auto refuse = [text] {
    return Error{quoted(text) + " is not an address; expected HOST:PORT, such as 127.0.0.1:6379"};
  };
  const auto authority = urls::parse_authority({text.data(), text.size()});
  if (!authority || authority->has_userinfo() || authority->encoded_host().empty()) {
    return refuse();
  }
  if (!authority->has_port() || authority->port().empty()) return refuse();
  if (authority->host_type() == urls::host_type::ipvfuture) return refuse();
  const std::optional<std::uint16_t> port = port_of(*authority);
  if (!port || (*port == 0 && ports != PortRange::listen)) return refuse();
  return Endpoint{host_of(*authority), *port};
}

Result<Endpoint> parse_server(std::string_view text, std::uint16_t usual_port) {
  if (urls::parse_ipv6_address({text.data(), text.size()})) {
    return Endpoint{std::string{text}, usual_port};
  }
  const bool bracketed = text.ends_with(']');
  if (!bracketed && text.find(':') != std::string_view::npos) {
    return parse_endpoint(text, PortRange::connect);
  }
  auto whole = parse_endpoint(std::string{text} + ":1", PortRange::connect);
  if (!whole) {
    return Error{quoted(text) + " is not a server; expected HOST or HOST:PORT, such as 127.0.0.53"};
  }
  whole->port = usual_port;
  return whole;
}

std::string to_text(const Endpoint& endpoint) {
  const bool ipv6 = endpoint.host.find(':') != std::string::npos;
  const std::string host = ipv6 ? "[" + endpoint.host + "]" : endpoint.host;
  return host + ":" + std::to_string(endpoint.port);
}

bool is_loopback(std::string_view host) {
  if (const auto v4 = urls::parse_ipv4_address({host.data(), host.size()})) {
    return v4->is_loopback();
  }
  if (const auto v6 = urls::parse_ipv6_address({host.data(), host.size()})) {
    return v6->is_loopback();
  }
  return host == "localhost";
}

}  // namespace heald
