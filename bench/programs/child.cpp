// The service that is supervised: tells when it was executed, and then waits for its end.
//
//   bench_child SOCKET NAME [PIDFILE]
//
// As the interpreter of a script it gets its words in one argument: "#!bench_child SOCKET NAME".
// With a pid file it leaves for the background first, as Monit expects of what it starts.
// It links nothing but libc, so that a thousand of them weigh little.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace {

long long now_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

/// "NAME PID NANOSECONDS" as one datagram. A listener that is gone does not end a service.
void report(const char* path, const char* name, long long executed) {
  char text[256];
  const int size = std::snprintf(text, sizeof text, "%s %d %lld", name, ::getpid(), executed);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto* address = reinterpret_cast<const sockaddr*>(&to);
  (void)::sendto(socket, text, static_cast<size_t>(size), 0, address, sizeof to);
  ::close(socket);
}

void leave_for_the_background(const char* pid_file) {
  if (::fork() != 0) ::_exit(0);
  ::setsid();
  std::FILE* file = std::fopen(pid_file, "w");
  if (file == nullptr) ::_exit(1);
  std::fprintf(file, "%d\n", ::getpid());
  std::fclose(file);
}

}  // namespace

int main(int count, char** arguments) {
  const long long executed = now_ns();
  if (count < 2) return 2;
  char* name = std::strchr(arguments[1], ' ');
  if (name != nullptr) {
    *name++ = '\0';
  } else {
    if (count < 3) return 2;
    name = arguments[2];
    if (count > 3) leave_for_the_background(arguments[3]);
  }
  report(arguments[1], name, executed);
  for (;;) ::pause();
}
