// What `heald check` warns of.

#include <catch2/catch.hpp>

#include "policy/secret_words.hpp"
#include "policy/support.hpp"

using namespace heald;
using namespace heald::test;

using Lines = std::vector<std::string>;

namespace {

constexpr std::string_view told =
    "receivers: {hook: {exec: [tell]}}\ngroups: {pair: {}, full: {min_healthy: 100%}}\n";

/// The warnings of one service in whose place nobody is forgotten.
Lines warnings_of(const std::string& body) {
  const Loaded loaded = parse_rules(
      std::string{told} + "services: {web: {notify: {to: [hook]}, " + body + "}}", "r");
  CAPTURE(lines_of(loaded.problems));
  REQUIRE(loaded.policy);
  Lines messages;
  for (const Problem& warning : loaded.warnings) messages.push_back(warning.message);
  return messages;
}

Lines rule_warnings(const std::string& text) {
  const Loaded loaded = parse_rules(text, "r");
  CAPTURE(lines_of(loaded.problems));
  REQUIRE(loaded.policy);
  return lines_of(loaded.warnings);
}

bool warns_of_secret(const std::string& body) {
  const Lines warnings = warnings_of(body);
  return warnings.size() == 1 && warnings[0].find("plain text") != std::string::npos;
}

}  // namespace

TEST_CASE("a timeout longer than the interval is warned of, where it stands") {
  CHECK(rule_warnings(std::string{told} +
                      "services: {web: {notify: {to: [hook]}, external: {}, probes: {\n"
                      "  a: {tcp: 'a:1', interval: 1s},\n"
                      "  b: {tcp: 'b:1', interval: 5s, timeout: 6s},\n"
                      "  c: {tcp: 'c:1', interval: 5s, timeout: 5s}}}}") ==
        Lines{"r:4:19:"
              " 'timeout' (3s unless given) is longer than 'interval' (1s): a look that "
              "hangs makes the next ones late",
              "r:5:33: 'timeout' (6s) is longer than 'interval' (5s): a look that hangs makes the "
              "next ones late"});
}

TEST_CASE("that nobody is told of a latched service is warned of") {
  const std::string nobody = "nobody is told when service 'web' is latched; give 'notify: {to: "
                             "[...]}'";
  const auto of = [](const std::string& body) {
    return rule_warnings(std::string{told} + "services: {web: {external: {}, " + body + "}}");
  };
  CHECK(of("severity: info") == Lines{"r:3:12: " + nobody});
  CHECK(of("notify: {to: [hook], on: [opened]}") == Lines{"r:3:12: " + nobody});
  CHECK(of("notify: {on: [latched]}") == Lines{"r:3:12: " + nobody});
  CHECK(of("notify: {to: [hook], on: [latched]}").empty());
  CHECK(of("remediation: [notify: {to: [hook]}]").empty());
  CHECK(of("remediation: [notify]") ==
        Lines{"r:3:12: " + nobody,
              "r:3:46: this rung tells nobody: neither it nor the service's 'notify' names a "
              "receiver"});
  CHECK(rule_warnings("services: {a: {external: {}}, b: {external: {}}}") ==
        Lines{"r: nobody is told when a service is latched: there are no receivers"});
  CHECK(rule_warnings("services: {}").empty());
}

TEST_CASE("an alive and a ready probe that look at the same are warned of") {
  const auto of = [](const std::string& other) {
    return warnings_of("external: {}, probes: {a: {tcp: 'h:1'}, b: {" + other + "}}");
  };
  CHECK(of("tcp: 'h:1', role: ready, interval: 1m") ==
        Lines{"probe 'b' looks at the same as 'a', one 'alive', the other 'ready': they fail "
              "together, and 'ready' tells nothing more"});
  CHECK(of("tcp: 'h:2', role: ready").empty());
  CHECK(of("tcp: 'h:1'").empty());
}

