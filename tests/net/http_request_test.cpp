#include "net/http_request.hpp"

#include <catch2/catch.hpp>

using namespace heald;

namespace {

HttpRequestPolicy get(std::string url) {
  HttpRequestPolicy policy;
  policy.url = std::move(url);
  return policy;
}

std::string why_not(const HttpRequestPolicy& policy) {
  const auto request = prepare_request(policy);
  REQUIRE_FALSE(request.has_value());
  return request.error().message;
}

}  // namespace

TEST_CASE("a URL becomes a target and a request line") {
  const auto request = prepare_request(get("http://web.test"));
  REQUIRE(request.has_value());
  CHECK((*request)->target->name() == "web.test:80");
  CHECK_FALSE((*request)->target->tls);
  CHECK((*request)->text ==
        "GET / HTTP/1.1\r\nHost: web.test\r\nUser-Agent: heald\r\nAccept: */*\r\n"
        "Connection: close\r\n\r\n");
}

TEST_CASE("https means TLS and port 443, an address needs no lookup") {
  const auto request = prepare_request(get("https://[::1]/x?y#z"));
  REQUIRE(request.has_value());
  CHECK((*request)->target->name() == "[::1]:443");
  CHECK((*request)->target->tls);
  CHECK((*request)->target->literal);
  CHECK_THAT((*request)->text, Catch::StartsWith("GET /x?y HTTP/1.1\r\nHost: [::1]\r\n"));
}

TEST_CASE("headers of the rule replace our own") {
  HttpRequestPolicy policy = get("http://127.0.0.1:8080/");
  policy.method = "POST";
  policy.headers = {{"host", "shop.test"}, {"X-Probe", "1"}};
  policy.body = "{}";
  const auto request = prepare_request(policy);
  REQUIRE(request.has_value());
  const std::string& text = (*request)->text;
  CHECK_THAT(text, Catch::Contains("host: shop.test\r\n"));
  CHECK_THAT(text, !Catch::Contains("Host: "));
  CHECK_THAT(text, Catch::Contains("X-Probe: 1\r\n"));
  CHECK_THAT(text, Catch::Contains("Content-Length: 2\r\n"));
  CHECK_THAT(text, Catch::EndsWith("\r\n\r\n{}"));
}

TEST_CASE("a user in the URL is told by a header") {
  const auto request = prepare_request(get("http://aladdin:open%20sesame@web.test/"));
  REQUIRE(request.has_value());
  CHECK_THAT((*request)->text,
             Catch::Contains("Authorization: Basic YWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
  CHECK_THAT((*request)->text, Catch::Contains("Host: web.test\r\n"));
}

TEST_CASE("what cannot be written as HTTP is refused, with the reason") {
  CHECK_THAT(why_not(get("not a url")), Catch::StartsWith("cannot use not a url as a URL: "));
  CHECK(why_not(get("http:///x")) == "cannot use http:///x: it names no host");
  CHECK(why_not(get("http://web.test:0/")) ==
        "cannot use http://web.test:0/: its port is not 1 to 65535");
  CHECK(why_not(get("http://web.test:70000/")) ==
        "cannot use http://web.test:70000/: its port is not 1 to 65535");
  HttpRequestPolicy split = get("http://web.test/");
  split.headers = {{"X-A", "1\r\nX-B: 2"}};
  CHECK(why_not(split) == "cannot send a request to http://web.test/: bad header X-A");
  HttpRequestPolicy method = get("http://web.test/");
  method.method = "GET /x";
  CHECK(why_not(method) == "cannot send a request to http://web.test/: bad method GET /x");
}

TEST_CASE("a redirect of the same origin stays on the unix socket, another one leaves it") {
  HttpRequestPolicy policy;
  policy.url = "http://web.test/old";
  policy.socket = "/run/web.sock";
  const auto request = prepare_request(policy);
  REQUIRE(request.has_value());
  CHECK((*request)->target->name() == "/run/web.sock");
  const auto same = redirected(**request, 302, "/new");
  REQUIRE(same.has_value());
  CHECK((*same)->target->name() == "/run/web.sock");
  const auto secure = redirected(**request, 302, "https://web.test/new");
  REQUIRE(secure.has_value());
  CHECK((*secure)->target->name() == "web.test:443");
  const auto other = redirected(**request, 302, "http://shop.test/");
  REQUIRE(other.has_value());
  CHECK((*other)->target->name() == "shop.test:80");
}
