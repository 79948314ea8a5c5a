#pragma once
// The socket that a service's processes speak to with sd_notify(3).

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace heald {

/// A datagram socket bound to a file. A file and not an abstract name: only a file has an owner,
/// and only in a folder of our own can nobody take its place while heald is away. When heald is
/// dead the kernel refuses what is sent to it at once, so that nobody waits; a new heald binds the
/// same path, and senders find it there.
class NotifySocket {
 public:
  /// Replaces what is at the path. Only `user` and root may send.
  [[nodiscard]] static Result<NotifySocket> bind(const std::string& path, uid_t user);

  struct Datagram {
    /// As the kernel knows it, in heald's own pid namespace; 0: it has no number there.
    pid_t sender = 0;
    std::string_view text;  ///< in the buffer
  };
  /// What systemd itself takes.
  static constexpr std::size_t longest = 4096;
  using Buffer = std::array<char, longest>;

  /// The next datagram; nothing when none waits. One that is longer than `longest` reads as empty.
  /// Descriptors that came along are closed, which is what a sender's barrier waits for.
  [[nodiscard]] std::optional<Datagram> receive(Buffer& buffer);

  [[nodiscard]] int descriptor() const { return socket_.get(); }

 private:
  explicit NotifySocket(Fd socket) : socket_(std::move(socket)) {}
  Fd socket_;
};

}  // namespace heald
