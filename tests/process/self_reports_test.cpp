#include "process/self_reports.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "process/processes.hpp"
#include "support/temporary_folder.hpp"

using namespace heald;
using namespace std::chrono_literals;
using heald::test::Processes;
using heald::test::TemporaryFolder;

namespace {

constexpr ServiceId web{1};

/// Sends as this process; an error is returned as errno.
int send(const std::string& path, const std::string& text) {
  const Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  std::copy(path.begin(), path.end(), std::begin(address.sun_path));
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  const auto sent = ::sendto(socket.get(), text.data(), text.size(), 0, generic, sizeof address);
  return sent < 0 ? errno : 0;
}

/// Listens to `web`, whose process this one is, unless told otherwise.
struct Room {
  explicit Room(Duration rest = 1ms)
      : reports(processes.executor(), folder.file("notify"),
                [this](ServiceId, const SelfReport* report) {
                  told.push_back(report == nullptr ? "ended" : describe(*report));
                  if (on_told) on_told();
                },
                rest) {}

  void listen(pid_t speaker = ::getpid(), const std::string& name = "web") {
    path = reports.listen(web, name, ::geteuid()).value();
    SelfReports::Speaker whose;
    whose.pid = speaker;
    whose.ready = [this] { ++ready; };
    reports.begin(web, std::move(whose), SelfReport::Stage::starting);
  }

  TemporaryFolder folder;
  Processes processes;
  std::vector<std::string> told;
  std::function<void()> on_told;
  int ready = 0;
  std::string path;
  SelfReports reports;
};

}  // namespace

TEST_CASE("what the process of a service sends is heard, and told of when it is news") {
  Room room;
  room.listen();
  REQUIRE(send(room.path, "READY=1\nSTATUS=at work") == 0);
  room.processes.until([&] { return !room.told.empty(); });
  CHECK(room.told.back() == "ready: at work");
  REQUIRE(send(room.path, "WATCHDOG=1") == 0);
  REQUIRE(send(room.path, "READY=1\nSTATUS=at rest") == 0);
  room.processes.until([&] { return room.told.size() == 2; });
  CHECK(room.told.back() == "ready: at rest");
  CHECK(room.ready == 1);
}

TEST_CASE("whoever asks hears also what waits to be read") {
  Room room;
  room.listen();
  REQUIRE(send(room.path, "READY=1") == 0);
  const SelfReport* report = room.reports.read(web);
  REQUIRE(report != nullptr);
  CHECK(report->stage == SelfReport::Stage::ready);
  CHECK(room.reports.read(ServiceId{2}) == nullptr);
}

TEST_CASE("a process that is none of the service's is not believed, but named") {
  Room room;
  const auto child = room.processes.children().spawn(
      Processes::request({"/bin/sleep", "60"}), room.processes.executor(), [](ExitStatus) {});
  REQUIRE(child.has_value());
  room.listen(child->pid);
  REQUIRE(send(room.path, "READY=1") == 0);
  const SelfReport* report = room.reports.read(web);
  REQUIRE(report != nullptr);
  CHECK(report->stage == SelfReport::Stage::starting);
  CHECK(report->stranger == ::getpid());
  CHECK(room.told.empty());
}

TEST_CASE("a datagram that is too long is not believed in part") {
  Room room;
  room.listen();
  REQUIRE(send(room.path, "READY=1\nSTATUS=" + std::string(NotifySocket::longest, 'x')) == 0);
  const SelfReport* report = room.reports.read(web);
  REQUIRE(report != nullptr);
  CHECK(report->stage == SelfReport::Stage::starting);
}

TEST_CASE("a flood is read in bursts, with a rest after each") {
  Room room{Duration{1h}};
  room.listen();
  int sent = 0;
  room.on_told = [&] {  // faster than it is read
    if (sent < 1000) REQUIRE(send(room.path, "STATUS=" + std::to_string(++sent)) == 0);
  };
  room.on_told();
  room.processes.until([&] { return !room.told.empty(); });
  CHECK(room.told.size() == SelfReports::burst);
}

TEST_CASE("who awaits a word is called after it, and at the end") {
  Room room;
  room.listen();
  int called = 0;
  room.reports.await(web, [&] { ++called; });
  REQUIRE(send(room.path, "READY=1") == 0);
  room.processes.until([&] { return called == 1; });
  room.reports.await(web, [&] { ++called; });
  room.reports.end(web);
  CHECK(called == 1);  // never from inside
  room.processes.until([&] { return called == 2; });
  CHECK(room.told.back() == "ended");
  CHECK(room.reports.read(web) == nullptr);
}

TEST_CASE("only the user of the service may speak, in a folder that nobody else can change") {
  Room room;
  room.listen();
  struct stat found {};
  REQUIRE(::stat(room.path.c_str(), &found) == 0);
  CHECK((found.st_mode & 07777) == 0600);
  REQUIRE(::stat(room.folder.file("notify").c_str(), &found) == 0);
  CHECK((found.st_mode & 07777) == (::geteuid() == 0 ? 0711 : 0700));
}

TEST_CASE("a folder that others may change is refused") {
  Room room;
  REQUIRE(::mkdir(room.folder.file("notify").c_str(), 0777) == 0);
  REQUIRE(::chmod(room.folder.file("notify").c_str(), 0777) == 0);
  const auto refused = room.reports.listen(web, "web", ::geteuid());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find("not heald's alone") != std::string::npos);
}

TEST_CASE("a name that is too long for a socket's path is shortened, and found again") {
  Room room;
  const std::string name(100, 'w');
  room.listen(::getpid(), name);
  CHECK(room.path.size() < sizeof(sockaddr_un::sun_path));
  CHECK(room.reports.has_socket(name));
  REQUIRE(send(room.path, "READY=1") == 0);
  CHECK(room.reports.read(web)->stage == SelfReport::Stage::ready);
}

TEST_CASE("of a service that is gone no socket is left") {
  Room room;
  room.listen();
  room.reports.forget(web);
  CHECK_FALSE(room.reports.has_socket("web"));
  CHECK(send(room.path, "READY=1") == ENOENT);
}

TEST_CASE("who speaks while heald is away is refused at once") {
  Room room;
  std::string path;
  {
    Room gone;
    gone.listen();
    path = room.folder.file("web");
    std::filesystem::rename(gone.path, path);
  }
  CHECK(send(path, "READY=1") == ECONNREFUSED);
}
