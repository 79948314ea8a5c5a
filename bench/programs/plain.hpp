#pragma once
// What the small programs share: the clock, reports, a listening socket. libc alone, since a
// thousand of them run at a time.

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>

namespace heald::bench {

/// Nanoseconds of CLOCK_MONOTONIC, which the measuring side reads too.
inline long long now_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

/// "WHAT PID AT" as one datagram to the socket at `path`. A listener that is gone is no error.
inline void tell(const char* path, const char* what, long long at) {
  char text[256];
  const int size = std::snprintf(text, sizeof text, "%s %d %lld", what, ::getpid(), at);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto* address = reinterpret_cast<const sockaddr*>(&to);
  (void)::sendto(socket, text, static_cast<size_t>(size), 0, address, sizeof to);
  ::close(socket);
}

/// A socket that listens on this port of the loopback, `flags` as of socket(2); -1: it is taken.
inline int listen_on(int port, int flags) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const auto* where = reinterpret_cast<const sockaddr*>(&address);
  if (::bind(socket, where, sizeof address) == 0 && ::listen(socket, 64) == 0) return socket;
  ::close(socket);
  return -1;
}

}  // namespace heald::bench
