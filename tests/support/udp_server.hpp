#pragma once
// A UDP server on loopback that answers as a test wants.

#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.hpp"

namespace heald::test {

/// Answers each datagram by those that `answer` makes of it; none of them is silence.
class UdpServer {
 public:
  using Answer = std::function<std::vector<std::string>(const std::string& asked)>;

  /// `port`: 0 for any that is free.
  explicit UdpServer(Answer answer, std::uint16_t port = 0);
  ~UdpServer();
  UdpServer(const UdpServer&) = delete;
  UdpServer& operator=(const UdpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void serve(const Answer& answer);

  Fd socket_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace heald::test
