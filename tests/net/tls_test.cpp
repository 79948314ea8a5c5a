#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "net/fetch.hpp"
#include "net/network.hpp"
#include "support/tls_server.hpp"

using namespace heald;
using namespace heald::test;

namespace {

void serve_ok(TlsPeer& peer) {
  peer.read_request();
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  peer.under().wait_until_closed();
}

HttpRequestPolicy trusting(const Authority& authority, std::string url) {
  HttpRequestPolicy policy = get(std::move(url));
  policy.tls.ca_file = authority.file();
  return policy;
}

}  // namespace

TEST_CASE("a certificate that holds lets the request through") {
  const Authority authority;
  std::string named;
  TlsServer server{authority, {}, [&](TlsPeer& peer) {
                     named = peer.server_name();
                     serve_ok(peer);
                   }};
  SECTION("for the address, which is not sent as a name") {
    const HttpResult result = fetch(trusting(authority, server.url()));
    CHECK_FALSE(result.failure);
    CHECK(result.body == "ok");
    CHECK(result.timings.secured > result.timings.connected);
    CHECK(named.empty());
  }
  SECTION("for the name in the URL") {
    CHECK(fetch(trusting(authority, server.url("web.test"))).status == 200);
    CHECK(named == "web.test");
  }
  SECTION("for the name that the rule gives") {
    HttpRequestPolicy policy = trusting(authority, server.url());
    policy.tls.server_name = "web.test";
    CHECK(fetch(policy).status == 200);
    CHECK(named == "web.test");
  }
}

namespace {

/// What a thread sees of a server, look by look.
class Looks {
 public:
  explicit Looks(HttpRequestPolicy policy) : policy_(std::move(policy)) {}

  /// Whether the handshake took an earlier session up.
  bool resumed() {
    HttpOptions options;
    options.trace = std::make_shared<std::vector<LookPhase>>();
    std::optional<HttpResult> result;
    start_http(context_, *prepare_request(policy_), options,
               [&](HttpResult each) { result = std::move(each); });
    context_.restart();
    while (!result && context_.run_one() > 0) {
    }
    REQUIRE(result);
    CHECK(result->status == 200);
    const auto secured = std::ranges::find(*options.trace, "secured", &LookPhase::name);
    REQUIRE(secured != options.trace->end());
    return secured->text.find(", resumed") != std::string::npos;
  }
  HttpRequestPolicy& policy() { return policy_; }
  Network& network() { return Network::of(context_); }

 private:
  boost::asio::io_context context_{1};
  HttpRequestPolicy policy_;
};

}  // namespace

TEST_CASE("a look takes the session of the one before it up") {
  const Authority authority;
  TlsServer server{authority, {}, serve_ok};
  Looks looks{trusting(authority, server.url())};
  CHECK_FALSE(looks.resumed());
  CHECK(looks.resumed());
  CHECK(looks.resumed());
  SECTION("but not for another name") {
    looks.policy().tls.server_name = "web.test";
    CHECK_FALSE(looks.resumed());
  }
  SECTION("nor where the certificate is checked otherwise") {
    looks.policy().tls.verify = false;
    CHECK_FALSE(looks.resumed());
  }
  SECTION("nor once the certificate was shown too long ago") {
    looks.network().tls_sessions() = TlsSessions{0ms};
    CHECK_FALSE(looks.resumed());
    CHECK_FALSE(looks.resumed());
  }
  SECTION("nor on another thread") {
    CHECK_FALSE(Looks{looks.policy()}.resumed());
  }
}

TEST_CASE("a session whose certificate has expired is not taken up") {
  using std::chrono::hours;
  const Authority authority;
  TlsServer server{authority, {.valid_from = hours{-48}, .valid_until = hours{-24}}, serve_ok};
  Looks looks{trusting(authority, server.url())};
  looks.policy().tls.verify = false;
  CHECK_FALSE(looks.resumed());
  CHECK_FALSE(looks.resumed());
}

TEST_CASE("a session is taken up for a bounded time, however often it was") {
  const Authority authority;
  TlsServer server{authority, {}, serve_ok};
  Looks looks{trusting(authority, server.url())};
  looks.network().tls_sessions() = TlsSessions{300ms};
  const auto begun = std::chrono::steady_clock::now();
  CHECK_FALSE(looks.resumed());
  while (looks.resumed()) REQUIRE(std::chrono::steady_clock::now() < begun + 10s);
  CHECK(std::chrono::steady_clock::now() >= begun + 300ms);
}

TEST_CASE("a certificate that does not hold is named as the failure") {
  using std::chrono::hours;
  const auto [wish, why] = GENERATE(table<CertificateWish, std::string>({
      {{.valid_from = hours{-48}, .valid_until = hours{-24}}, "certificate has expired"},
      {{.valid_from = hours{24}, .valid_until = hours{48}}, "certificate is not yet valid"},
      {{.names = "DNS:other.test"}, "hostname mismatch"},
      {{.issuer = CertificateWish::Issuer::itself}, "self-signed certificate"},
  }));
  const Authority authority;
  TlsServer server{authority, wish, serve_ok};
  const HttpRequestPolicy policy = trusting(authority, server.url("web.test"));
  const NetFailure failure = failure_of(policy);
  CHECK(failure.kind == NetFailureKind::tls);
  CHECK_THAT(failure.text, Catch::StartsWith("no TLS with 127.0.0.1:"));
  CHECK_THAT(failure.text, Catch::EndsWith(": " + why));
  CHECK(failure.answered);

  HttpRequestPolicy careless = policy;
  careless.tls.verify = false;
  CHECK(fetch(careless).status == 200);
}

