// `${ENV}` in rules.

#include <catch2/catch.hpp>
#include <cstdlib>

#include "policy/support.hpp"
#include "support/temporary_folder.hpp"

using namespace heald;
using namespace heald::test;

using Lines = std::vector<std::string>;

namespace {

/// A variable of this process, for as long as the test runs.
class Variable {
 public:
  Variable(std::string name, const std::string& value) : name_(std::move(name)) {
    ::setenv(name_.c_str(), value.c_str(), 1);
  }
  ~Variable() { ::unsetenv(name_.c_str()); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  std::string name_;
};

/// The rules, read from a file like those of a daemon.
Loaded loaded(const std::string& text) {
  const TemporaryFolder folder;
  Loaded found = load_rules(folder.write("r.yaml", text));
  std::string all;
  for (const std::string& line : lines_of(found.problems)) all += line + "\n";
  INFO(all);
  REQUIRE(found.policy);
  return found;
}

bool holds(const std::vector<RuleFile>& files, std::string_view text) {
  return std::ranges::any_of(files, [&](const RuleFile& file) {
    return file.text.find(text) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("variables of the environment are filled into values of every kind") {
  const Variable port{"TEST_PORT", "8080"};
  const Variable empty{"TEST_EMPTY", ""};
  const Variable odd{"TEST_ODD", "null # {a: b}"};
  const ServicePolicy service = service_of(
      "process: {command: [web, '--port=${TEST_PORT}', '${TEST_EMPTY}', '$TEST_PORT', "
      "'$${TEST_PORT}', '${TEST_UNSET:-a b}', '${TEST_EMPTY:-full}', '${TEST_UNSET:-}']}, "
      "description: '${TEST_ODD}', limits: {actions: '${TEST_UNSET:-7}'}, "
      "observe: '${TEST_FLAG:-true}', reset_after: '${TEST_TIME:-5}m', "
      "probes: {p: {http: 'http://127.0.0.1:${TEST_PORT}/'}}");
  CHECK(service.process()->exec.command == Argv{"web", "--port=8080", "", "$TEST_PORT",
                                                "${TEST_PORT}", "a b", "full", ""});
  CHECK(service.description == "null # {a: b}");
  CHECK(service.limits.actions == 7);
  CHECK(service.observe);
  CHECK(service.reset_after == 5min);
  CHECK(service.probes.at(0).address == "127.0.0.1:8080");
}

TEST_CASE("keys are not filled in, nor what quoting makes of a value") {
  const Variable name{"TEST_NAME", "null"};
  CHECK(policy_of("services: {a: {external: {}, labels: {x: '${TEST_NAME}'}}}")
            .services.at(0)->labels.at("x") == "null");
  CHECK(problems_of("services: {'${TEST_NAME}': {external: {}}}").size() == 1);
}

TEST_CASE("a variable that is not set is a mistake where it is used") {
  CHECK(problems_of("services:\n  web:\n    external: {}\n    owner: of ${TEST_UNSET}\n") ==
        Lines{"r:4:12: the environment variable 'TEST_UNSET' is not set; a default would be "
              "${TEST_UNSET:-...}"});
  CHECK(problems_of("services:\n  web:\n    process:\n      command: [a]\n"
                    "      environment: {A: '${TEST_UNSET}'}\n") ==
        Lines{"r:5:24: the environment variable 'TEST_UNSET' is not set; a default would be "
              "${TEST_UNSET:-...}"});
  CHECK(complaint_of("external: {}, owner: '${1X}'") ==
        "this '${' begins no ${NAME} or ${NAME:-DEFAULT}; for a plain '${' write '$${'");
  CHECK(complaint_of("external: {}, owner: '${X:0:3}'") ==
        "this '${' begins no ${NAME} or ${NAME:-DEFAULT}; for a plain '${' write '$${'");
  CHECK(complaint_of("external: {}, owner: '${X'") ==
        "this '${' begins no ${NAME} or ${NAME:-DEFAULT}; for a plain '${' write '$${'");
}

TEST_CASE("values of environment and headers are left to be filled in by their user") {
  const Variable secret{"TEST_SECRET", "hunter2"};
  const ServicePolicy service = service_of(
      "instances: 1, process: {command: [web], "
      "environment: {A: '${TEST_SECRET} $${x} ${TEST_UNSET:-d} ${instance}'}}, probes: {p: {http: "
      "{url: 'http://a/', headers: {Authorization: 'Bearer ${TEST_SECRET}'}}}}");
  CHECK(service.process()->exec.environment.at("A") ==
        "${TEST_SECRET} $${x} ${TEST_UNSET:-d} 1");
  CHECK(std::get<HttpProbe>(service.probes.at(0).kind).request.headers.at(0).second ==
        "Bearer ${TEST_SECRET}");
}

TEST_CASE("what was filled in is kept, what its user fills in is not") {
  const Variable port{"TEST_PORT", "8080"};
  const Variable secret{"TEST_SECRET", "hunter2"};
  const Loaded rules = loaded(
      "services: {web: {process: {command: [web, '${TEST_PORT}', '${TEST_UNSET:-x}'], "
      "environment: {PASSWORD: '${TEST_SECRET}', PORT: '${TEST_PORT}'}}}}");
  REQUIRE(rules.files.size() == 2);
  CHECK(rules.files.back().name == variables_file);
  CHECK(rules.files.back().text == R"({"TEST_PORT":"8080","TEST_UNSET":null})");
  CHECK_FALSE(holds(rules.files, "hunter2"));
  // Nothing filled in, nothing kept.
  CHECK(loaded("services: {web: {process: {command: [a], environment: {P: '${TEST_SECRET}'}}}}")
            .files.size() == 1);
}

TEST_CASE("rules are read again from what was kept, whatever the environment is then") {
  Loaded rules;
  {
    const Variable port{"TEST_PORT", "8080"};
    const Variable secret{"TEST_SECRET", "hunter2"};
    rules = loaded(
        "services: {web: {process: {command: [web, '${TEST_PORT}', '${TEST_UNSET:-x}'], "
        "environment: {PASSWORD: '${TEST_SECRET}'}}}}");
  }
  const Variable now{"TEST_UNSET", "set by now"};
  const Loaded again = parse_rule_files(rules.files);
  REQUIRE(again.policy);
  CHECK(again.policy->revision == rules.policy->revision);
  CHECK(*again.policy->services.at(0) == *rules.policy->services.at(0));
  std::vector<RuleFile> broken = rules.files;
  broken.back().text = "{\"TEST_PORT\": 5}";
  CHECK_FALSE(parse_rule_files(broken).policy);
  broken.pop_back();
  CHECK_FALSE(parse_rule_files(broken).policy);
}

TEST_CASE("another value is another revision, unless only its user reads it") {
  const std::string decided = "services: {web: {external: {}, owner: '${TEST_X}'}}";
  const std::string handed_on =
      "services: {web: {process: {command: [a], environment: {X: '${TEST_X}'}}}}";
  const auto revisions = [&] {
    return std::pair{loaded(decided).policy->revision, loaded(handed_on).policy->revision};
  };
  const Variable one{"TEST_X", "1"};
  const auto first = revisions();
  const Variable two{"TEST_X", "2"};
  const auto second = revisions();
  CHECK(first.first != second.first);
  CHECK(first.second == second.second);
}

TEST_CASE("a secret that comes from the environment is not warned of") {
  const Variable secret{"TEST_SECRET", "hunter2"};
  CHECK(parse_rules("services: {web: {process: {command: [a], environment: {DB_PASSWORD: "
                    "'${TEST_SECRET}'}}}}", "r").warnings.size() == 1);  // nobody is told
}
