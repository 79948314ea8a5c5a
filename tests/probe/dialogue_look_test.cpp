#include "probe/dialogue_look.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include "probe/watch.hpp"
#include "support/loopback_server.hpp"

using namespace heald;
using namespace heald::test;

namespace {

using Kind = DialogueStep::Kind;

const DialogueSteps ping{{Kind::send, "PING\r\n"}, {Kind::expect, "+PONG"}};

DialogueResult failed_at(std::size_t step, std::string received) {
  DialogueResult result;
  result.failure = NetFailure{NetFailureKind::closed, "closed", true};
  result.received = std::move(received);
  result.step = step;
  return result;
}

/// A unix stream socket that is bound, and may listen.
class BoundSocket {
 public:
  explicit BoundSocket(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(&address.sun_path[0], sizeof address.sun_path - 1);
    socklen_t size = sizeof address;
    if (path.front() == '@') {
      address.sun_path[0] = '\0';
      size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    }
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  }
  void listen(int backlog) { REQUIRE(::listen(socket_.get(), backlog) == 0); }
  [[nodiscard]] Fd accept() { return Fd{::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)}; }

 private:
  Fd socket_;
};

UnixProbe at(const std::string& path) { return {path, ping}; }

}  // namespace

TEST_CASE("a dialogue that went wrong shows what came") {
  CHECK(judge_dialogue(ping, {}).outcome == Outcome::pass);
  CHECK(judge_dialogue(ping, failed_at(1, "")).evidence == "closed");
  const Finding finding = judge_dialogue(ping, failed_at(1, "-LOADING\r\n\x01"));
  CHECK(finding.outcome == Outcome::fail);
  CHECK(finding.evidence == R"(got "-LOADING\r\n\x01", expected "+PONG": closed)");
  CHECK(judge_dialogue(ping, failed_at(0, "-LOADING")).evidence == "closed");
  const DialogueSteps pattern{{Kind::matches, "^220 "}};
  CHECK(judge_dialogue(pattern, failed_at(0, "554 no")).evidence ==
        R"(got "554 no", expected a match of ^220 : closed)");
}

TEST_CASE("each thing that was awaited is told, as far as the dialogue got") {
  const DialogueSteps rules{
      {Kind::expect, "a"}, {Kind::send, "b"}, {Kind::matches, "c"}, {Kind::expect, "d"}};
  const auto checks = checks_of(rules, failed_at(2, "ax"));
  REQUIRE(checks.size() == 2);
  CHECK(checks[0].held);
  CHECK(checks[0].wanted == R"("a")");
  CHECK_FALSE(checks[1].held);
  CHECK(checks[1].wanted == "a match of c");
  CHECK(checks[1].seen == R"("ax")");
  DialogueResult good;
  good.step = 4;
  CHECK(checks_of(rules, good).size() == 3);
  CHECK(checks_of(rules, failed_at(0, "")).empty());
}

TEST_CASE("a pattern is matched against any octets") {
  LoopbackServer server{[](Peer& peer) {
    peer.send(std::string_view{"\x4a\0\0\0\x0a\xff\xfe", 7});
    peer.wait_until_closed();
  }};
  TcpProbe probe = tcp_probe(server.port());
  probe.dialogue = {{Kind::matches, "(?s)^...\\x00\\x0a\\xff"}};
  Watch watch;
  CHECK(watch.look(service_with(probe)).outcome == Outcome::pass);
}

TEST_CASE("a unix socket is talked to as a port is") {
  const TemporaryFolder folder;
  const std::string path = GENERATE(as<std::string>{}, "web.sock", "@heald-test-web");
  const std::string where = path.front() == '@' ? path + folder.path() : folder.file(path);
  Watch watch;
  if (path.front() != '@') {
    const Observation missing = watch.look(service_with(at(where)));
    CHECK(missing.outcome == Outcome::fail);
    CHECK(missing.evidence == "there is no socket " + where);
    CHECK(missing.answered);
  }
  BoundSocket socket{where};
  Watch other;
  const Observation refused = other.look(service_with(at(where)));
  CHECK(refused.outcome == Outcome::fail);
  CHECK(refused.evidence == "connection refused by " + where);
  socket.listen(0);
  std::thread answering{[&] {
    const Fd peer = socket.accept();
    Peer client{peer.get()};
    if (client.await("PING\r\n")) client.send("+PONG\r\n");
    client.wait_until_closed();
  }};
  Watch third;
  CHECK(third.look(service_with(at(where))).outcome == Outcome::pass);
  answering.join();
}

TEST_CASE("an HTTP request is made over a unix socket, to the host of its URL") {
  const TemporaryFolder folder;
  BoundSocket socket{folder.file("web")};
  socket.listen(1);
  std::string request;
  std::thread answering{[&] {
    const Fd peer = socket.accept();
    Peer client{peer.get()};
    request = client.read_request();
    client.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    client.wait_until_closed();
  }};
  HttpProbe probe = http_probe("http://web.test/healthz");
  probe.request.socket = folder.file("web");
  Watch watch;
  CHECK(watch.look(service_with(probe)).outcome == Outcome::pass);
  answering.join();
  CHECK(request.starts_with("GET /healthz HTTP/1.1\r\nHost: web.test\r\n"));
}

TEST_CASE("a socket that a port left behind is none for a unix socket") {
  LoopbackServer server{[](Peer& peer) {
    peer.send("+PONG");
    peer.wait_until_closed();
  }};
  const TemporaryFolder folder;
  BoundSocket socket{folder.file("web")};
  socket.listen(1);
  Watch watch{1};
  watch.start(service_with(tcp_probe(server.port(), "", "+PONG")));
  REQUIRE(watch.await(1).back().outcome == Outcome::pass);
  watch.start(service_with(UnixProbe{folder.file("web"), {}}));
  const Observation seen = watch.await(2).back();
  INFO(seen.evidence);
  CHECK(seen.outcome == Outcome::pass);
}

TEST_CASE("a unix socket whose queue is full is told as that") {
  const TemporaryFolder folder;
  BoundSocket socket{folder.file("full")};
  socket.listen(0);
  Watch watch;
  const auto policy = service_with(at(folder.file("full")), 300ms);
  for (int each = 0; each < 3; ++each) watch.start(policy);
  const auto all = watch.await(3);
  CHECK(std::ranges::any_of(all, [&](const Observation& seen) {
    return seen.evidence == folder.file("full") + " takes no more connections: its queue is full";
  }));
}
