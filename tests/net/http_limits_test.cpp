#include <atomic>

#include "net/fetch.hpp"
#include "net/http_response.hpp"
#include "support/loopback_server.hpp"

using namespace heald;
using namespace heald::test;

TEST_CASE("a server that accepts and never answers ends by the deadline") {
  LoopbackServer server{[](Peer& peer) { peer.wait_until_closed(); }};
  const HttpResult result = fetch(get(server.url()), within(60ms));
  REQUIRE(result.failure);
  CHECK(result.failure->kind == NetFailureKind::timed_out);
  CHECK(result.failure->text == "no answer within 60 ms");
  CHECK_FALSE(result.failure->answered);
  CHECK(result.timings.total >= 60ms);
}

TEST_CASE("a server whose backlog is full ends by the deadline, and says where") {
  const Listener full = listen_on_loopback(0);
  const std::string url = "http://127.0.0.1:" + std::to_string(full.port) + "/";
  // The kernel lets one or two connections wait; the next finds no answer.
  std::string text;
  boost::asio::io_context context{1};
  const auto request = prepare_request(get(url));
  REQUIRE(request.has_value());
  int ended = 0;
  for (int each = 0; each < 4; ++each) {
    start_http(context, *request, within(100ms), [&](const HttpResult& result) {
      ++ended;
      REQUIRE(result.failure);
      CHECK(result.failure->kind == NetFailureKind::timed_out);
      if (result.failure->text.find("connecting") != std::string::npos) {
        text = result.failure->text;
      }
    });
  }
  while (ended < 4 && context.run_one() > 0) {
  }
  CHECK(text == "no answer within 100 ms (connecting to 127.0.0.1:" + std::to_string(full.port) +
                    ")");
}

TEST_CASE("an answer that drips is not complete at the deadline, but is an answer") {
  LoopbackServer server{[](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (!peer.closed_within(1000) && peer.send("x")) {
    }
  }};
  const NetFailure failure = failure_of(get(server.url()), within(80ms));
  CHECK(failure.kind == NetFailureKind::timed_out);
  CHECK(failure.text == "no complete answer within 80 ms (41 bytes came)");
  CHECK(failure.answered);
}

TEST_CASE("an answer of 1 GiB is read up to the limit and no further") {
  std::atomic<std::uint64_t> sent = 0;
  LoopbackServer server{[&](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
    const std::string block(65536, 'x');
    while (sent < (1U << 30U) && peer.send(block)) sent += block.size();
  }};
  const HttpResult result = fetch(get(server.url()));
  CHECK_FALSE(result.failure);
  CHECK(result.status == 200);
  CHECK(result.truncated);
  CHECK(result.body.size() <= (1U << 20U));
  CHECK(result.body.size() > (1U << 19U));
  // What the kernel buffered on top of the limit is far from the whole.
  CHECK(sent < (1U << 27U));
}

TEST_CASE("tiny chunks without end stop at the limit as well") {
  LoopbackServer server{[](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    std::string block;
    for (int each = 0; each < 1000; ++each) block += "1\r\nx\r\n";
    while (peer.send(block)) {
    }
  }};
  const HttpResult result = fetch(get(server.url()));
  CHECK_FALSE(result.failure);
  CHECK(result.truncated);
}

TEST_CASE("headers without end are malformed, in one line or in many") {
  const std::string block = GENERATE(std::string(1000, 'x'), std::string{"X-More: yes\r\n"});
  LoopbackServer server{[&](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nX-First: ");
    while (peer.send(block)) {
    }
  }};
  const NetFailure failure = failure_of(get(server.url()));
  CHECK(failure.kind == NetFailureKind::malformed);
  CHECK_THAT(failure.text, Catch::EndsWith("its headers are longer than 64 KiB"));
}

TEST_CASE("headers of many kilobytes within the limit are read") {
  LoopbackServer server{[](Peer& peer) {
    peer.read_request();
    std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n";
    for (int each = 0; each < 50; ++each) {
      answer += "X-" + std::to_string(each) + ": " + std::string(1000, 'v') + "\r\n";
    }
    peer.send(answer + "\r\nok");
    peer.wait_until_closed();
  }};
  const HttpResult result = fetch(get(server.url()));
  CHECK_FALSE(result.failure);
  CHECK(result.body == "ok");
}

TEST_CASE("chunk extensions and trailers without end are bounded") {
  const std::string head = GENERATE(as<std::string>{}, "5;ext=", "0\r\nTrailer: ");
  LoopbackServer server{[&](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + head);
    const std::string block(1000, 'x');
    while (peer.send(block)) {
    }
  }};
  CHECK(failure_of(get(server.url())).kind == NetFailureKind::malformed);
}

TEST_CASE("a reader holds back no more than an unfinished header") {
  ResponseReader reader{ResponseReader::Answers::other, BodyUse::count};
  const std::string block(4096, 'x');
  auto progress = reader.feed("HTTP/1.1 200 OK\r\nX: ");
  int fed = 0;
  while (progress == ResponseReader::Progress::more && fed < 1000) {
    progress = reader.feed(block);
    ++fed;
  }
  CHECK(progress == ResponseReader::Progress::malformed);
  CHECK(fed <= 17);
}
