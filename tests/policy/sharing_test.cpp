#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "heald/shared.hpp"
#include "policy/load.hpp"

using namespace heald;

namespace {

using Numbers = Shared<std::vector<int>>;

/// The services of rules that are good ones.
std::vector<std::shared_ptr<const ServicePolicy>> services_of(const std::string& rules) {
  auto loaded = parse_rules(rules, "rules.yaml");
  REQUIRE(loaded.policy);
  return std::move(loaded.policy->services);
}

}  // namespace

TEST_CASE("a shared value is one until it is written to") {
  Numbers one{1, 2, 3};
  Numbers other = one;
  CHECK(one.shares_with(other));
  other.push_back(4);
  CHECK_FALSE(one.shares_with(other));
  CHECK(one.get() == std::vector{1, 2, 3});
  CHECK(other.get() == std::vector{1, 2, 3, 4});
  one.push_back(4);
  CHECK(one == other);
}

TEST_CASE("an empty shared value is nothing, and equal to one that was emptied") {
  Numbers emptied{1};
  emptied.own().clear();
  CHECK(emptied == Numbers{});
  CHECK(Numbers(std::vector<int>{}).shares_with(Numbers{}));
}

TEST_CASE("what the rules of several services have in common is one in memory") {
  const auto services = services_of(R"(
services:
  a: {process: {command: [x], environment: {A: "1"}}, labels: {team: web}}
  b: {process: {command: [y], environment: {A: "1"}}, labels: {team: web}}
  c: {process: {command: [z], environment: {A: "2"}}, labels: {team: db}}
)");
  const ServicePolicy& a = *services[0];
  const ServicePolicy& b = *services[1];
  const ServicePolicy& c = *services[2];
  CHECK(a.remediation.size() == 1);
  CHECK(a.remediation.shares_with(c.remediation));
  CHECK(a.notify.on.shares_with(c.notify.on));
  CHECK(a.process()->exit.success.shares_with(c.process()->exit.success));
  CHECK(a.labels.shares_with(b.labels));
  CHECK(a.process()->exec.environment.shares_with(b.process()->exec.environment));
  CHECK(a.process()->exec.environment.at("A") == "1");
  CHECK(c.labels.at("team") == "db");
  CHECK(c.process()->exec.environment.at("A") == "2");
}
