// `instances: N`.

#include <catch2/catch.hpp>

#include "policy/support.hpp"

using namespace heald;
using namespace heald::test;

using Lines = std::vector<std::string>;

namespace {

Lines names_in(const Policy& policy) {
  Lines names;
  for (const auto& service : policy.services) names.push_back(service->name);
  return names;
}

Lines dependencies_of(const ServicePolicy& service) {
  Lines names;
  for (const DependencyPolicy& edge : service.depends_on) names.push_back(edge.service);
  return names;
}

}  // namespace

TEST_CASE("instances are like services with numbered names") {
  const Policy policy = policy_of(
      "services:\n"
      "  db: {external: {}}\n"
      "  web:\n"
      "    instances: 3\n"
      "    description: number ${instance} of ${instance}\n"
      "    process: {command: [web, '--port=80${instance}', '$${instance}', '$${X}']}\n"
      "    probes: {p: {tcp: '127.0.0.1:80${instance}', failure_threshold: '${instance}'}}\n"
      "  one: {instances: 1, external: {}}\n"
      "  last: {external: {}}\n");
  CHECK(names_in(policy) == Lines{"db", "web-1", "web-2", "web-3", "one-1", "last"});
  const ServicePolicy& second = *policy.services.at(2);
  CHECK(second.description == "number 2 of 2");
  CHECK(second.process()->exec.command == Argv{"web", "--port=802", "${instance}", "${X}"});
  CHECK(std::get<TcpProbe>(second.probes.at(0).kind).port == 802);
  CHECK(second.probes.at(0).address == "127.0.0.1:802");
}

TEST_CASE("a number may be an instance's") {
  const Policy policy = policy_of(
      "services: {web: {instances: 2, external: {}, limits: {actions: '${instance}'}}}");
  CHECK(policy.services.at(1)->limits.actions == 2);
}

TEST_CASE("depending on a name with instances is depending on each of them") {
  const Policy policy = policy_of(
      "services:\n"
      "  proxy: {external: {}, depends_on: {web: {until: started, gate: false}, db: {}}}\n"
      "  web: {instances: 2, external: {}, depends_on: ['side-${instance}']}\n"
      "  side: {instances: 2, external: {}}\n"
      "  db: {external: {}}\n"
      "  one: {external: {}, depends_on: [web-2]}\n");
  CHECK(dependencies_of(*policy.services.at(0)) == Lines{"web-1", "web-2", "db"});
  CHECK(policy.services.at(0)->depends_on.at(1).until == DependencyUntil::started);
  CHECK_FALSE(policy.services.at(0)->depends_on.at(1).gate);
  CHECK(dependencies_of(*policy.services.at(1)) == Lines{"side-1"});
  CHECK(dependencies_of(*policy.services.at(2)) == Lines{"side-2"});
  CHECK(dependencies_of(*policy.services.at(6)) == Lines{"web-2"});
}

TEST_CASE("a cycle through instances is a cycle") {
  const Lines problems = problems_of(
      "services:\n"
      "  a: {external: {}, depends_on: [b]}\n"
      "  b: {instances: 2, external: {}, depends_on: [a]}\n");
  REQUIRE_FALSE(problems.empty());
  CHECK(problems.front() == "r:3:48: dependency cycle: a -> b-1 -> a");
}

TEST_CASE("what is wrong with instances is told once, where it stands") {
  CHECK(problems_of("services:\n"
                    "  web: {instances: 300, external: {}, ownr: red, depends_on: [nothing]}\n") ==
        Lines{"r:2:39: unknown key 'ownr' in service; did you mean 'owner'?",
              "r:2:63: there is no service 'nothing'"});
  CHECK(problems_of("services: {web: {instances: 2, external: {}, group: none}}") ==
        Lines{"r:1:53: there is no group 'none'"});
  // The tenth of them is the first that is wrong.
  CHECK(problems_of("services: {web: {instances: 12, external: {}, probes: {p: {tcp: "
                    "'h:6553${instance}'}}}}") ==
        Lines{"r:1:65: 'h:65536' is not an address; expected HOST:PORT, such as 127.0.0.1:6379"});
}

TEST_CASE("the number of instances has bounds, and only they have numbers") {
  CHECK(complaint_of("external: {}, instances: 0") ==
        "'0' is not a whole number from 1 to 1000");
  CHECK(complaint_of("external: {}, instances: 1001") ==
        "'1001' is not a whole number from 1 to 1000");
  CHECK(complaint_of("external: {}, owner: 'a${instance}'") ==
        "'${instance}' stands for a number only in a service with 'instances'");
  CHECK(complaint_of("external: {}, instances: 2, owner: 'a${instance'") ==
        "this '${' begins no ${NAME} or ${NAME:-DEFAULT}; for a plain '${' write '$${'");
  CHECK(problems_of("services: {" + std::string(127, 'w') +
                    ": {instances: 2, external: {}}}").size() == 1);
}

TEST_CASE("the names of instances are taken like any other") {
  CHECK(problems_of("services:\n  web-2: {external: {}}\n  web: {instances: 2, external: {}}\n") ==
        Lines{"r:3:3: service 'web-2' is declared twice, first at r:2:3"});
  CHECK(problems_of("services:\n  web: {instances: 2, external: {}}\n  web-2: {external: {}}\n") ==
        Lines{"r:3:3: service 'web-2' is declared twice, first at r:2:3"});
  CHECK(problems_of("services:\n  web: {instances: 2, external: {}}\n  web: {external: {}}\n") ==
        Lines{"r:3:3: service 'web' is declared twice, first at r:2:3"});
  CHECK(problems_of("services:\n  web: {external: {}}\n  web: {instances: 2, external: {}}\n") ==
        Lines{"r:3:3: service 'web' is declared twice, first at r:2:3"});
  CHECK(problems_of("services:\n  web: {instances: 2, external: {}}\n"
                    "  a: {external: {}, depends_on: [web, web-1]}\n") ==
        Lines{"r:3:39: dependency 'web-1' is given twice: once by itself, once as an instance"});
}

TEST_CASE("instances may stand behind an alias, and cannot grow without bound") {
  const Policy policy = policy_of(
      "services:\n"
      "  a: &like {instances: 2, external: {}, owner: 'o${instance}'}\n"
      "  b: *like\n");
  CHECK(names_in(policy) == Lines{"a-1", "a-2", "b-1", "b-2"});
  CHECK(policy.services.at(3)->owner == "o2");
  std::string many = "services:\n";
  for (int i = 0; i < 100; ++i) {
    many += "  s" + std::to_string(i) + ": {instances: 1000, external: {}, description: '" +
            std::string(1000, 'x') + "'}\n";
  }
  const Lines problems = problems_of(many);
  REQUIRE(problems.size() == 1);
  CHECK(problems.front().find("aliases and instances expand to more than 64 MiB") !=
        std::string::npos);
}
