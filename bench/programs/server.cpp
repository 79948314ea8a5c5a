// A supervised HTTP server that hangs on SIGUSR1: it takes questions and never answers again.
//
//   bench_server PORT SOCKET
//
// Tells SOCKET, each in a datagram "WHAT PID NANOSECONDS": `up` when it is executed, `answered` at
// its first answer, `hung` when it is struck, `asked` at the first question after that.

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "plain.hpp"

namespace {

using namespace heald::bench;

volatile sig_atomic_t struck = 0;
const char* listener = nullptr;

void tell_now(const char* what) { tell(listener, what, now_ns()); }

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
      if (!answered) tell_now("answered");
      answered = true;
      ::close(peer);
    } else if (struck != 0 && !asked) {
      tell_now("asked");
      asked = true;  // the connection stays open
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  listener = arguments[2];
  tell_now("up");
  struct sigaction action {};
  action.sa_handler = [](int) {
    struck = 1;
    tell_now("hung");
  };
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGUSR1, &action, nullptr);
  const int listening = listen_on(std::atoi(arguments[1]), 0);
  if (listening < 0) {
    std::perror("bench_server");
    return 1;
  }
  serve(listening);
}
