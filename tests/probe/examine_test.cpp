#include "probe/examine.hpp"

#include <unistd.h>

#include <algorithm>

#include "probe/watch.hpp"
#include "support/loopback_server.hpp"

using namespace heald;
using namespace heald::test;

namespace {

LoopbackServer::Script answering(std::string answer) {
  return [answer = std::move(answer)](Peer& peer) {
    peer.read_request();
    peer.send(answer);
    peer.wait_until_closed();
  };
}

std::vector<std::string> names(const std::vector<LookPhase>& phases) {
  std::vector<std::string> all;
  for (const auto& phase : phases) all.push_back(phase.name);
  return all;
}

bool in_order(const std::vector<LookPhase>& phases) {
  return std::is_sorted(phases.begin(), phases.end(),
                        [](const LookPhase& a, const LookPhase& b) { return a.at < b.at; });
}

HttpProbe asking(const LoopbackServer& server) {
  HttpProbe probe = http_probe(server.url());
  probe.body.contains = "fine";
  return probe;
}

}  // namespace

TEST_CASE("an examination over HTTP tells each phase and each check") {
  LoopbackServer server{answering("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine")};
  Watch watch;
  const auto seen = watch.examine(service_with(asking(server)));
  CHECK(seen.service == "web");
  CHECK(seen.probe == "answers");
  CHECK(seen.kind == "http");
  CHECK(seen.timeout == 10s);
  CHECK(seen.outcome == Outcome::pass);
  CHECK(seen.evidence.empty());
  CHECK(seen.said == "fine");
  CHECK(names(seen.phases) ==
        std::vector<std::string>{"connected", "sent", "first byte", "answered"});
  CHECK(in_order(seen.phases));
  CHECK(seen.phases.front().text == server.address());
  CHECK(seen.took >= seen.phases.back().at);
  REQUIRE(seen.checks.size() == 2);
  CHECK(seen.checks[0].what == "status");
  CHECK(seen.checks[0].seen == "200");
  CHECK(seen.checks[0].held);
  CHECK(seen.checks[1].what == "body contains");
  CHECK(seen.checks[1].held);
}

TEST_CASE("every check is told, whichever it was that decided") {
  LoopbackServer server{answering("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy")};
  Watch watch;
  const auto seen = watch.examine(service_with(asking(server)));
  CHECK(seen.outcome == Outcome::fail);
  CHECK(seen.evidence == "HTTP 503, expected 200-299");
  REQUIRE(seen.checks.size() == 2);
  CHECK_FALSE(seen.checks[0].held);
  CHECK(seen.checks[0].seen == "503");
  CHECK_FALSE(seen.checks[1].held);
  CHECK(seen.checks[1].seen == "body does not contain \"fine\"");
}

TEST_CASE("an examination of a port where nobody listens has no checks") {
  const auto port = refusing_port();
  Watch watch;
  const auto seen = watch.examine(service_with(tcp_probe(port)));
  CHECK(seen.kind == "tcp");
  CHECK(seen.outcome == Outcome::fail);
  CHECK(seen.evidence == "connection refused by 127.0.0.1:" + std::to_string(port));
  CHECK(seen.checks.empty());
}

TEST_CASE("an examination over TCP tells what came and what was wanted") {
  LoopbackServer server{[](Peer& peer) {
    peer.send("220 ready\r\n");
    peer.wait_until_closed();
  }};
  Watch watch;
  const auto good = watch.examine(service_with(tcp_probe(server.port(), "", "220 ")));
  CHECK(good.outcome == Outcome::pass);
  CHECK(names(good.phases).front() == "connected");
  REQUIRE(good.checks.size() == 1);
  CHECK(good.checks[0].held);
  const auto bad = watch.examine(service_with(tcp_probe(server.port(), "", "+PONG"), 200ms));
  CHECK(bad.outcome == Outcome::fail);
  REQUIRE(bad.checks.size() == 1);
  CHECK_FALSE(bad.checks[0].held);
  CHECK(bad.checks[0].wanted == "\"+PONG\"");
  CHECK(bad.said == "220 ready\r\n");
}

TEST_CASE("an examination by a program has its output and its exit status") {
  Watch watch;
  const auto seen = watch.examine(service_with(shell_probe("echo hello; exit 3")));
  CHECK(seen.kind == "exec");
  CHECK(seen.outcome == Outcome::fail);
  CHECK(seen.said == "hello\n");
  CHECK(names(seen.phases) == std::vector<std::string>{"ended"});
  REQUIRE(seen.checks.size() == 1);
  CHECK(seen.checks[0].wanted == "0");
  CHECK(seen.checks[0].seen == "exited with status 3");
}

TEST_CASE("an examination of readiness tells what was said, and does not wait for more") {
  Watch watch;
  const auto nothing = watch.examine(service_with(NotifyProbe{}, 1h));
  CHECK(nothing.outcome == Outcome::unknown);
  watch.on_control([&] {
    static_cast<void>(watch.reports().listen(ServiceId{1}, "web", ::geteuid()).value());
    SelfReports::Speaker self;
    self.pid = ::getpid();
    watch.reports().begin(ServiceId{1}, std::move(self), SelfReport::Stage::ready);
  });
  const auto ready = watch.examine(service_with(NotifyProbe{}, 1h));
  CHECK(ready.kind == "notify");
  CHECK(ready.outcome == Outcome::pass);
  CHECK(ready.said == "ready");
}

TEST_CASE("an examination decides nothing: nobody hears of an observation") {
  LoopbackServer server{answering("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine")};
  Watch watch;
  static_cast<void>(watch.examine(service_with(asking(server))));
  CHECK(watch.look(service_with(asking(server))).outcome == Outcome::pass);
  CHECK(watch.count() == 1);
}
