#include "support/loopback_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace heald::test {

std::string Peer::read_request() {
  std::string request;
  std::array<char, 4096> space{};
  while (request.find("\r\n\r\n") == std::string::npos) {
    const auto size = ::recv(socket_, space.data(), space.size(), 0);
    if (size <= 0) break;
    request.append(space.data(), static_cast<std::size_t>(size));
  }
  return request;
}

bool Peer::await(std::string_view text) {
  std::string received;
  std::array<char, 4096> space{};
  while (received.find(text) == std::string::npos) {
    const auto size = ::recv(socket_, space.data(), space.size(), 0);
    if (size <= 0) return false;
    received.append(space.data(), static_cast<std::size_t>(size));
  }
  return true;
}

bool Peer::send(std::string_view text) {
  while (!text.empty()) {
    const auto size = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    if (size <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

void Peer::wait_until_closed() {
  std::array<char, 4096> space{};
  while (::recv(socket_, space.data(), space.size(), 0) > 0) {
  }
}

bool Peer::closed_within(int milliseconds) {
  pollfd waited{socket_, POLLRDHUP, 0};
  return ::poll(&waited, 1, milliseconds) > 0;
}

void Peer::reset() {
  const linger now{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

Listener listen_on_loopback(int backlog) {
  Listener listener;
  listener.socket.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
  if (::bind(listener.socket.get(), generic, size) != 0 ||
      ::listen(listener.socket.get(), backlog) != 0 ||
      ::getsockname(listener.socket.get(), generic, &size) != 0) {
    throw std::runtime_error{"cannot listen on loopback"};
  }
  listener.port = ntohs(address.sin_port);
  return listener;
}

std::uint16_t refusing_port() { return listen_on_loopback(1).port; }

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator entries{"/proc/self/fd"};
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

LoopbackServer::LoopbackServer(Script script) : script_(std::move(script)) {
  auto listener = listen_on_loopback(SOMAXCONN);
  listener_ = std::move(listener.socket);
  port_ = listener.port;
  acceptor_ = std::thread{[this] { accept_all(); }};
}

LoopbackServer::~LoopbackServer() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
}

std::string LoopbackServer::url(std::string_view path) const {
  return "http://" + address() + std::string{path};
}

void LoopbackServer::accept_all() {
  while (true) {
    const int socket = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock{mutex_};
    if (stopping_ || socket < 0) {
      if (socket >= 0) ::close(socket);
      return;
    }
    ++accepted_;
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void LoopbackServer::serve(int socket) {
  Peer peer{socket};
  script_(peer);
  const std::lock_guard lock{mutex_};
  sockets_.remove(socket);
  ::close(socket);
}

}  // namespace heald::test
