#include "support/udp_server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace heald::test {

UdpServer::UdpServer(Answer answer, std::uint16_t port)
    : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket_.get(), generic, size) != 0 ||
      ::getsockname(socket_.get(), generic, &size) != 0) {
    throw std::runtime_error{"cannot bind a UDP socket on loopback"};
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread{[this, answer = std::move(answer)] { serve(answer); }};
}

UdpServer::~UdpServer() {
  ::shutdown(socket_.get(), SHUT_RDWR);
  thread_.join();
}

void UdpServer::serve(const Answer& answer) {
  std::array<char, 2048> space{};
  sockaddr_in peer{};
  auto* const generic = reinterpret_cast<sockaddr*>(&peer);
  while (true) {
    socklen_t length = sizeof peer;
    const auto size = ::recvfrom(socket_.get(), space.data(), space.size(), 0, generic, &length);
    if (size <= 0) return;
    for (const std::string& text : answer({space.data(), static_cast<std::size_t>(size)})) {
      ::sendto(socket_.get(), text.data(), text.size(), 0, generic, length);
    }
  }
}

}  // namespace heald::test
