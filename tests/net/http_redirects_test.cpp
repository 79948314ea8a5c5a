#include <mutex>
#include <vector>

#include "net/fetch.hpp"
#include "support/loopback_server.hpp"

using namespace heald;
using namespace heald::test;

namespace {

std::string redirect_to(std::string_view location, std::string_view status = "302 Found") {
  return "HTTP/1.1 " + std::string{status} + "\r\nLocation: " + std::string{location} +
         "\r\nContent-Length: 0\r\n\r\n";
}

HttpOptions following(std::uint32_t redirects) {
  HttpOptions options;
  options.max_redirects = redirects;
  return options;
}

}  // namespace

TEST_CASE("a redirect is an answer like any other by default") {
  LoopbackServer server{[](Peer& peer) {
    peer.read_request();
    peer.send(redirect_to("/elsewhere"));
  }};
  CHECK(fetch(get(server.url())).status == 302);
  CHECK(server.accepted() == 1);
}

TEST_CASE("redirects are followed, relative and absolute ones") {
  std::string base;
  LoopbackServer server{[&](Peer& peer) {
    const std::string request = peer.read_request();
    if (request.starts_with("GET /a/first ")) peer.send(redirect_to("second?x=1"));
    if (request.starts_with("GET /a/second?x=1 ")) peer.send(redirect_to(base + "third#part"));
    if (request.starts_with("GET /third ")) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
    }
  }};
  base = server.url();
  const HttpResult result = fetch(get(server.url("/a/first")), following(2));
  CHECK_FALSE(result.failure);
  CHECK(result.status == 200);
  CHECK(result.body == "done");
}

TEST_CASE("a loop of redirects ends by the limit") {
  LoopbackServer server{[](Peer& peer) {
    peer.read_request();
    peer.send(redirect_to("/again"));
  }};
  const NetFailure failure = failure_of(get(server.url()), following(5));
  CHECK(failure.kind == NetFailureKind::limit);
  CHECK(failure.text == "more than 5 redirects, the last to /again");
  CHECK(failure.answered);
  CHECK(server.accepted() == 6);
}

TEST_CASE("all redirects share one deadline") {
  LoopbackServer server{[](Peer& peer) {
    peer.read_request();
    if (!peer.closed_within(30)) peer.send(redirect_to("/again"));
  }};
  HttpOptions options = following(1000);
  options.timeout = 150ms;
  CHECK(failure_of(get(server.url()), options).kind == NetFailureKind::timed_out);
  CHECK(server.accepted() < 10);
}

TEST_CASE("a redirect to a refusing port, a bad URL or another scheme is told") {
  const auto [location, kind] = GENERATE(table<std::string, NetFailureKind>({
      {"http://127.0.0.1:" + std::to_string(refusing_port()) + "/", NetFailureKind::refused},
      {"http://[bad", NetFailureKind::malformed},
      {"file:///etc/passwd", NetFailureKind::malformed},
  }));
  LoopbackServer server{[&](Peer& peer) {
    peer.read_request();
    peer.send(redirect_to(location));
  }};
  CHECK(failure_of(get(server.url()), following(3)).kind == kind);
}

TEST_CASE("POST turns into GET after 303 and stays POST after 307") {
  const auto [status, method] = GENERATE(table<std::string, std::string>(
      {{"303 See Other", "GET"}, {"302 Found", "GET"}, {"307 Temporary Redirect", "POST"}}));
  std::string second;
  LoopbackServer server{[&](Peer& peer) {
    const std::string request = peer.read_request();
    if (request.starts_with("POST /first ")) return void(peer.send(redirect_to("/next", status)));
    second = request;
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }};
  HttpRequestPolicy policy = get(server.url("/first"));
  policy.method = "POST";
  policy.body = "data";
  CHECK(fetch(policy, following(1)).status == 200);
  CHECK_THAT(second, Catch::StartsWith(method + " /next "));
}

TEST_CASE("credentials do not follow to another origin") {
  std::string other_saw;
  LoopbackServer other{[&](Peer& peer) {
    other_saw = peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }};
  std::string same_saw;
  LoopbackServer server{[&](Peer& peer) {
    const std::string request = peer.read_request();
    if (request.starts_with("GET /here ")) return void(peer.send(redirect_to("/there")));
    same_saw = request;
    peer.send(redirect_to(other.url()));
  }};
  HttpRequestPolicy policy = get(server.url("/here"));
  policy.headers = {{"authorization", "Bearer secret"}, {"X-Kept", "yes"}, {"X-Key", "secret"}};
  policy.header_files = {{"x-key", "where it came from"}};
  CHECK(fetch(policy, following(2)).status == 200);
  CHECK_THAT(same_saw, Catch::Contains("secret"));
  CHECK_THAT(other_saw, !Catch::Contains("secret"));
  CHECK_THAT(other_saw, Catch::Contains("X-Kept: yes"));
}
