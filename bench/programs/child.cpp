// The service that is supervised: tells when it was executed, and then waits for its end.
//
//   bench_child SOCKET NAME [PIDFILE]
//
// As the interpreter of a script it gets its words in one argument: "#!bench_child SOCKET NAME".
// With a pid file it leaves for the background first, as Monit expects of what it starts.

#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "plain.hpp"

namespace {

using namespace heald::bench;

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
  tell(arguments[1], name, executed);
  for (;;) ::pause();
}
