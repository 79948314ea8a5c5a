#include "probe/prepared.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <mutex>

#include "probe/watch.hpp"
#include "support/loopback_server.hpp"
#include "support/temporary_folder.hpp"

using namespace heald;
using namespace heald::test;

namespace {

ProbeOrder order_for(std::shared_ptr<const ServicePolicy> policy) {
  ProbeOrder order;
  order.policy = std::move(policy);
  return order;
}

std::shared_ptr<const ServicePolicy> service(std::string url) {
  // Apart from its count of owners: weak owners do not keep the place from being given out again.
  return std::shared_ptr<const ServicePolicy>{
      std::make_unique<ServicePolicy>(*service_with(http_probe(std::move(url))))};
}

/// Answers, and keeps what it was asked.
class Listening {
 public:
  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] std::string last() {
    const std::lock_guard lock{mutex_};
    return last_;
  }

 private:
  std::mutex mutex_;
  std::string last_;
  LoopbackServer server_{[this](Peer& peer) {
    std::string request = peer.read_request();
    {
      const std::lock_guard lock{mutex_};
      last_ = std::move(request);
    }
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    peer.wait_until_closed();
  }};
};

std::string complaint(ProbeKind kind) {
  const PreparedLook look = prepare_look(service_with(std::move(kind))->probes.front());
  REQUIRE_FALSE(look.has_value());
  return look.error().message;
}

}  // namespace

TEST_CASE("headers are filled in from heald's environment, and nothing else is") {
  Listening server;
  HttpProbe probe = http_probe(server.url());
  probe.request.method = "POST";
  probe.request.headers = {{"Authorization", "Bearer ${HEALD_TEST_SECRET}"}};
  probe.request.body = "${HEALD_TEST_SECRET}";
  CHECK(complaint(probe) ==
        "header Authorization: the environment variable HEALD_TEST_SECRET is not set");
  ::setenv("HEALD_TEST_SECRET", "hunter2", 1);
  Watch watch;
  const Observation seen = watch.look(service_with(probe));
  ::unsetenv("HEALD_TEST_SECRET");
  CHECK(seen.outcome == Outcome::pass);
  CHECK(server.last().find("\r\nAuthorization: Bearer hunter2\r\n") != std::string::npos);
  CHECK(server.last().ends_with("\r\n\r\n${HEALD_TEST_SECRET}"));
}

TEST_CASE("a header out of a file is what stands there at each look") {
  TemporaryFolder folder;
  Listening server;
  HttpProbe probe = http_probe(server.url());
  probe.request.header_files = {{"X-Key", folder.write("key", "one\n")}};
  const auto policy = service_with(probe);
  Watch watch;
  auto sends = [&, looks = std::size_t{0}](const std::string& line) mutable {
    watch.start(policy);
    watch.await(++looks);
    return server.last().find("\r\n" + line + "\r\n") != std::string::npos;
  };
  CHECK(sends("X-Key: one"));
  static_cast<void>(folder.write("key", "two\n"));
  CHECK(sends("X-Key: two"));
  static_cast<void>(folder.write("key", "two\r\nX-Evil: three\n"));
  CHECK(complaint(probe) ==
        "header X-Key: cannot use " + folder.file("key") + ": it is not one line");
}

TEST_CASE("a file that was missing is looked for again") {
  TemporaryFolder folder;
  Listening server;
  HttpProbe probe = http_probe(server.url());
  probe.request.header_files = {{"X-Key", folder.file("key")}};
  const auto policy = service_with(probe);
  Watch watch;
  watch.start(policy);
  CHECK(watch.await(1).back().outcome == Outcome::unknown);
  static_cast<void>(folder.write("key", "one\n"));
  watch.start(policy);
  CHECK(watch.await(2).back().outcome == Outcome::pass);
}

TEST_CASE("rules are prepared once per policy object") {
  PreparedLooks looks;
  const auto policy = service("http://127.0.0.1:1/");
  const auto first = looks.of(order_for(policy)).value();
  CHECK(looks.of(order_for(policy)).value() == first);
  const auto other = service("http://127.0.0.1:1/");
  CHECK(looks.of(order_for(other)).value() != first);
}

TEST_CASE("a policy that is gone is not mistaken for one at the same place") {
  PreparedLooks looks;
  // Many generations of one service: the allocator gives addresses out again.
  std::shared_ptr<const Look> last;
  for (int generation = 1; generation <= 500; ++generation) {
    const auto policy = service("http://127.0.0.1:1/");
    auto look = looks.of(order_for(policy)).value();
    REQUIRE(look != last);
    last = std::move(look);
  }
}

TEST_CASE("rules that cannot be carried out say why") {
  CHECK(complaint(http_probe("gopher://x/")) ==
        "cannot use gopher://x/: only http and https are spoken");
  HttpProbe regex = http_probe("http://127.0.0.1/");
  regex.body.matches = "[";
  CHECK_THAT(complaint(regex), Catch::StartsWith("cannot read the regular expression ["));
}
