#include "net/http_client.hpp"

#include <sys/socket.h>

#include <atomic>
#include <boost/asio/strand.hpp>
#include <cerrno>
#include <functional>
#include <thread>

#include "net/fetch.hpp"
#include "net/network.hpp"
#include "support/loopback_server.hpp"

using namespace heald;
using namespace heald::test;

namespace {

// Answers every request with the same text, then closes.
LoopbackServer::Script answering(std::string answer) {
  return [answer = std::move(answer)](Peer& peer) {
    peer.read_request();
    peer.send(answer);
  };
}

}  // namespace

TEST_CASE("a response is its status and its body") {
  std::string request;
  LoopbackServer server{[&](Peer& peer) {
    request = peer.read_request();
    peer.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy");
    peer.wait_until_closed();
  }};
  const HttpResult result = fetch(get(server.url("/healthz?deep=1")));
  CHECK_FALSE(result.failure);
  CHECK(result.status == 503);
  CHECK(result.body == "busy");
  CHECK_FALSE(result.truncated);
  CHECK(result.timings.connected > 0ns);
  CHECK(result.timings.first_byte >= result.timings.connected);
  CHECK(result.timings.total >= result.timings.first_byte);
  CHECK_THAT(request, Catch::StartsWith("GET /healthz?deep=1 HTTP/1.1\r\n"));
  CHECK_THAT(request, Catch::Contains("Host: " + server.address() + "\r\n"));
}

TEST_CASE("a body may end by chunks, by length or with the connection") {
  const auto [answer, body] = GENERATE(table<std::string, std::string>({
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n"
       "Trailer: yes\r\n\r\n",
       "abcdefg"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc"},
      {"HTTP/1.1 200 OK\r\n\r\nto the end", "to the end"},
      {"HTTP/1.0 200 OK\r\n\r\nold", "old"},
      {"HTTP/1.1 204 No Content\r\n\r\n", ""},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
  }));
  LoopbackServer server{answering(answer)};
  const HttpResult result = fetch(get(server.url()));
  CHECK_FALSE(result.failure);
  CHECK(result.status / 100 == 2);
  CHECK(result.body == body);
}

TEST_CASE("a response that comes byte by byte is whole in the end") {
  const auto [answer, body] = GENERATE(table<std::string, std::string>({
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "abc"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""},
      {"HTTP/1.1 204 No Content\r\n\r\n", ""},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc"},
  }));
  LoopbackServer server{[&](Peer& peer) {
    peer.read_request();
    for (const char each : answer) {
      peer.send({&each, 1});
      std::this_thread::yield();
    }
    peer.wait_until_closed();
  }};
  const HttpResult result = fetch(get(server.url()));
  CHECK_FALSE(result.failure);
  CHECK(result.body == body);
}

TEST_CASE("interim responses announce the answer and are not it") {
  LoopbackServer server{answering(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
      "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok")};
  const HttpResult result = fetch(get(server.url()));
  CHECK(result.status == 201);
  CHECK(result.body == "ok");
}

TEST_CASE("a server that only ever sends interim responses is malformed") {
  LoopbackServer server{[](Peer& peer) {
    peer.read_request();
    while (peer.send("HTTP/1.1 100 Continue\r\n\r\n")) {
    }
  }};
  CHECK(failure_of(get(server.url())).kind == NetFailureKind::malformed);
}

TEST_CASE("the answer to HEAD has no body, whatever its length says") {
  LoopbackServer server{[](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    peer.wait_until_closed();
  }};
  HttpRequestPolicy policy = get(server.url());
  policy.method = "HEAD";
  const HttpResult result = fetch(policy);
  CHECK_FALSE(result.failure);
  CHECK(result.status == 200);
}

TEST_CASE("a body larger than the socket takes at once is sent whole") {
  constexpr std::size_t size = 8U << 20U;
  LoopbackServer server{[](Peer& peer) {
    if (peer.await("the end")) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }};
  HttpRequestPolicy policy = get(server.url());
  policy.method = "POST";
  policy.body = std::string(size, 'x') + "the end";
  CHECK(fetch(policy).status == 200);
}

TEST_CASE("an answer that comes before the request is sent whole is read after it") {
  LoopbackServer server{[](Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    peer.await("the end");
    peer.wait_until_closed();
  }};
  HttpRequestPolicy policy = get(server.url());
  policy.method = "POST";
  policy.body = std::string(8U << 20U, 'x') + "the end";
  CHECK(fetch(policy).status == 200);
}

TEST_CASE("a body that is only counted is not kept") {
  LoopbackServer server{answering("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")};
  HttpOptions options;
  options.body = BodyUse::count;
  const HttpResult result = fetch(get(server.url()), options);
  CHECK(result.status == 200);
  CHECK(result.body.empty());
}

TEST_CASE("a refused connection is an answer and names the address") {
  const std::string address = "127.0.0.1:" + std::to_string(refusing_port());
  const NetFailure failure = failure_of(get("http://" + address + "/"));
  CHECK(failure.kind == NetFailureKind::refused);
  CHECK(failure.text == "connection refused by " + address);
  CHECK(failure.answered);
}

