#include "probe/prepared.hpp"

#include <catch2/catch.hpp>

#include "support/temporary_folder.hpp"

using namespace heald;

namespace {

ProbePolicy http_probe(std::string url) {
  ProbePolicy probe;
  probe.name = "answers";
  HttpProbe kind;
  kind.request.url = std::move(url);
  probe.kind = std::move(kind);
  return probe;
}

ProbeOrder order_for(std::shared_ptr<const ServicePolicy> policy) {
  ProbeOrder order;
  order.policy = std::move(policy);
  return order;
}

std::shared_ptr<const ServicePolicy> service(std::string url) {
  ServicePolicy policy;
  policy.name = "web";
  policy.probes = {http_probe(std::move(url))};
  // Apart from its count of owners: weak owners do not keep the place from being given out again.
  return std::shared_ptr<const ServicePolicy>{std::make_unique<ServicePolicy>(std::move(policy))};
}

const HttpRequest* request_of(const PreparedProbe& prepared) {
  return std::get<PreparedHttp>(prepared).request.get();
}

}  // namespace

TEST_CASE("headers are filled in from heald's environment, and nothing else is") {
  ProbePolicy probe = http_probe("http://127.0.0.1:1/");
  auto& request = std::get<HttpProbe>(probe.kind).request;
  request.method = "POST";
  request.headers = {{"Authorization", "Bearer ${HEALD_TEST_SECRET}"}};
  request.body = "${HEALD_TEST_SECRET}";
  CHECK(std::get<Unusable>(prepare(probe)).why ==
        "header Authorization: the environment variable HEALD_TEST_SECRET is not set");
  ::setenv("HEALD_TEST_SECRET", "hunter2", 1);
  const std::string message = std::get<PreparedHttp>(prepare(probe)).request->text;
  ::unsetenv("HEALD_TEST_SECRET");
  CHECK(message.find("\r\nAuthorization: Bearer hunter2\r\n") != std::string::npos);
  CHECK(message.ends_with("\r\n\r\n${HEALD_TEST_SECRET}"));
}

TEST_CASE("a header out of a file is what stands there at each look") {
  heald::test::TemporaryFolder folder;
  ProbePolicy probe = http_probe("http://127.0.0.1:1/");
  std::get<HttpProbe>(probe.kind).request.header_files = {{"X-Key", folder.write("key", "one\n")}};
  ServicePolicy with_key;
  with_key.probes = {probe};
  const auto policy = std::make_shared<const ServicePolicy>(with_key);
  PreparedProbes probes;
  const auto sends = [&](const std::string& line) {
    return request_of(probes.of(order_for(policy)))->text.find("\r\n" + line + "\r\n") !=
           std::string::npos;
  };
  CHECK(sends("X-Key: one"));
  static_cast<void>(folder.write("key", "two\n"));
  CHECK(sends("X-Key: two"));
  static_cast<void>(folder.write("key", "two\r\nX-Evil: three\n"));
  CHECK(std::get<Unusable>(probes.of(order_for(policy))).why ==
        "header X-Key: cannot use " + folder.file("key") + ": it is not one line");
}

TEST_CASE("rules are prepared once per policy object") {
  PreparedProbes probes;
  const auto policy = service("http://127.0.0.1:1/");
  const HttpRequest* first = request_of(probes.of(order_for(policy)));
  CHECK(request_of(probes.of(order_for(policy))) == first);
  const auto other = service("http://127.0.0.1:2/");
  CHECK(request_of(probes.of(order_for(other)))->target->port == 2);
}

TEST_CASE("a policy that is gone is not mistaken for one at the same place") {
  PreparedProbes probes;
  // Many generations of one service: the allocator gives addresses out again.
  for (std::uint16_t port = 1; port <= 500; ++port) {
    const auto policy = service("http://127.0.0.1:" + std::to_string(port) + "/");
    REQUIRE(request_of(probes.of(order_for(policy)))->target->port == port);
  }
}

TEST_CASE("rules that cannot be carried out say why") {
  const PreparedProbe url = prepare(http_probe("gopher://x/"));
  CHECK(std::get<Unusable>(url).why == "cannot use gopher://x/: only http and https are spoken");
  ProbePolicy regex = http_probe("http://127.0.0.1/");
  std::get<HttpProbe>(regex.kind).body.matches = "[";
  CHECK_THAT(std::get<Unusable>(prepare(regex)).why,
             Catch::StartsWith("cannot read the regular expression ["));
}
