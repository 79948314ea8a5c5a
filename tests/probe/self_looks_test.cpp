#include "probe/self_looks.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <iterator>

#include "probe/watch.hpp"

using namespace heald;
using heald::test::service_with;
using heald::test::Watch;

namespace {

constexpr ServiceId web{1};

/// Makes this process the one of `web`; returns where it has to speak.
std::string begin(Watch& watch) {
  std::string path;
  watch.on_control([&] {
    path = watch.reports().listen(web, "web", ::geteuid()).value();
    SelfReports::Speaker self;
    self.pid = ::getpid();
    watch.reports().begin(web, std::move(self), SelfReport::Stage::starting);
  });
  return path;
}

void say(const std::string& path, const std::string& text) {
  const Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), std::begin(address.sun_path));
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  const auto sent = ::sendto(socket.get(), text.data(), text.size(), 0, generic, sizeof address);
  REQUIRE(sent == static_cast<ssize_t>(text.size()));
}

}  // namespace

TEST_CASE("a look for readiness waits for the word") {
  Watch watch;
  const std::string path = begin(watch);
  watch.start(service_with(NotifyProbe{}, 1h));
  watch.on_control([] {});  // it has begun
  CHECK(watch.count() == 0);
  say(path, "STATUS=nearly");
  say(path, "READY=1");
  CHECK(watch.await(1).front().outcome == Outcome::pass);
}

TEST_CASE("a look for readiness fails when its timeout is over") {
  Watch watch;
  begin(watch);
  const auto seen = watch.look(service_with(NotifyProbe{}, 20ms));
  CHECK(seen.outcome == Outcome::fail);
  CHECK(seen.evidence == "it has not said READY=1");
  CHECK(seen.took >= 20ms);
}

TEST_CASE("a look for readiness ends with the process") {
  Watch watch;
  begin(watch);
  watch.start(service_with(NotifyProbe{}, 1h));
  watch.on_control([&] { watch.reports().end(web); });
  CHECK(watch.await(1).front().outcome == Outcome::unknown);
}

TEST_CASE("a look at the watchdog tells at once") {
  Watch watch;
  const std::string path = begin(watch);
  say(path, "WATCHDOG=1");
  CHECK(watch.look(service_with(WatchdogProbe{1h}, 1h)).outcome == Outcome::pass);
  CHECK(watch.start(service_with(WatchdogProbe{1ns}, 1h)).value() == 2);
  CHECK(watch.await(2).back().outcome == Outcome::fail);
}

TEST_CASE("a service whose process was given no socket cannot be heard") {
  Watch watch;
  const auto seen = watch.look(service_with(WatchdogProbe{1h}, 1h));
  CHECK(seen.outcome == Outcome::unknown);
  CHECK(seen.evidence.find("NOTIFY_SOCKET") != std::string::npos);
}

TEST_CASE("nothing is reported after the prober's end") {
  Watch watch;
  begin(watch);
  watch.start(service_with(NotifyProbe{}, 1h));
  watch.close();
  watch.on_control([&] { watch.reports().end(web); });
  watch.on_control([] {});
  CHECK(watch.count() == 0);
}
