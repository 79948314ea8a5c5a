#pragma once
// Servers on loopback that behave as badly as a test wants.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/fd.hpp"

namespace heald::test {

/// A connection that a server accepted. Blocking; every call ends when the server goes.
class Peer {
 public:
  explicit Peer(int socket) : socket_(socket) {}

  [[nodiscard]] int socket() const { return socket_; }
  /// What came until the end of an HTTP header, or until the client closed.
  std::string read_request();
  /// Waits for `text` in what comes; false when the client closed first.
  bool await(std::string_view text);
  /// False when the client is gone.
  bool send(std::string_view text);
  void wait_until_closed();
  /// Waits up to this long; true when the client closed meanwhile.
  bool closed_within(int milliseconds);
  /// Makes the close that follows a reset.
  void reset();

 private:
  int socket_;
};

/// Listens on 127.0.0.1 and serves every connection on a thread of its own.
class LoopbackServer {
 public:
  using Script = std::function<void(Peer&)>;

  explicit LoopbackServer(Script script);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::string url(std::string_view path = "/") const;
  [[nodiscard]] std::size_t accepted() const { return accepted_; }

 private:
  void accept_all();
  void serve(int socket);

  Script script_;
  Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> accepted_ = 0;
  std::mutex mutex_;
  bool stopping_ = false;
  std::list<int> sockets_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

/// A socket on loopback that listens and never accepts, or was closed again: a port that refuses.
struct Listener {
  Fd socket;
  std::uint16_t port = 0;
};
[[nodiscard]] Listener listen_on_loopback(int backlog);
[[nodiscard]] std::uint16_t refusing_port();

/// How many descriptors this process has open.
[[nodiscard]] std::size_t open_descriptors();

}  // namespace heald::test
