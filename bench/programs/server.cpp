// A supervised HTTP server that hangs on SIGUSR1: it takes questions and never answers again.
//
//   bench_server PORT SOCKET
//
// Tells SOCKET, each in a datagram "WHAT PID NANOSECONDS": `up` when it is executed, `answered` at
// its first answer, `hung` when it is struck, `asked` at the first question after that.

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

volatile sig_atomic_t struck = 0;
const char* listener = nullptr;

void tell(const char* what) {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  const long long now = time.tv_sec * 1'000'000'000LL + time.tv_nsec;
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%s %d %lld", what, ::getpid(), now);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::snprintf(to.sun_path, sizeof to.sun_path, "%s", listener);
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto* address = reinterpret_cast<const sockaddr*>(&to);
  (void)::sendto(socket, text, static_cast<size_t>(size), 0, address, sizeof to);
  ::close(socket);
}

int listen_on(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const auto* where = reinterpret_cast<const sockaddr*>(&address);
  if (::bind(socket, where, sizeof address) != 0 || ::listen(socket, 64) != 0) {
    std::perror("bench_server");
    std::exit(1);
  }
  return socket;
}

/// The whole question; false for who leaves before it.
bool question(int peer) {
  std::array<char, 4096> text{};
  std::size_t length = 0;
  while (length < text.size()) {
    const ssize_t size = ::recv(peer, text.data() + length, text.size() - length, 0);
    if (size <= 0) return false;
    length += static_cast<std::size_t>(size);
    const std::string_view all{text.data(), length};
    if (all.find("\r\n\r\n") != all.npos) return true;
  }
  return false;
}

void serve(int listening) {
  constexpr std::string_view good =
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
  for (bool answered = false, asked = false;;) {
    const int peer = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer < 0) continue;
    if (question(peer) && struck == 0) {
      (void)::send(peer, good.data(), good.size(), MSG_NOSIGNAL);
      if (!answered) tell("answered");
      answered = true;
      ::close(peer);
    } else if (struck != 0 && !asked) {
      tell("asked");
      asked = true;  // the connection stays open
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  listener = arguments[2];
  tell("up");
  struct sigaction action {};
  action.sa_handler = [](int) {
    struck = 1;
    tell("hung");
  };
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGUSR1, &action, nullptr);
  serve(listen_on(std::atoi(arguments[1])));
}
