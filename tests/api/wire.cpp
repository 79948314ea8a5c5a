#include "api/wire.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <stdexcept>
#include <string_view>

namespace heald::test {

Wire Wire::tcp(std::uint16_t port) {
  Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* general = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket.get(), general, sizeof address) != 0) {
    throw std::runtime_error{"cannot connect to port " + std::to_string(port)};
  }
  return Wire{std::move(socket)};
}

std::optional<Wire> Wire::unix_socket(const std::string& path) {
  Fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), std::begin(address.sun_path));
  const auto* general = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket.get(), general, sizeof address) != 0) return std::nullopt;
  return Wire{std::move(socket)};
}

bool Wire::send(const std::string& text) const {
  std::string_view left = text;
  while (!left.empty()) {
    const auto sent = ::send(socket_.get(), left.data(), left.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    left.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Wire::ends_within(std::chrono::milliseconds patience) const {
  pollfd watched{socket_.get(), POLLRDHUP, 0};
  return ::poll(&watched, 1, static_cast<int>(patience.count())) > 0;
}

std::optional<char> Wire::receive() const {
  if (taken_ == received_.size()) {
    received_.resize(65536);
    const auto got = ::recv(socket_.get(), received_.data(), received_.size(), 0);
    received_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    taken_ = 0;
  }
  if (received_.empty()) return std::nullopt;
  return received_[taken_++];
}

std::string Wire::rest() const {
  std::string text;
  while (const auto byte = receive()) text.push_back(*byte);
  return text;
}

std::string Wire::line() const {
  std::string text;
  while (const auto byte = receive()) {
    text.push_back(*byte);
    if (text.size() >= 2 && text.compare(text.size() - 2, 2, "\r\n") == 0) {
      text.resize(text.size() - 2);
      return text;
    }
  }
  return text;
}

bool Wire::take(std::size_t count, std::string& into) const {
  while (count-- != 0) {
    const auto byte = receive();
    if (!byte) return false;
    into.push_back(*byte);
  }
  return true;
}

void Wire::read_chunks(WireReply& reply) const {
  for (;;) {
    const auto head = line();
    if (head.empty()) return;
    const auto size = std::stoul(head, nullptr, 16);
    if (!take(size, reply.body)) return;
    if (!line().empty()) return;
    if (size == 0) {
      reply.whole = true;
      return;
    }
  }
}

WireReply Wire::reply() const {
  WireReply reply;
  const auto first = line();
  if (first.rfind("HTTP/1.", 0) != 0) return reply;
  reply.status = std::stoi(first.substr(9));
  for (auto header = line(); !header.empty(); header = line()) {
    const auto colon = header.find(": ");
    auto name = header.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
      return static_cast<char>(std::tolower(c));
    });
    reply.headers[name] = header.substr(colon + 2);
  }
  if (reply.headers.count("transfer-encoding") != 0) {
    read_chunks(reply);
  } else if (reply.headers.count("content-length") != 0) {
    reply.whole = take(std::stoul(reply.headers["content-length"]), reply.body);
  } else {
    reply.body = rest();
    reply.whole = true;
  }
  return reply;
}

WireReply Wire::ask(const std::string& text) const {
  send(text);
  return reply();
}

WireReply Wire::get(const std::string& target) const {
  return ask("GET " + target + " HTTP/1.1\r\nHost: heald\r\n\r\n");
}

WireReply Wire::post(const std::string& target, const std::string& body) const {
  return ask("POST " + target + " HTTP/1.1\r\nHost: heald\r\nContent-Length: " +
             std::to_string(body.size()) + "\r\n\r\n" + body);
}

}  // namespace heald::test
