#include "net/resolver.hpp"

#include "net/fetch.hpp"
#include "support/loopback_server.hpp"
#include "support/names.hpp"

using namespace heald;
using namespace heald::test;

namespace {

LoopbackServer::Script fine() {
  return [](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  };
}

}  // namespace

TEST_CASE("a name is looked up, then talked to") {
  LoopbackServer server{fine()};
  const HttpResult result = fetch(get("http://web.test:" + std::to_string(server.port()) + "/"));
  CHECK_FALSE(result.failure);
  CHECK(result.status == 200);
  CHECK(result.timings.resolved > 0ns);
}

TEST_CASE("a name without an address is no answer") {
  const NetFailure failure = failure_of(get("http://nowhere.test/"));
  CHECK(failure.kind == NetFailureKind::unresolved);
  CHECK_THAT(failure.text, Catch::StartsWith("cannot resolve nowhere.test: "));
  CHECK_FALSE(failure.answered);
}

TEST_CASE("the next address is tried when one refuses") {
  LoopbackServer server{fine()};  // on 127.0.0.1, the second address
  CHECK(fetch(get("http://two.test:" + std::to_string(server.port()) + "/")).status == 200);
}

TEST_CASE("when every address refuses, it is refused") {
  const NetFailure failure =
      failure_of(get("http://two.test:" + std::to_string(refusing_port()) + "/"));
  CHECK(failure.kind == NetFailureKind::refused);
  CHECK(failure.answered);
}

TEST_CASE("a lookup that hangs ends by the deadline") {
  const HangingNames hanging;
  const NetFailure failure = failure_of(get("http://hangs.test/"), within(50ms));
  CHECK(failure.kind == NetFailureKind::timed_out);
  CHECK(failure.text == "no answer within 50 ms (looking up hangs.test)");
  CHECK_FALSE(failure.answered);
}

TEST_CASE("a lookup that hangs does not hold up other names") {
  const HangingNames hanging;
  LoopbackServer server{fine()};
  boost::asio::io_context context{1};
  const auto stuck = prepare_request(get("http://hangs-too.test/"));
  REQUIRE(stuck.has_value());
  start_http(context, *stuck, within(60s), [](const HttpResult&) { FAIL("it hangs"); });
  context.poll();
  CHECK(fetch(get("http://web.test:" + std::to_string(server.port()) + "/")).status == 200);
}

TEST_CASE("a name that many ask for at once is looked up once") {
  std::optional<HangingNames> hanging{std::in_place};
  const auto request = prepare_request(get("http://hangs-shared.test/"));
  REQUIRE(request.has_value());
  boost::asio::io_context context{1};
  int ended = 0;
  for (int each = 0; each < 100; ++each) {
    start_http(context, *request, within(60s), [&](const HttpResult& result) {
      CHECK(result.failure->kind == NetFailureKind::unresolved);
      ++ended;
    });
  }
  hanging.reset();
  while (ended < 100 && context.run_one() > 0) {
  }
  CHECK(ended == 100);
  CHECK(lookups_of("hangs-shared.test") == 1);
}
