#include "process/notify_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

namespace heald {
namespace {

pid_t sender_of(const msghdr& message) {
  // The kernel puts the credentials first.
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_level != SOL_SOCKET) return 0;
  if (header->cmsg_type != SCM_CREDENTIALS || header->cmsg_len != CMSG_LEN(sizeof(ucred))) return 0;
  ucred credentials{};
  std::memcpy(&credentials, CMSG_DATA(header), sizeof credentials);
  return credentials.pid;
}

}  // namespace

Result<NotifySocket> NotifySocket::bind(const std::string& path, uid_t user) {
  const std::string cannot = "cannot listen on " + path;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Error{cannot + ": the path is too long"};
  std::copy(path.begin(), path.end(), std::begin(address.sun_path));
  Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket) return system_error(cannot, errno);
  const int yes = 1;
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) != 0) {
    return system_error(cannot, errno);
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_error(cannot, errno);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);  // NOLINT: the socket API
  if (::bind(socket.get(), generic, sizeof address) != 0) return system_error(cannot, errno);
  const bool given = user == ::geteuid() || ::chown(path.c_str(), user, gid_t(-1)) == 0;
  if (!given || ::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) return system_error(cannot, errno);
  return NotifySocket{std::move(socket)};
}

std::optional<NotifySocket::Datagram> NotifySocket::receive(Buffer& buffer) {
  for (;;) {
    iovec text{buffer.data(), buffer.size()};
    // Room for the credentials alone: what does not fit is descriptors, and the kernel closes them.
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
    msghdr message{};
    message.msg_iov = &text;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto count = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    // A part of a message could say the opposite of the whole.
    const bool whole = (message.msg_flags & MSG_TRUNC) == 0;
    const std::string_view read{buffer.data(), whole ? static_cast<std::size_t>(count) : 0};
    return Datagram{sender_of(message), read};
  }
}

}  // namespace heald
