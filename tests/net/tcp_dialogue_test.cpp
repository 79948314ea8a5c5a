#include "net/tcp_dialogue.hpp"

#include <atomic>

#include "net/fetch.hpp"
#include "support/loopback_server.hpp"

using namespace heald;
using namespace heald::test;

namespace {

TcpResult talk(std::uint16_t port, std::string send, std::string expect,
               Duration timeout = 10s) {
  const auto script = std::make_shared<const TcpScript>(
      TcpScript{std::make_shared<const Target>("127.0.0.1", port, std::nullopt), std::move(send),
                std::move(expect)});
  return outcome_of<TcpResult>([&](auto& context, auto done) {
    start_tcp(context, script, timeout, std::move(done));
  });
}

}  // namespace

TEST_CASE("to connect suffices when nothing is expected") {
  const Listener listener = listen_on_loopback(8);
  CHECK_FALSE(talk(listener.port, "", "").failure);
}

TEST_CASE("what is sent arrives when nothing is expected") {
  std::atomic<bool> arrived = false;
  LoopbackServer server{[&](Peer& peer) { arrived = peer.await("statistics\n"); }};
  CHECK_FALSE(talk(server.port(), "statistics\n", "").failure);
  while (server.accepted() == 0 || !arrived) std::this_thread::yield();
  CHECK(arrived);
}

TEST_CASE("what is expected may come after a question") {
  LoopbackServer server{[](Peer& peer) {
    if (peer.await("PING\r\n")) peer.send("+PONG\r\n");
    peer.wait_until_closed();
  }};
  const TcpResult result = talk(server.port(), "PING\r\n", "+PONG");
  CHECK_FALSE(result.failure);
  CHECK(result.timings.first_byte > 0ns);
}

TEST_CASE("what is expected may lie across segments") {
  LoopbackServer server{[](Peer& peer) {
    for (const std::string_view part : {"220 mail.test ", "ES", "M", "TP ready\r\n"}) {
      peer.send(part);
      peer.closed_within(20);
    }
    peer.wait_until_closed();
  }};
  CHECK_FALSE(talk(server.port(), "", "ESMTP").failure);
}

TEST_CASE("a peer that says something else and stays is a timeout with an answer") {
  LoopbackServer server{[](Peer& peer) {
    peer.send("-LOADING Redis is loading\r\n");
    peer.wait_until_closed();
  }};
  const TcpResult result = talk(server.port(), "", "+PONG", 80ms);
  REQUIRE(result.failure);
  CHECK(result.failure->kind == NetFailureKind::timed_out);
  CHECK(result.failure->answered);
  CHECK(result.received == "-LOADING Redis is loading\r\n");
}

TEST_CASE("a peer that accepts and says nothing gives no answer") {
  const Listener listener = listen_on_loopback(8);
  const TcpResult result = talk(listener.port, "PING\r\n", "+PONG", 60ms);
  REQUIRE(result.failure);
  CHECK(result.failure->kind == NetFailureKind::timed_out);
  CHECK_FALSE(result.failure->answered);
}

TEST_CASE("a peer that closes before is told") {
  LoopbackServer server{[](Peer& peer) { peer.send("bye"); }};
  const TcpResult result = talk(server.port(), "", "hello");
  REQUIRE(result.failure);
  CHECK(result.failure->kind == NetFailureKind::closed);
}

TEST_CASE("a flood is read up to 64 KiB") {
  LoopbackServer server{[](Peer& peer) {
    const std::string block(65536, 'x');
    while (peer.send(block)) {
    }
  }};
  const TcpResult result = talk(server.port(), "", "never");
  REQUIRE(result.failure);
  CHECK(result.failure->kind == NetFailureKind::limit);
  CHECK(result.received.size() == 65536);
}

TEST_CASE("a refusal ends the dialogue") {
  const TcpResult result = talk(refusing_port(), "", "");
  REQUIRE(result.failure);
  CHECK(result.failure->kind == NetFailureKind::refused);
}