TEST_CASE("a rung for a crash loop that comes too late is warned of") {
  const auto of = [](const std::string& first, const std::string& more) {
    return warnings_of("process: {command: [a], exit: {crash_loop: {exits: 5, within: 1m}}}, "
                       "remediation: [" + first + ", {on: [crash_loop], reprovision: [b]}]" + more);
  };
  const Lines late{"this rung is never taken: 'crash_loop' is 5 exits within 1m, and the other "
                   "rungs and 'limits' allow 4 before the service is latched"};
  CHECK(of("restart", "") == late);
  CHECK(of("{restart: , attempts: 4}", "").empty());
  CHECK(of("reload, restart, {name: again, start: , attempts: 1}", "").empty());
  CHECK(of("{restart: , attempts: 9}", ", limits: {actions: 3}") == late);
  // The budget is refilled sooner than the window of the exits ends.
  CHECK(of("{restart: , attempts: 9}", ", limits: {actions: 3, per: 5s}").empty());
  CHECK(of("restart", ", slow_retry: 5s").empty());
  CHECK(of("restart", ", reset_after: 5s").empty());
  CHECK(of("restart", ", slow_retry: never") == late);
}

TEST_CASE("a group that lets nobody be taken down is warned of") {
  const auto of = [](const std::string& groups) {
    return rule_warnings("receivers: {hook: {exec: [tell]}}\ngroups: {" + groups + "}\n"
                         "services:\n"
                         "  a: {external: {}, group: g, notify: {to: [hook]}}\n"
                         "  b: {external: {}, group: g, notify: {to: [hook]}}\n");
  };
  CHECK(of("g: {min_healthy: 100%}") ==
        Lines{"r:2:10: 'min_healthy' of group 'g' can never be met: 100% of its 2 services lets "
              "none that is healthy be taken down, not even to change its rules"});
  CHECK(of("g: {min_healthy: 99%}").empty());
  CHECK(of("g: {}, alone: {min_healthy: 100%}").empty());
}

TEST_CASE("secrets in plain text are warned of, and never shown") {
  CHECK(warns_of_secret("process: {command: [a], environment: {DB_PASSWORD: hunter2}}"));
  CHECK(warns_of_secret("process: {command: [a, --api-key=hunter2]}"));
  CHECK(warns_of_secret("process: {shell: 'a postgres://u:hunter2@db/x'}"));
  CHECK(warns_of_secret("process: {command: [a], environment: {DSN: 'amqp://u:hunter2@mq'}}"));
  const std::string http = "external: {}, probes: {p: {http: {url: 'http://a/', headers: {";
  CHECK(warns_of_secret(http + "Authorization: Bearer hunter2}}}}"));
  CHECK(warns_of_secret("external: {}, probes: {p: {http: 'http://a/?token=hunter2'}}"));
  CHECK_FALSE(warns_of_secret(http + "Accept: text/plain}}}}"));
  CHECK_FALSE(warns_of_secret("process: {command: [a], environment: {DB_PASSWORD_FILE: /x}}"));
  CHECK_FALSE(warns_of_secret("process: {command: [a], environment: {DB_PASSWORD: ''}}"));
  for (const std::string& line :
       warnings_of("process: {command: [a, --token=hunter2], environment: {PW_TOKEN: hunter2}}")) {
    CHECK(line.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("names of secrets are told from names that only sound alike") {
  for (const auto* name : {"PASSWORD", "PGPASSWORD", "MYSQL_PWD", "db-passwd", "Authorization",
                           "Proxy-Authorization", "Cookie", "X-Api-Key", "GITHUB_TOKEN",
                           "AWS_SECRET_ACCESS_KEY", "PRIVATE_KEY", "apikey", "CLIENT_SECRET"}) {
    CAPTURE(name);
    CHECK(names_a_secret(name));
  }
  for (const auto* name : {"", "PWD", "PATH", "TOKENIZER", "KEY", "KEYBOARD", "DB_PASSWORD_FILE",
                           "SECRET_NAME", "TOKEN_URL", "PASSWORDLESS", "Accept", "AUTHOR"}) {
    CAPTURE(name);
    CHECK_FALSE(names_a_secret(name));
  }
  CHECK(holds_a_password("redis://:pw@h"));
  CHECK_FALSE(holds_a_password("http://a:80/x@y:z"));
  CHECK_FALSE(holds_a_password("git@github.com:a/b"));
  CHECK_FALSE(holds_a_password("http://user@a/"));
  CHECK(holds_a_password("curl --user-token=x"));
  CHECK_FALSE(holds_a_password("tool --password= --x"));
  CHECK_FALSE(holds_a_password("http://a/?page=2&size=3"));
}

TEST_CASE("good rules that are meant have no warnings, bad ones none but their problems") {
  CHECK(warnings_of("external: {}, probes: {p: {tcp: 'h:1'}}").empty());
  CHECK(parse_rules("services: {a: {external: {}, colour: red}}", "r").warnings.empty());
}
