#include "net/dialogue.hpp"

#include <atomic>

#include "net/fetch.hpp"
#include "support/loopback_server.hpp"

using namespace heald;
using namespace heald::test;

namespace {

using Kind = DialogueStep::Kind;

DialogueResult hold(DialogueScript script, Duration timeout = 10s) {
  const auto shared = std::make_shared<const DialogueScript>(std::move(script));
  return outcome_of<DialogueResult>([&](auto& context, auto done) {
    start_dialogue(context, shared, timeout, std::move(done));
  });
}

DialogueScript script_for(std::uint16_t port, std::vector<DialogueScript::Step> steps) {
  return {std::make_shared<const Target>("127.0.0.1", port, std::nullopt), {}, std::move(steps)};
}

DialogueResult talk(std::uint16_t port, std::string send, std::string expect,
                    Duration timeout = 10s) {
  std::vector<DialogueScript::Step> steps;
  if (!send.empty()) steps.push_back({Kind::send, std::move(send), {}});
  if (!expect.empty()) steps.push_back({Kind::expect, std::move(expect), {}});
  return hold(script_for(port, std::move(steps)), timeout);
}

/// A mail server of a few lines; `greeting` is what stands before its answers.
LoopbackServer::Script mail(const std::string& greeting) {
  return [greeting](Peer& peer) {
    peer.send(greeting);
    if (peer.await("EHLO\r\n")) peer.send("250-mail\r\n250 OK\r\n");
    if (peer.await("QUIT\r\n")) peer.send("221 bye\r\n");
    peer.wait_until_closed();
  };
}

std::vector<DialogueScript::Step> mail_steps() {
  return {{Kind::expect, "220 ", {}},
          {Kind::send, "EHLO\r\n", {}},
          {Kind::expect, "250 ", {}},
          {Kind::send, "QUIT\r\n", {}},
          {Kind::expect, "221 ", {}}};
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
  const DialogueResult result = talk(server.port(), "PING\r\n", "+PONG");
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
  const DialogueResult result = talk(server.port(), "", "+PONG", 80ms);
  REQUIRE(result.failure);
  CHECK(result.failure->kind == NetFailureKind::timed_out);
  CHECK(result.failure->answered);
  CHECK(result.received == "-LOADING Redis is loading\r\n");
}

TEST_CASE("a peer that accepts and says nothing gives no answer") {
  const Listener listener = listen_on_loopback(8);
  const DialogueResult result = talk(listener.port, "PING\r\n", "+PONG", 60ms);
  REQUIRE(result.failure);
  CHECK(result.failure->kind == NetFailureKind::timed_out);
  CHECK_FALSE(result.failure->answered);
}

TEST_CASE("a peer that closes before is told") {
  LoopbackServer server{[](Peer& peer) { peer.send("bye"); }};
  const DialogueResult result = talk(server.port(), "", "hello");
  REQUIRE(result.failure);
  CHECK(result.failure->kind == NetFailureKind::closed);
}

TEST_CASE("a flood is read up to 64 KiB") {
  LoopbackServer server{[](Peer& peer) {
    const std::string block(65536, 'x');
    while (peer.send(block)) {
    }
  }};
  const DialogueResult result = talk(server.port(), "", "never");
  REQUIRE(result.failure);
  CHECK(result.failure->kind == NetFailureKind::limit);
  CHECK(result.received.size() == 65536);
}

TEST_CASE("a refusal ends the dialogue") {
  const DialogueResult result = talk(refusing_port(), "", "");
  REQUIRE(result.failure);
  CHECK(result.failure->kind == NetFailureKind::refused);
}

TEST_CASE("a dialogue goes on step by step, and tells where it failed") {
  LoopbackServer good{mail("220 mail\r\n")};
  const DialogueResult all = hold(script_for(good.port(), mail_steps()));
  CHECK_FALSE(all.failure);
  CHECK(all.step == 5);
  CHECK(all.received == "220 mail\r\n250-mail\r\n250 OK\r\n221 bye\r\n");
  auto steps = mail_steps();
  steps[2].text = "250 FINE";
  LoopbackServer other{mail("220 mail\r\n")};
  const DialogueResult stopped = hold(script_for(other.port(), steps), 100ms);
  REQUIRE(stopped.failure);
  CHECK(stopped.step == 2);
}

TEST_CASE("what one step took is not there for the next") {
  LoopbackServer server{[](Peer& peer) {
    peer.send("one two ");
    peer.wait_until_closed();
  }};
  const auto talked = [&](const char* second) {
    return hold(script_for(server.port(),
                           {{Kind::expect, "one two", {}}, {Kind::expect, second, {}}}),
                100ms);
  };
  CHECK_FALSE(talked(" ").failure);
  CHECK(talked("two").step == 1);
}

TEST_CASE("a step finds what its own search says") {
  LoopbackServer server{[](Peer& peer) {
    peer.send("12345");
    peer.wait_until_closed();
  }};
  const Finder three = [](std::string_view came) -> std::optional<std::size_t> {
    if (came.size() < 3) return std::nullopt;
    return 3;
  };
  const auto talked = [&](const DialogueScript::Step& second) {
    return hold(script_for(server.port(), {{Kind::matches, {}, three}, second}), 100ms);
  };
  CHECK_FALSE(talked({Kind::expect, "45", {}}).failure);
  CHECK(talked({Kind::matches, {}, three}).step == 1);
}

TEST_CASE("nothing matches before anything came") {
  const Listener silent = listen_on_loopback(8);
  const Finder anything = [](std::string_view) { return std::optional<std::size_t>{0}; };
  const DialogueResult result =
      hold(script_for(silent.port, {{Kind::matches, {}, anything}}), 60ms);
  REQUIRE(result.failure);
  CHECK(result.failure->kind == NetFailureKind::timed_out);
}

TEST_CASE("what was said before TLS began is not taken for an answer under it") {
  LoopbackServer server{[](Peer& peer) {
    peer.send("220 go\r\n250 injected\r\n");
    peer.wait_until_closed();
  }};
  DialogueScript script = script_for(server.port(), {{Kind::expect, "220 go\r\n", {}},
                                                     {Kind::starttls, {}, {}},
                                                     {Kind::expect, "250 ", {}}});
  script.upgrade = TlsPolicy{};
  const DialogueResult result = hold(std::move(script));
  REQUIRE(result.failure);
  CHECK(result.failure->kind == NetFailureKind::malformed);
  CHECK(result.step == 1);
}
