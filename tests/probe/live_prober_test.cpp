#include "probe/live_prober.hpp"

#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <set>

#include "probe/watch.hpp"
#include "support/loopback_server.hpp"
#include "support/names.hpp"
#include "support/tls_server.hpp"

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

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Lowers the limit of descriptors to so many more than are open now.
class FewDescriptors {
 public:
  explicit FewDescriptors(std::size_t more) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit lower = before_;
    lower.rlim_cur = open_descriptors() + more;
    ::setrlimit(RLIMIT_NOFILE, &lower);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("a passing look carries its names, its time and no evidence") {
  LoopbackServer server{answering(ok("fine"))};
  Watch watch;
  const ProbeRun run = watch.start(service_with(http_probe(server.url())), 7);
  const Observation seen = watch.await(1).front();
  CHECK(seen.service == ServiceId{7});
  CHECK(seen.probe == ProbeIndex{0});
  CHECK(seen.run == run);
  CHECK(seen.outcome == Outcome::pass);
  CHECK(seen.answered);
  CHECK(seen.begun == Instant{Duration{1}});
  CHECK(seen.took > 0ns);
  CHECK(seen.evidence.empty());
}

TEST_CASE("assertions about the body decide") {
  LoopbackServer server{answering(ok(R"({"status": "down"})"))};
  HttpProbe probe = http_probe(server.url());
  probe.body.json = BodyAssertion::JsonEquals{"/status", "\"up\""};
  Watch watch;
  const Observation seen = watch.look(service_with(probe));
  CHECK(seen.outcome == Outcome::fail);
  CHECK(seen.evidence == "the body's /status is \"down\", expected \"up\"");
}

TEST_CASE("targets that misbehave are failures with evidence, and only silence is no answer") {
  LoopbackServer silent{[](Peer& peer) { peer.wait_until_closed(); }};
  LoopbackServer drips{[](Peer& peer) {
    peer.read_request();
    while (peer.send("H") && !peer.closed_within(1000)) {
    }
  }};
  LoopbackServer garbage{answering("garbage\r\n\r\n")};
  LoopbackServer resets{[](Peer& peer) {
    peer.read_request();
    peer.reset();
  }};
  LoopbackServer busy{answering("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")};
  const std::uint16_t refusing = refusing_port();
  struct Row {
    std::string url;
    std::string evidence;
    bool answered;
  };
  const std::string nobody = "127.0.0.1:" + std::to_string(refusing);
  const std::vector<Row> rows{
      {silent.url(), "no answer within 80 ms", false},
      {drips.url(), "no complete answer within 80 ms (1 bytes came)", true},
      {garbage.url(), "malformed HTTP from " + garbage.address() + ": bad version", true},
      {resets.url(), "connection reset by " + resets.address(), true},
      {busy.url(), "HTTP 503, expected 200-299", true},
      {"http://" + nobody + "/", "connection refused by " + nobody, true},
  };
  for (const Row& row : rows) {
    Watch watch;
    const Observation seen = watch.look(service_with(http_probe(row.url), 80ms));
    CHECK(seen.outcome == Outcome::fail);
    CHECK(seen.answered == row.answered);
    CHECK(seen.evidence == row.evidence);
  }
}

TEST_CASE("a name that does not resolve, or never comes back, is no answer") {
  const HangingNames hanging;
  Watch watch;
  const Observation unresolved = watch.look(service_with(http_probe("http://nowhere.test/")));
  CHECK(unresolved.outcome == Outcome::fail);
  CHECK_FALSE(unresolved.answered);
  watch.start(service_with(tcp_probe(1), 60ms));
  TcpProbe named = tcp_probe(1);
  named.host = "hangs.test";
  const ProbeRun run = watch.start(service_with(named, 60ms));
  const auto all = watch.await(3);
  const auto hung = std::find_if(all.begin(), all.end(),
                                 [&](const Observation& seen) { return seen.run == run; });
  CHECK(hung->outcome == Outcome::fail);
  CHECK_FALSE(hung->answered);
  CHECK(hung->evidence == "no answer within 60 ms (looking up hangs.test)");
}

TEST_CASE("an answer of 1 GiB passes when its status is right, and fails what it must contain") {
  LoopbackServer server{[](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
    const std::string block(65536, 'x');
    while (peer.send(block)) {
    }
  }};
  Watch watch;
  CHECK(watch.look(service_with(http_probe(server.url()))).outcome == Outcome::pass);
  HttpProbe probe = http_probe(server.url());
  probe.body.contains = "needle";
  watch.start(service_with(probe));
  const Observation seen = watch.await(2).back();
  CHECK(seen.outcome == Outcome::fail);
  CHECK_THAT(seen.evidence, Catch::StartsWith("body does not contain \"needle\" (only its first"));
}

TEST_CASE("a TCP look may send and expect") {
  LoopbackServer server{[](Peer& peer) {
    if (peer.await("PING\r\n")) peer.send("-NOAUTH Authentication required.\r\n");
  }};
  Watch watch;
  CHECK(watch.look(service_with(tcp_probe(server.port()))).outcome == Outcome::pass);
  watch.start(service_with(tcp_probe(server.port(), "PING\r\n", "+PONG")));
  const Observation seen = watch.await(2).back();
  CHECK(seen.outcome == Outcome::fail);
  CHECK(seen.evidence == "got \"-NOAUTH Authentication required.\\r\\n\", expected \"+PONG\": " +
                             server.address() +
                             " closed the connection before what was expected came");
}

TEST_CASE("an expired certificate is evidence") {
  using std::chrono::hours;
  const Authority authority;
  TlsServer server{authority,
                   {.valid_from = hours{-48}, .valid_until = hours{-24}},
                   [](TlsPeer& peer) { peer.under().wait_until_closed(); }};
  HttpProbe probe = http_probe(server.url());
  probe.request.tls.ca_file = authority.file();
  Watch watch;
  const Observation seen = watch.look(service_with(probe));
  CHECK(seen.outcome == Outcome::fail);
  CHECK_THAT(seen.evidence, Catch::EndsWith("certificate has expired"));
}

TEST_CASE("rules that cannot be carried out are the prober's own failure") {
  Watch watch;
  const Observation seen = watch.look(service_with(http_probe("gopher://x/")));
  CHECK(seen.outcome == Outcome::unknown);
  CHECK(seen.evidence == "cannot use gopher://x/: only http and https are spoken");
}

TEST_CASE("without descriptors thousands of looks are unknown, and each is reported once") {
  constexpr std::size_t looks = 2000;
  const Listener silent = listen_on_loopback(SOMAXCONN);
  const std::size_t before = open_descriptors();
  {
    Watch watch;
    const FewDescriptors few{100};
    const auto policy =
        service_with(http_probe("http://127.0.0.1:" + std::to_string(silent.port) + "/"), 300ms);
    for (std::uint32_t each = 0; each < looks; ++each) watch.start(policy, each);
    const auto all = watch.await(looks);
    std::set<ProbeRun> runs;
    std::size_t unknown = 0;
    for (const Observation& seen : all) {
      runs.insert(seen.run);
      const bool ours = seen.outcome == Outcome::unknown;
      unknown += ours ? 1 : 0;
      REQUIRE_THAT(seen.evidence, Catch::Contains(ours ? "Too many open files" : "no answer"));
    }
    CHECK(all.size() == looks);
    CHECK(runs.size() == looks);
    CHECK(unknown > looks / 2);  // the rest got one of the few, and met silence
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("thousands of looks at once all pass, and leave no descriptor") {
  constexpr std::size_t looks = 3000;
  LoopbackServer server{answering(ok(""))};
  const std::size_t before = open_descriptors();
  {
    Watch watch;
    const auto policy = service_with(http_probe(server.url()), 60s);
    std::size_t started = 0;
    while (started < looks) {
      // The test's server has a thread for each, so no more than a few hundred at a time.
      for (int each = 0; each < 300; ++each) watch.start(policy, static_cast<std::uint32_t>(each));
      started += 300;
      watch.await(started);
    }
    const auto all = watch.await(looks);
    CHECK(std::all_of(all.begin(), all.end(), [](const Observation& seen) {
      return seen.outcome == Outcome::pass;
    }));
  }
  while (open_descriptors() > before) std::this_thread::yield();  // the server's own ends
  CHECK(open_descriptors() == before);
}

TEST_CASE("hung targets do not hold up the others") {
  const Listener silent = listen_on_loopback(SOMAXCONN);
  LoopbackServer server{answering(ok(""))};
  Watch watch{1};
  const auto hung = service_with(
      http_probe("http://127.0.0.1:" + std::to_string(silent.port) + "/"), 60s);
  for (std::uint32_t each = 0; each < 200; ++each) watch.start(hung, each);
  const ProbeRun run = watch.start(service_with(http_probe(server.url())));
  const Observation seen = watch.await(1).front();
  CHECK(seen.run == run);
  CHECK(seen.outcome == Outcome::pass);
}

TEST_CASE("a prober that is destroyed reports nothing more") {
  LoopbackServer silent{[](Peer& peer) { peer.wait_until_closed(); }};
  Watch watch;
  const auto policy = service_with(http_probe(silent.url()), 60s);
  for (std::uint32_t each = 0; each < 20; ++each) watch.start(policy, each);
  while (silent.accepted() < 20) std::this_thread::yield();
  watch.close();
  CHECK(watch.count() == 0);
}
