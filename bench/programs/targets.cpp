// COUNT HTTP servers in one process, each on a port of its own, that hang or fail when they are
// told to, and remember when each was asked.
//
//   bench_targets COUNT            then, on standard input, a line each:
//     answer|fail|hang FIRST LAST  how the targets from FIRST to before LAST behave from now on;
//                                  a POST to one that fails heals it
//     mark                         forget what was seen
//     report FIRST LAST            one line of JSON about these targets since the mark
//
// The first line of output has the ports' first number; they follow one another. It ends with its
// input.

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "plain.hpp"

namespace {

using namespace heald::bench;

enum class Behaviour { answer, fail, hang };

struct Target {
  Behaviour behaviour = Behaviour::answer;
  long long last = 0;  ///< when it was asked, 0: not since the mark
  long asked = 0;
  std::vector<float> intervals;  ///< seconds between two questions
};

struct Peer {
  int target = -1;  ///< -1: a listening socket's place, or nobody's
  int length = 0;
  std::array<char, 1024> text{};
};

constexpr std::string_view good =
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
constexpr std::string_view bad =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\nsick";

void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

class Targets {
 public:
  explicit Targets(int count) : targets_(static_cast<std::size_t>(count)) {
    // Below the ports that connections get for themselves.
    for (int first = 10'000; first + count < 32'000; first += 500) {
      if (open(first, count)) {
        std::printf("%d\n", first);
        std::fflush(stdout);
        return;
      }
    }
    fail("no free ports in a row");
  }

  /// Until the end of the input.
  void serve() {
    watch(STDIN_FILENO);
    std::array<epoll_event, 256> events{};
    for (;;) {
      const int ready = ::epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int at = 0; at < ready; ++at) {
        const int file = events[static_cast<std::size_t>(at)].data.fd;
        if (file == STDIN_FILENO) {
          if (!obey()) return;
        } else if (file < listening_.front() || file > listening_.back()) {
          hear(file);
        } else {
          greet(file);
        }
      }
    }
  }

 private:
  bool open(int first, int count) {
    for (int number = 0; number < count; ++number) {
      const int socket = listen_on(first + number, SOCK_NONBLOCK);
      if (socket < 0) {
        for (const int other : listening_) ::close(other);
        listening_.clear();
        return false;
      }
      listening_.push_back(socket);
    }
    // The lowest free descriptor is given, so that a listening socket's number tells its target.
    if (listening_.back() - listening_.front() != count - 1) fail("descriptors in a row");
    for (const int socket : listening_) watch(socket);
    return true;
  }

  void watch(int file) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = file;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, file, &event) != 0) fail("epoll_ctl");
  }

  void greet(int listening) {
    const int file = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (file < 0) return;
    if (peers_.size() <= static_cast<std::size_t>(file)) {
      peers_.resize(static_cast<std::size_t>(file) + 1);
    }
    Peer& peer = peers_[static_cast<std::size_t>(file)];
    peer.target = listening - listening_.front();
    peer.length = 0;
    watch(file);
    hear(file);
  }

  void hear(int file) {
    Peer& peer = peers_[static_cast<std::size_t>(file)];
    const auto room = peer.text.size() - static_cast<std::size_t>(peer.length);
    const ssize_t size = ::recv(file, peer.text.data() + peer.length, room, 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
      ::close(file);
      return;
    }
    peer.length += static_cast<int>(size);
    const std::string_view text{peer.text.data(), static_cast<std::size_t>(peer.length)};
    if (text.find("\r\n\r\n") != text.npos) answer(file, text);
  }

  void answer(int file, std::string_view question) {
    const int number = peers_[static_cast<std::size_t>(file)].target;
    Target& target = targets_[static_cast<std::size_t>(number)];
    note(target);
    if (target.behaviour == Behaviour::hang) return;
    if (question.starts_with("POST")) target.behaviour = Behaviour::answer;
    const std::string_view text = target.behaviour == Behaviour::answer ? good : bad;
    (void)::send(file, text.data(), text.size(), MSG_NOSIGNAL);
    ::close(file);
  }

  static void note(Target& target) {
    const long long now = now_ns();
    if (target.last != 0) {
      target.intervals.push_back(static_cast<float>(now - target.last) * 1e-9F);
    }
    target.last = now;
    ++target.asked;
  }

  /// One read's lines, which is what a line-buffered tester sends. False at the end.
  bool obey() {
    std::array<char, 4096> text{};
    const ssize_t size = ::read(STDIN_FILENO, text.data(), text.size() - 1);
    if (size <= 0) return false;
    for (char* line = std::strtok(text.data(), "\n"); line != nullptr;
         line = std::strtok(nullptr, "\n")) {
      command(line);
    }
    return true;
  }

  void command(const char* line) {
    std::array<char, 16> word{};
    int first = 0;
    int last = 0;
    std::sscanf(line, "%15s %d %d", word.data(), &first, &last);
    const std::string_view verb{word.data()};
    last = std::min(last, static_cast<int>(targets_.size()));
    if (verb == "mark") {
      for (Target& target : targets_) target = Target{target.behaviour, 0, 0, {}};
      cpu_ = cpu();
      marked_ = now_ns();
    } else if (verb == "report") {
      report(first, last);
    } else {
      for (int number = first; number < last; ++number) {
        targets_[static_cast<std::size_t>(number)].behaviour =
            verb == "hang" ? Behaviour::hang : verb == "fail" ? Behaviour::fail : Behaviour::answer;
      }
    }
    if (verb == "report") return;
    std::printf("%lld\n", now_ns());
    std::fflush(stdout);
  }

  void report(int first, int last) const {
    long asked = 0;
    std::vector<float> intervals;
    for (int number = first; number < last; ++number) {
      const Target& target = targets_[static_cast<std::size_t>(number)];
      asked += target.asked;
      intervals.insert(intervals.end(), target.intervals.begin(), target.intervals.end());
    }
    std::sort(intervals.begin(), intervals.end());
    const auto at = [&](double share) {
      if (intervals.empty()) return 0.0F;
      return intervals[static_cast<std::size_t>(share * static_cast<double>(intervals.size() - 1))];
    };
    std::printf("{\"asked\": %ld, \"intervals\": %zu, \"least\": %g, \"p50\": %g, \"p99\": %g, "
                "\"most\": %g, \"seconds\": %.3f, \"cpu\": %.3f}\n",
                asked, intervals.size(), at(0), at(0.5), at(0.99), at(1),
                static_cast<double>(now_ns() - marked_) * 1e-9, cpu() - cpu_);
    std::fflush(stdout);
  }

  static double cpu() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
  }

  int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<int> listening_;
  std::vector<Target> targets_;
  std::vector<Peer> peers_;  ///< by descriptor
  long long marked_ = now_ns();
  double cpu_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  const int targets = count > 1 ? std::atoi(arguments[1]) : 1;
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  Targets{targets}.serve();
}
