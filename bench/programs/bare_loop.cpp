// The least that a supervisor can do, to measure the others by: starts COUNT children, waits, and
// starts anew whichever dies, at once and for ever. In the arguments, % is the child's number.
//
//   bench_bare_loop COUNT PROGRAM [ARGUMENT…]

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

using Words = std::vector<std::string>;

Words numbered(const Words& pattern, int number) {
  Words words = pattern;
  for (std::string& word : words) {
    if (const auto place = word.find('%'); place != std::string::npos) {
      word.replace(place, 1, std::to_string(number));
    }
  }
  return words;
}

pid_t start(Words words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t pid = ::vfork();
  if (pid == 0) {
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  return pid;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "usage: bench_bare_loop COUNT PROGRAM [ARGUMENT…]\n");
    return 2;
  }
  const Words pattern{arguments + 2, arguments + count};
  std::unordered_map<pid_t, int> children;
  for (int number = 0; number < std::atoi(arguments[1]); ++number) {
    children[start(numbered(pattern, number))] = number;
  }
  for (;;) {
    const pid_t dead = ::waitpid(-1, nullptr, 0);
    if (dead < 0 && errno == ECHILD) ::pause();
    const auto found = children.find(dead);
    if (found == children.end()) continue;
    const int number = found->second;
    children.erase(found);
    children[start(numbered(pattern, number))] = number;
  }
}
