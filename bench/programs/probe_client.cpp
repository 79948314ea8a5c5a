// The least that an HTTP probe can be, to measure the others by: new connection, one GET, the whole
// answer, status compared, closed; IN_FLIGHT of them at a time on one epoll, as fast as they go.
//
//   bench_probe_client FIRST_PORT PORTS SECONDS IN_FLIGHT close|abort
//
// `abort` closes with a reset, which spares the kernel the rest of the dialogue.
// Prints {"probes": N, "failed": N, "seconds": S, "cpu": S}.

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view question =
    "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n"
    "Connection: close\r\n\r\n";

struct Probe {
  int file = -1;
  bool asked = false;
  std::size_t length = 0;
  std::array<char, 4096> text{};
};

class Client {
 public:
  Client(int first, int ports, bool abort) : first_(first), ports_(ports), abort_(abort) {}

  void run(std::chrono::seconds length, int in_flight) {
    probes_.resize(static_cast<std::size_t>(in_flight));
    for (std::size_t slot = 0; slot < probes_.size(); ++slot) begin(slot);
    const auto end = Clock::now() + length;
    std::array<epoll_event, 256> events{};
    while (Clock::now() < end) {
      const int ready = ::epoll_wait(epoll_, events.data(), events.size(), 100);
      for (int at = 0; at < ready; ++at) go_on(events[static_cast<std::size_t>(at)].data.u32);
    }
  }

  [[nodiscard]] long done() const { return done_; }
  [[nodiscard]] long failed() const { return failed_; }

 private:
  void begin(std::size_t slot) {
    Probe& probe = probes_[slot];
    probe.asked = false;
    probe.length = 0;
    probe.file = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(first_ + next_++ % ports_));
    const auto* where = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(probe.file, where, sizeof address) != 0 && errno != EINPROGRESS) {
      std::perror("connect");
      std::exit(1);
    }
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.u32 = static_cast<std::uint32_t>(slot);
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, probe.file, &event);
  }

  void go_on(std::size_t slot) {
    Probe& probe = probes_[slot];
    if (!probe.asked) {
      const ssize_t sent = ::send(probe.file, question.data(), question.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) return;
      if (sent < 0) return finish(slot);
      probe.asked = true;
    }
    const ssize_t size = ::recv(probe.file, probe.text.data() + probe.length,
                                probe.text.size() - probe.length, 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size > 0) probe.length += static_cast<std::size_t>(size);
    if (size <= 0 || whole(probe)) finish(slot);
  }

  static std::string_view text(const Probe& probe) { return {probe.text.data(), probe.length}; }

  static bool whole(const Probe& probe) {
    constexpr std::string_view field = "Content-Length: ";
    const std::string_view answer = text(probe);
    const auto head = answer.find("\r\n\r\n");
    const auto place = answer.find(field);
    if (head == answer.npos || place == answer.npos) return false;
    const int body = std::atoi(answer.data() + place + field.size());
    return probe.length >= head + 4 + static_cast<std::size_t>(body);
  }

  void finish(std::size_t slot) {
    Probe& probe = probes_[slot];
    ++(text(probe).starts_with("HTTP/1.1 200 ") && whole(probe) ? done_ : failed_);
    const linger at_once{1, 0};
    if (abort_) ::setsockopt(probe.file, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(probe.file);
    begin(slot);
  }

  int first_;
  int ports_;
  bool abort_;
  int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  int next_ = 0;
  long done_ = 0;
  long failed_ = 0;
  std::vector<Probe> probes_;
};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) {
    std::fprintf(stderr, "usage: bench_probe_client PORT PORTS SECONDS IN_FLIGHT close|abort\n");
    return 2;
  }
  const auto begun = Clock::now();
  Client client{std::atoi(arguments[1]), std::atoi(arguments[2]),
                std::string_view{arguments[5]} == "abort"};
  client.run(std::chrono::seconds{std::atoi(arguments[3])}, std::atoi(arguments[4]));
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const std::chrono::duration<double> took = Clock::now() - begun;
  std::printf("{\"probes\": %ld, \"failed\": %ld, \"seconds\": %.3f, \"cpu\": %.3f}\n",
              client.done(), client.failed(), took.count(),
              seconds(used.ru_utime) + seconds(used.ru_stime));
}