TEST_CASE("an unspecific address family that is missing is unreachable or refused, never ours") {
  const NetFailure failure =
      failure_of(get("http://[::1]:" + std::to_string(refusing_port()) + "/"));
  CHECK(failure.kind != NetFailureKind::local);
}

TEST_CASE("what is not HTTP is malformed") {
  const std::string answer = GENERATE(
      as<std::string>{}, "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 abc\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
      "HTTP/1.1 200 OK\r\nbad header\r\n\r\n", "<html>hello</html>\r\n\r\n");
  LoopbackServer server{answering(answer)};
  const NetFailure failure = failure_of(get(server.url()));
  CHECK(failure.kind == NetFailureKind::malformed);
  CHECK_THAT(failure.text, Catch::StartsWith("malformed HTTP from " + server.address()));
  CHECK(failure.answered);
}

TEST_CASE("a connection closed without or within an answer is told apart from a whole answer") {
  const auto [answer, text] = GENERATE(table<std::string, std::string>({
      {"", " closed the connection without an answer"},
      {"HTTP/1.1 200 OK\r\nConte", " closed the connection within its answer"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
       " closed the connection within its answer"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
       " closed the connection within its answer"},
  }));
  LoopbackServer server{answering(answer)};
  const NetFailure failure = failure_of(get(server.url()));
  CHECK(failure.kind == NetFailureKind::closed);
  CHECK(failure.text == server.address() + text);
  CHECK(failure.answered);
}

TEST_CASE("a reset within the answer is a reset") {
  LoopbackServer server{[](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    peer.reset();
  }};
  const NetFailure failure = failure_of(get(server.url()));
  CHECK(failure.kind == NetFailureKind::reset);
  CHECK(failure.answered);
}

TEST_CASE("an exchange takes a connection of its own, over the socket that another left") {
  std::atomic<int> resets = 0;
  LoopbackServer server{[&](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    char byte = 0;
    if (::recv(peer.socket(), &byte, 1, 0) < 0 && errno == ECONNRESET) ++resets;
  }};
  boost::asio::io_context context{1};
  const auto request = prepare_request(get(server.url()));
  REQUIRE(request.has_value());
  for (std::size_t each = 1; each <= 3; ++each) {
    std::optional<unsigned> status;
    start_http(context, *request, {}, [&](const HttpResult& result) { status = result.status; });
    while (!status && context.run_one() > 0) {
    }
    CHECK(status == 200U);
    CHECK(server.accepted() == each);
    CHECK(Network::of(context).sockets().idle() == 1);
  }
  while (resets < 3) std::this_thread::yield();
}

TEST_CASE("many exchanges at once get each its own answer") {
  LoopbackServer server{[](Peer& peer) {
    const std::string request = peer.read_request();
    const std::string path = request.substr(4, request.find(' ', 4) - 4);
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(path.size()) + "\r\n\r\n" +
              path);
  }};
  boost::asio::io_context context{1};
  constexpr int most = 300;
  constexpr int at_once = 60;
  int begun = 0;
  int done = 0;
  std::function<void()> begin = [&] {
    const std::string path = "/" + std::to_string(begun++);
    const auto request = prepare_request(get(server.url(path)));
    REQUIRE(request.has_value());
    start_http(context, *request, {}, [&, path](const HttpResult& result) {
      CHECK(result.body == path);
      ++done;
      if (begun < most) begin();
    });
  };
  while (begun < at_once) begin();
  while (done < most && context.run_one() > 0) {
  }
  CHECK(done == most);
  CHECK(Network::of(context).sockets().idle() <= at_once + 1);
}

TEST_CASE("http_call reports through its executor, never from inside the call") {
  LoopbackServer server{answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")};
  boost::asio::io_context context{1};
  const auto strand = boost::asio::make_strand(context);
  std::optional<unsigned> status;
  http_call(strand, get(server.url()), 5s, [&](const HttpResult& result) {
    CHECK(strand.running_in_this_thread());
    status = result.status;
  });
  CHECK_FALSE(status);
  while (!status && context.run_one() > 0) {
  }
  CHECK(status == 200U);
}

TEST_CASE("http_call tells a request that cannot be written") {
  boost::asio::io_context context{1};
  std::optional<NetFailure> failure;
  http_call(context.get_executor(), get("ftp://web.test/"), 5s,
            [&](const HttpResult& result) { failure = result.failure; });
  context.run();
  REQUIRE(failure);
  CHECK(failure->kind == NetFailureKind::local);
  CHECK(failure->text == "cannot use ftp://web.test/: only http and https are spoken");
}

TEST_CASE("a context destroyed with exchanges in flight leaves nothing open") {
  LoopbackServer server{[](Peer& peer) { peer.wait_until_closed(); }};
  const auto request = prepare_request(get(server.url()));
  REQUIRE(request.has_value());
  const Listener silent = listen_on_loopback(8);
  const std::size_t before = open_descriptors();
  {
    boost::asio::io_context context{1};
    for (int each = 0; each < 4; ++each) {
      start_http(context, *request, within(60s), [](const HttpResult&) { FAIL("never called"); });
    }
    while (server.accepted() < 4) context.poll();
  }
  const Peer unused{-1};
  // The server closes its own ends when it sees ours gone.
  while (open_descriptors() > before) std::this_thread::yield();
  CHECK(open_descriptors() <= before);
}