TEST_CASE("a certificate that expires too soon is told while it still holds") {
  const Authority authority;
  TlsServer server{authority, {.valid_until = std::chrono::hours{72}}, serve_ok};
  HttpRequestPolicy policy = trusting(authority, server.url());
  policy.tls.valid_for = std::chrono::hours{71};
  CHECK(fetch(policy).status == 200);
  policy.tls.valid_for = std::chrono::hours{24 * 14};
  const HttpResult result = fetch(policy);
  REQUIRE(result.failure);
  CHECK(result.failure->kind == NetFailureKind::tls);
  CHECK(result.failure->answered);
  CHECK_THAT(result.failure->text,
             Catch::StartsWith("the certificate of CN=web.test, until ") &&
                 Catch::EndsWith(", is not valid for 14 days more"));
  SECTION("whether or not it is verified") {
    policy.tls.verify = false;
    CHECK(fetch(policy).failure);
  }
}

TEST_CASE("a certificate for thousands of years is valid for long enough") {
  const Authority authority;
  TlsServer server{authority, {.valid_until = std::chrono::hours{24 * 365 * 7000}}, serve_ok};
  HttpRequestPolicy policy = trusting(authority, server.url());
  policy.tls.valid_for = std::chrono::hours{24 * 14};
  CHECK(fetch(policy).status == 200);
}

TEST_CASE("a certificate of ours that cannot be used is our own failure") {
  const Authority authority;
  const TemporaryFolder folder;
  TlsServer server{authority, {}, serve_ok};
  HttpRequestPolicy policy = trusting(authority, server.url());
  policy.tls.certificate_file = policy.tls.key_file = folder.file("own.pem");
  const NetFailure missing = failure_of(policy);
  CHECK(missing.kind == NetFailureKind::local);
  CHECK(missing.text ==
        "cannot read certificate " + folder.file("own.pem") + ": No such file or directory");
  static_cast<void>(folder.write("own.pem", "no certificate\n"));
  CHECK_THAT(failure_of(policy).text,
             Catch::StartsWith("cannot use certificate " + folder.file("own.pem") + ": "));
}

TEST_CASE("the system's roots do not vouch for an authority of ours") {
  const Authority authority;
  TlsServer server{authority, {}, serve_ok};
  const NetFailure failure = failure_of(get(server.url()));
  CHECK(failure.kind == NetFailureKind::tls);
  CHECK_THAT(failure.text, Catch::Contains("unable to get local issuer certificate"));
}

TEST_CASE("a missing or empty CA file is our own failure") {
  const Authority authority;
  TlsServer server{authority, {}, serve_ok};
  HttpRequestPolicy policy = get(server.url());
  policy.tls.ca_file = GENERATE("/nonexistent/ca.pem", "/dev/null");
  const NetFailure failure = failure_of(policy);
  CHECK(failure.kind == NetFailureKind::local);
  CHECK_THAT(failure.text, Catch::Contains(policy.tls.ca_file));
}

TEST_CASE("a server that does not speak TLS is a TLS failure") {
  LoopbackServer server{[](Peer& peer) {
    peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    peer.wait_until_closed();
  }};
  const NetFailure failure = failure_of(get("https://" + server.address() + "/"));
  CHECK(failure.kind == NetFailureKind::tls);
  CHECK_THAT(failure.text, Catch::EndsWith("wrong version number"));
}

TEST_CASE("a handshake that is not answered ends by the deadline") {
  LoopbackServer server{[](Peer& peer) { peer.wait_until_closed(); }};
  const NetFailure failure = failure_of(get("https://" + server.address() + "/"), within(60ms));
  CHECK(failure.kind == NetFailureKind::timed_out);
  CHECK(failure.text ==
        "no answer within 60 ms (TLS handshake with " + server.address() + ")");
}

TEST_CASE("a body that ends with the connection needs no farewell of TLS") {
  const Authority authority;
  TlsServer server{authority, {}, [](TlsPeer& peer) {
                     peer.read_request();
                     peer.send("HTTP/1.0 200 OK\r\n\r\nto the end");
                   }};
  const HttpResult result = fetch(trusting(authority, server.url()));
  CHECK_FALSE(result.failure);
  CHECK(result.body == "to the end");
}

TEST_CASE("a large body comes whole over TLS") {
  const Authority authority;
  TlsServer server{authority, {}, [](TlsPeer& peer) {
                     peer.read_request();
                     peer.send("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" +
                               std::string(300000, 'x'));
                     peer.under().wait_until_closed();
                   }};
  CHECK(fetch(trusting(authority, server.url())).body.size() == 300000);
}

TEST_CASE("a dialogue is held over TLS") {
  const Authority authority;
  TlsServer server{authority, {}, [](TlsPeer& peer) {
                     peer.send("* OK IMAP ready\r\n");
                     peer.under().wait_until_closed();
                   }};
  TlsPolicy tls;
  tls.ca_file = authority.file();
  DialogueScript script;
  script.target = std::make_shared<const Target>("127.0.0.1", server.port(), tls);
  script.steps = {{DialogueStep::Kind::expect, "IMAP", {}}};
  const auto shared = std::make_shared<const DialogueScript>(std::move(script));
  const auto result = outcome_of<DialogueResult>([&](auto& context, auto done) {
    start_dialogue(context, shared, 10s, std::move(done));
  });
  CHECK_FALSE(result.failure);
}
