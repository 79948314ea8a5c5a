#include "net/datagrams.hpp"

#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "net/echo.hpp"
#include "net/fetch.hpp"
#include "support/udp_server.hpp"

using namespace heald;
using namespace heald::test;

namespace {

/// Answers each datagram with these, one after the other.
UdpServer::Answer by(std::vector<std::string> answers) {
  return [answers = std::move(answers)](const std::string&) { return answers; };
}

DatagramResult ask(DatagramScript script, Duration timeout = 10s, const NetTrace& trace = nullptr) {
  const auto shared = std::make_shared<const DatagramScript>(std::move(script));
  return outcome_of<DatagramResult>([&](auto& context, auto done) {
    start_datagram(context, shared, timeout, std::move(done), trace);
  });
}

DatagramScript to_port(std::uint16_t port) {
  DatagramScript script;
  script.target = std::make_shared<const Target>("127.0.0.1", port, std::nullopt);
  script.send = "who is there?";
  return script;
}

DatagramScript ping(const std::string& host) {
  DatagramScript script;
  script.kind = DatagramScript::Kind::echo;
  script.target = std::make_shared<const Target>(host, 0, std::nullopt);
  return script;
}

bool can_ping() { return open_echo(AF_INET).has_value(); }

}  // namespace

TEST_CASE("any datagram answers, unless the script says which") {
  UdpServer server{by({"nobody", "somebody"})};
  const auto trace = std::make_shared<std::vector<LookPhase>>();
  const DatagramResult any = ask(to_port(server.port()), 10s, trace);
  CHECK_FALSE(any.failure);
  CHECK(any.received == "nobody");
  CHECK(any.timings.first_byte > 0ns);
  REQUIRE(trace->size() == 2);
  CHECK(trace->back().name == "answered");
  DatagramScript choosy = to_port(server.port());
  choosy.answers = [](std::string_view came) { return came == "somebody"; };
  CHECK(ask(std::move(choosy)).received == "somebody");
}

TEST_CASE("what was not expected is an answer all the same") {
  UdpServer server{by({"nobody"})};
  DatagramScript choosy = to_port(server.port());
  choosy.answers = [](std::string_view came) { return came == "somebody"; };
  const DatagramResult result = ask(std::move(choosy), 60ms);
  REQUIRE(result.failure);
  CHECK(result.failure->kind == NetFailureKind::timed_out);
  CHECK(result.failure->answered);
  CHECK(result.received == "nobody");
}

TEST_CASE("silence is no answer") {
  UdpServer server{by({})};
  const DatagramResult result = ask(to_port(server.port()), 60ms);
  REQUIRE(result.failure);
  CHECK(result.failure->text == "no answer within 60 ms from 127.0.0.1:" +
                                    std::to_string(server.port()));
  CHECK_FALSE(result.failure->answered);
}

TEST_CASE("a port where nobody listens refuses") {
  std::uint16_t port = 0;
  { port = UdpServer{by({})}.port(); }
  const DatagramResult result = ask(to_port(port));
  REQUIRE(result.failure);
  CHECK(result.failure->kind == NetFailureKind::refused);
}

TEST_CASE("an echo request is answered by this host, over either protocol") {
  if (!can_ping()) {
    WARN("no socket to ping with");
    return;
  }
  CHECK_FALSE(ask(ping("127.0.0.1")).failure);
  if (open_echo(AF_INET6)) CHECK_FALSE(ask(ping("::1")).failure);
}

TEST_CASE("only its own token answers an echo request") {
  Echo echo;
  echo.family = AF_INET;
  echo.token = "0123456789abcdef";
  const std::string head(8, '\0');
  CHECK(echo.is_answer(head + echo.token));
  CHECK_FALSE(echo.is_answer(head + "0123456789abcdeX"));
  CHECK_FALSE(echo.is_answer("\x08" + head.substr(1) + echo.token));
  CHECK_FALSE(echo.is_answer(echo.token));
  CHECK_FALSE(echo.is_answer(""));
  echo.raw = true;
  const std::string ip = "\x46" + std::string(23, 'i');  // a header with an option
  CHECK(echo.is_answer(ip + head + echo.token));
  CHECK_FALSE(echo.is_answer(head + echo.token));
  CHECK_FALSE(echo.is_answer("\x4f"));
  echo.family = AF_INET6;
  CHECK(echo.is_answer("\x81" + head.substr(1) + echo.token));
}
