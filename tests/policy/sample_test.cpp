// One whole rule file, right and then damaged.

#include <catch2/catch.hpp>
#include <random>

#include "policy/sample.hpp"
#include "policy/support.hpp"

using namespace heald;
using namespace heald::test;

namespace {

ProcessRuntime expected_process() {
  ProcessRuntime process;
  process.exec.command = {"nginx", "-g", "daemon off;"};
  process.exec.user = "www-data";
  process.exec.environment = {{"LANG", "C.UTF-8"}};
  process.pre_start = {{"nginx", "-t"}};
  process.stop = {Signal{3}, 10s};
  return process;
}

ProbePolicy expected_probe() {
  HttpProbe http;
  http.request.url = "http://127.0.0.1:8080/healthz";
  http.status = {{200, 200}};
  http.latency_below = 300ms;
  ProbePolicy probe;
  probe.name = "answers";
  probe.kind = http;
  probe.interval = 2s;
  probe.timeout = 500ms;
  probe.start_period = 10s;
  probe.source = "loopback";
  probe.address = "127.0.0.1:8080";
  return probe;
}

std::vector<RungPolicy> expected_ladder() {
  std::vector<RungPolicy> ladder(3);
  ladder[0].name = "reload";
  ladder[0].action = ReloadAction{};
  ladder[1].name = "restart";
  ladder[1].attempts = 2;
  ladder[1].verify = {{}, 15s, 5s};
  ladder[2].name = "rebuild";
  ReprovisionAction rebuild;
  rebuild.exec.command = {"/usr/local/lib/shop/rebuild-web"};
  ladder[2].action = rebuild;
  ladder[2].timeout = 2min;
  ladder[2].verify = {{}, 60s, 10s};
  ladder[2].destructive = true;
  return ladder;
}

// One to four octets changed, inserted or removed.
std::string damaged(std::string text, std::mt19937& random) {
  using namespace std::string_view_literals;
  static constexpr auto octets = "\0\t\n \"#&'*,-:<>?[]{}|!%@`~09azZ\x80\xc3\xff"sv;
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  for (std::size_t left = 1 + below(4); left > 0; --left) {
    const std::size_t at = below(text.size());
    const char octet = octets[below(octets.size())];
    switch (below(4)) {
      case 0: text[at] = octet; break;
      case 1: text.insert(at, 1, octet); break;
      case 2: text.erase(at, 1 + below(8)); break;
      default: text.insert(at, text.substr(below(text.size()), below(40))); break;
    }
    if (text.empty()) text = "a";
  }
  return text;
}

}  // namespace

TEST_CASE("the sample gives the policy that it describes") {
  const Policy policy = policy_of(sample);
  CHECK(policy.daemon.state_dir == "/var/lib/heald");
  CHECK(policy.daemon.telemetry == "127.0.0.1:4325");
  REQUIRE(policy.services.size() == 2);
  CHECK(policy.services[0]->remediation.size() == 1);
  ServicePolicy expected;
  expected.name = "web";
  expected.description = "Public storefront";
  expected.owner = "team-storefront";
  expected.runbook = "https://wiki.example/web";
  expected.group = "storefront";
  expected.labels = {{"tier", "front"}};
  expected.runtime = expected_process();
  DependencyPolicy redis;
  redis.service = "redis";
  expected.depends_on = {redis};
  expected.probes = {expected_probe()};
  expected.remediation = expected_ladder();
  expected.limits = {6, 10min};
  expected.notify.to = {"oncall"};
  CHECK(policy.services[1]->process()->exec == expected.process()->exec);
  CHECK(policy.services[1]->probes == expected.probes);
  CHECK(policy.services[1]->remediation == expected.remediation);
  CHECK(*policy.services[1] == expected);
}

TEST_CASE("the sample, damaged in thousands of ways, gives a policy or problems") {
  constexpr unsigned seed = 20'240;
  std::mt19937 random{seed};
  std::size_t good = 0;
  for (int round = 0; round < 4000; ++round) {
    const std::string text = damaged(std::string{sample}, random);
    const Loaded loaded = parse_rules(text, "r");
    INFO("seed " << seed << ", round " << round << "\n" << text);
    REQUIRE(loaded.policy.has_value() == loaded.problems.empty());
    good += loaded.policy ? 1 : 0;
  }
  // Both happen, or the damage is too little or too much to tell anything.
  CHECK(good > 100);
  CHECK(good < 3900);
}

TEST_CASE("the sample, cut off anywhere, does not hang or fail otherwise") {
  for (std::size_t length = 0; length < sample.size(); length += 3) {
    const Loaded loaded = parse_rules(sample.substr(0, length), "r");
    REQUIRE(loaded.policy.has_value() == loaded.problems.empty());
  }
}
