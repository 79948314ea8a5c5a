#include "net/echo.hpp"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace heald {
namespace {

constexpr std::size_t shortest_ip_header = 20;
constexpr std::size_t header = 8;  ///< type, code, checksum, identifier, sequence number

/// RFC 1071.
std::uint16_t checksum(std::string_view message) {
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < message.size(); ++at) {
    const auto octet = static_cast<std::uint8_t>(message[at]);
    sum += at % 2 == 0 ? std::uint32_t{octet} << 8U : octet;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

std::string request_with(const std::string& token, int family) {
  std::string message(header, '\0');
  message[0] = static_cast<char>(family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO);
  message[5] = token[0];  // the kernel sets the identifier where the socket is a datagram one
  message[7] = 1;
  message += token;
  if (family == AF_INET6) return message;  // there the kernel computes it, for it covers addresses
  const std::uint16_t sum = checksum(message);
  message[2] = static_cast<char>(sum >> 8U);
  message[3] = static_cast<char>(sum & 0xffU);
  return message;
}

Error why_not(int family, int of_datagram, int of_raw) {
  if (of_datagram != EACCES && of_datagram != EPERM) {
    return system_error("cannot open a socket to ping with", of_datagram);
  }
  if (of_raw != EACCES && of_raw != EPERM) {
    return system_error("cannot open a socket to ping with", of_raw);
  }
  return Error{std::string{"cannot ping"} + (family == AF_INET6 ? " over IPv6" : "") +
               ": heald's group is not within net.ipv4.ping_group_range, and it has no "
               "CAP_NET_RAW"};
}

}  // namespace

bool Echo::is_answer(std::string_view came) const {
  if (raw && family == AF_INET) {
    if (came.empty()) return false;
    const std::size_t ip_header = (static_cast<std::uint8_t>(came[0]) & 0xfU) * std::size_t{4};
    if (ip_header < shortest_ip_header || ip_header > came.size()) return false;
    came.remove_prefix(ip_header);
  }
  const auto answer = static_cast<char>(family == AF_INET6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY);
  return came.size() == header + token.size() && came[0] == answer &&
         came.substr(header) == token;
}

Result<Echo> open_echo(int family) {
  Echo echo;
  echo.family = family;
  std::array<char, 16> octets{};
  if (::getrandom(octets.data(), octets.size(), 0) != static_cast<ssize_t>(octets.size())) {
    return system_error("cannot make a token for a ping", errno);
  }
  echo.token.assign(octets.data(), octets.size());
  echo.request = request_with(echo.token, family);
  const int protocol = family == AF_INET6 ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP};
  constexpr int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
  echo.socket.reset(::socket(family, SOCK_DGRAM | flags, protocol));
  if (echo.socket) return echo;
  const int of_datagram = errno;
  echo.raw = true;
  echo.socket.reset(::socket(family, SOCK_RAW | flags, protocol));
  if (echo.socket) return echo;
  return why_not(family, of_datagram, errno);
}

}  // namespace heald
