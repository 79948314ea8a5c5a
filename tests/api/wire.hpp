#pragma once
// A client that writes exactly what a test wants on the wire.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/fd.hpp"

namespace heald::test {

struct WireReply {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;                            ///< chunks joined
  bool whole = false;                          ///< it has the length or the end that it promised
};

/// A blocking connection.
class Wire {
 public:
  static Wire tcp(std::uint16_t port);
  /// Empty when the connection is refused; errno says why.
  static std::optional<Wire> unix_socket(const std::string& path);

  /// False when the server is gone.
  bool send(const std::string& text) const;
  /// Waits up to so long for the server to close or reset; whether it did.
  [[nodiscard]] bool ends_within(std::chrono::milliseconds patience) const;
  /// What comes until the server closes or resets.
  [[nodiscard]] std::string rest() const;
  /// One reply, by its own framing; needs neither the close nor more than its bytes.
  [[nodiscard]] WireReply reply() const;
  /// Sends, and reads one reply.
  [[nodiscard]] WireReply ask(const std::string& text) const;
  [[nodiscard]] WireReply get(const std::string& target) const;
  [[nodiscard]] WireReply post(const std::string& target, const std::string& body) const;
  [[nodiscard]] int socket() const { return socket_.get(); }

 private:
  explicit Wire(Fd socket) : socket_(std::move(socket)) {}
  [[nodiscard]] std::string line() const;
  [[nodiscard]] bool take(std::size_t count, std::string& into) const;
  void read_chunks(WireReply& reply) const;
  /// One byte; empty at the end of the stream or after a reset.
  [[nodiscard]] std::optional<char> receive() const;
  Fd socket_;
  mutable std::string received_;  ///< what came and was not taken yet, from `taken_` on
  mutable std::size_t taken_ = 0;
};

}  // namespace heald::test
