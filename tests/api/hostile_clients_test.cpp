#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "api/exposition_check.hpp"
#include "api/stage.hpp"
#include "api/wire.hpp"

namespace heald::test {

namespace {

StageOptions impatient() {
  StageOptions options;
  options.limits.patience = std::chrono::milliseconds{100};
  return options;
}

}  // namespace

TEST_CASE("what is not HTTP is told so, and the connection ends") {
  Stage stage;
  for (const auto* text : {"nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                           "GET / HTTP/1.1\r\nbad header\r\n\r\n",
                           "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                           "GET http://x/livez HTTP/1.1\r\n\r\n", "GET * HTTP/1.1\r\n\r\n"}) {
    CAPTURE(text);
    const auto wire = Wire::tcp(stage.port());
    REQUIRE(wire.send(text));
    CHECK(wire.reply().status == 400);
  }
  CHECK(Wire::tcp(stage.port()).get("/livez").status == 200);
}

TEST_CASE("the API tells of malformed requests in JSON") {
  Stage stage;
  const auto wire = Wire::unix_socket(stage.socket());
  REQUIRE(wire);
  const auto reply = wire->ask("nonsense\r\n\r\n");
  CHECK(reply.status == 400);
  CHECK(reply.body.rfind("{\"error\":", 0) == 0);
}

TEST_CASE("an oversized header is refused") {
  Stage stage;
  const auto request = "GET /livez HTTP/1.1\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n";
  CHECK(Wire::tcp(stage.port()).ask(request).status == 431);
}

TEST_CASE("an oversized body is refused, announced or not") {
  Stage stage;
  const auto wire = Wire::unix_socket(stage.socket());
  REQUIRE(wire);
  CHECK(wire->ask("POST /v1/confirm HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n")
            .status == 413);
  const auto chunked = Wire::unix_socket(stage.socket());
  REQUIRE(chunked);
  const std::string head = "POST /v1/confirm HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(chunked->ask(head + "20000\r\n" + std::string(0x20000, 'x') + "\r\n0\r\n\r\n").status ==
        413);
  CHECK(stage.commands.operations().empty());
}

TEST_CASE("a client that says nothing, or half of it, is let go") {
  Stage stage{impatient()};
  for (const auto* text : {"", "GET /livez HT", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx"}) {
    CAPTURE(text);
    const auto wire = Wire::tcp(stage.port());
    REQUIRE(wire.send(text));
    CHECK(wire.rest().empty());
  }
}

TEST_CASE("a client that drips its request does not hold its connection by it") {
  Stage stage{impatient()};
  const auto wire = Wire::tcp(stage.port());
  REQUIRE(wire.send("GET /livez HTTP/1.1\r\nX: "));
  // Ends only when the server closes, which it would never do if each byte renewed its patience.
  while (wire.send("x") && !wire.ends_within(std::chrono::milliseconds{5})) continue;
  CHECK(Wire::tcp(stage.port()).get("/livez").status == 200);
}

TEST_CASE("a client that does not take its reply is let go") {
  Stage stage{impatient()};
  for (int number = 0; number < 2000; ++number) {
    stage.add(std::string(500, 'x') + std::to_string(number));
  }
  const auto wire = Wire::tcp(stage.port());
  std::string many;
  for (int number = 0; number < 50; ++number) many += "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n";
  REQUIRE(wire.send(many));
  // Nothing is read. The server gives up at a full socket; more than the socket holds never comes.
  while (wire.send("x") && !wire.ends_within(std::chrono::milliseconds{5})) continue;
  CHECK(Wire::tcp(stage.port()).get("/livez").status == 200);
}

TEST_CASE("clients that hang up at any moment do no harm") {
  Stage stage;
  stage.add("web");
  stage.commands.mode = ScriptedPort::Mode::keeps;
  for (const auto* text : {"G", "GET /v1/status HTTP/1.1\r\n\r\n",
                           "GET /v1/events?after=0&wait=30 HTTP/1.1\r\n\r\n",
                           "GET /v1/services/web/explain HTTP/1.1\r\n\r\n"}) {
    const auto wire = Wire::unix_socket(stage.socket());
    REQUIRE(wire);
    REQUIRE(wire->send(text));
  }
  const auto wire = Wire::unix_socket(stage.socket());
  REQUIRE(wire);
  CHECK(wire->get("/v1/status").status == 200);
  stage.commands.release();
  CHECK(wire->get("/v1/status").status == 200);
}

TEST_CASE("too many connections are turned away, and there is room again when one ends") {
  StageOptions options;
  options.limits.connections = 2;
  Stage stage{options};
  {
    const auto first = Wire::unix_socket(stage.socket());
    const auto second = Wire::unix_socket(stage.socket());
    REQUIRE((first && second));
    REQUIRE(first->get("/v1/status").status == 200);
    REQUIRE(second->get("/v1/status").status == 200);
    const auto third = Wire::unix_socket(stage.socket());
    REQUIRE(third);
    CHECK(third->reply().status == 503);
  }
  for (;;) {  // until the server has seen the ends
    const auto again = Wire::unix_socket(stage.socket());
    REQUIRE(again);
    if (again->get("/v1/status").status == 200) break;
  }
}

TEST_CASE("many clients at once all get whole answers, while pages change") {
  Stage stage;
  auto& page = stage.add("web");
  for (int number = 0; number < 300; ++number) stage.add("s" + std::to_string(number));
  std::atomic<int> whole = 0;
  std::vector<std::thread> clients;
  for (int number = 0; number < 16; ++number) {
    clients.emplace_back([&] {
      const auto wire = Wire::tcp(stage.port());
      for (int turn = 0; turn < 5; ++turn) {
        const auto reply = wire.get("/metrics");
        if (reply.whole && !read_exposition(reply.body).empty()) ++whole;
      }
    });
  }
  for (int turn = 0; turn < 1000; ++turn) {
    page.state.health = turn % 2 == 0 ? Health::unhealthy : Health::healthy;
    stage.publish(page);
    stage.board.publish(page.id, ProbeIndex{0}, {Outcome::pass, stage.clock.now(), {}});
  }
  for (auto& client : clients) client.join();
  CHECK(whole == 80);
}

TEST_CASE("stopping drops whoever waits, and late answers go nowhere") {
  Stage stage;
  stage.add("web");
  stage.commands.mode = ScriptedPort::Mode::keeps;
  const auto asking = Wire::unix_socket(stage.socket());
  const auto following = Wire::unix_socket(stage.socket());
  REQUIRE((asking && following));
  REQUIRE(asking->send("POST /v1/services/web/stop HTTP/1.1\r\nContent-Length: 0\r\n\r\n"));
  REQUIRE(following->send("GET /v1/events?after=0&wait=30 HTTP/1.1\r\n\r\n"));
  while (stage.commands.kept() == 0) std::this_thread::yield();
  stage.servers->stop();
  CHECK(asking->rest().empty());
  CHECK(following->rest().empty());
  stage.commands.release();
  stage.servers->stop();  // a second time changes nothing
}

}  // namespace heald::test
