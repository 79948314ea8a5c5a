#pragma once
// Where the servers listen, and who is at the other end.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace heald {

/// A listening TCP socket on "ADDRESS:PORT", "[ADDRESS]:PORT" or ":PORT" (loopback). Port 0 is
/// any free one.
[[nodiscard]] Result<Fd> listen_on_tcp(const std::string& endpoint);

/// The port that a TCP socket is bound to; 0 when it is not.
[[nodiscard]] std::uint16_t port_of(int socket);

[[nodiscard]] bool is_ipv6(int socket);

/// The socket file of a listening unix socket: mode 0600, in a directory that is made when it is
/// missing. Removes its file at the end, unless another one lies there by then.
class SocketFile {
 public:
  /// Replaces a file that a dead daemon left, never one that somebody answers on.
  [[nodiscard]] static Result<SocketFile> listen(const std::string& path);

  SocketFile(SocketFile&&) = default;
  SocketFile& operator=(SocketFile&&) = delete;
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;
  ~SocketFile();

  /// Hands the listening socket over; the file stays ours.
  [[nodiscard]] Fd take_socket() { return std::move(socket_); }

 private:
  SocketFile(std::string path, Fd socket);
  std::string path_;
  Fd socket_;
  dev_t device_{};
  ino_t inode_{};
};

/// Who is at the other end of a unix socket, as the kernel says: "alice (uid 1000)". Empty for
/// everybody but root and the user that this daemon runs as.
[[nodiscard]] std::optional<std::string> trusted_peer(int socket);

}  // namespace heald
