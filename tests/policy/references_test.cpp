// Names that stand for something else.

#include <catch2/catch.hpp>

#include "policy/support.hpp"

using namespace heald;
using namespace heald::test;

using Lines = std::vector<std::string>;

TEST_CASE("names that stand for nothing are reported with the nearest that does") {
  CHECK(problems_of("receivers: {oncall: {exec: [tell]}}\n"
                    "services:\n"
                    "  redis: {external: {}}\n"
                    "  web:\n"
                    "    external: {restart: [a]}\n"
                    "    depends_on: [rediss]\n"
                    "    probes: {answers: {tcp: 'a:1'}}\n"
                    "    notify: {to: [onkall]}\n"
                    "    remediation:\n"
                    "      - {restart: {}, on: [answer], verify: {probes: [answes]}}\n"
                    "      - notify: {to: [nobody-knows]}\n"
                    "    group: other\n") ==
        Lines{"r:6:18: there is no service 'rediss'; did you mean 'redis'?",
              "r:8:19: there is no receiver 'onkall'; did you mean 'oncall'?",
              "r:10:28: service 'web' has no condition 'answer'; did you mean 'answers'?",
              "r:10:55: service 'web' has no condition 'answes'; did you mean 'answers'?",
              "r:11:23: there is no receiver 'nobody-knows'; known here: oncall",
              "r:12:12: there is no group 'other'"});
}

TEST_CASE("what only a process has is no condition of an external service") {
  CHECK(complaint_of("external: {restart: [a]}, remediation: [{restart: {}, on: [exited]}]") ==
        "service 'web' has no condition 'exited'");
  CHECK(complaint_of("process: {command: [a]}, remediation: [{restart: {}, on: [exited]}]") == "");
  CHECK(complaint_of("process: {command: [a]}, "
                     "remediation: [{restart: {}, verify: {probes: [oom]}}]") ==
        "service 'web' has no condition 'oom'; known here: process");
}

TEST_CASE("a rung cannot wait for what makes nothing unhealthy, but may be verified by it") {
  const std::string warm = "external: {restart: [a]}, probes: {warm: {tcp: 'a:1', role: ready}}, ";
  CHECK(complaint_of(warm + "remediation: [{restart: {}, on: [warm]}]") ==
        "no rung is taken for 'warm': a probe of 'role: ready' makes nothing unhealthy");
  CHECK(complaint_of(warm + "remediation: [{restart: {}, verify: {probes: [warm]}}]") == "");
}

TEST_CASE("a rung that an external service has no means for is a mistake, with its position") {
  const std::string rungs = "    remediation:\n"
                            "      - start\n"
                            "      - stop: {timeout: 1s}\n"
                            "      - {on: [p], restart: {}}\n"
                            "      - reload\n"
                            "      - signal: HUP\n";
  const std::string probes = "    probes: {p: {tcp: 'a:1'}}\n";
  const std::string no = "service 'web' cannot carry out ";
  const std::string signal =
      no + "'signal': heald does not know the process of an external service";
  CHECK(problems_of("services:\n  web:\n    external: {}\n" + probes + rungs) ==
        Lines{"r:6:9: " + no + "'start': its 'external' has no 'start'",
              "r:7:9: " + no + "'stop': its 'external' has no 'stop'",
              "r:8:9: " + no +
                  "'restart': its 'external' has no 'restart', nor both 'stop' and 'start'",
              "r:9:9: " + no + "'reload': its 'external' has no 'reload'", "r:10:9: " + signal});
  CHECK(problems_of("services:\n  web:\n    external: {start: [a], stop: [b], reload: [c]}\n" +
                    probes + rungs) == Lines{"r:10:9: " + signal});
  CHECK(problems_of("services:\n  web:\n    process: {command: [a]}\n" + probes + rungs).empty());
}

TEST_CASE("half of a restart is none, and what brings its own means needs no others") {
  const auto restart = [](const std::string& means) {
    return complaint_of("external: {" + means + "}, remediation: [restart]");
  };
  const std::string none = "service 'web' cannot carry out 'restart': its 'external' has no "
                           "'restart', nor both 'stop' and 'start'";
  CHECK(restart("stop: [a]") == none);
  CHECK(restart("start: [a]") == none);
  CHECK(restart("restart: [a]") == "");
  CHECK(complaint_of("external: {}, remediation: [{exec: [a]}, {http: 'http://a/'}, notify, "
                     "{reprovision: [a]}]") == "");
}

TEST_CASE("a cycle of dependencies is named in full") {
  CHECK(problems_of("services:\n"
                    "  a: {external: {}, depends_on: [b]}\n"
                    "  b: {external: {}, depends_on: {c: {gate: false}}}\n"
                    "  c: {external: {}, depends_on: [d, a]}\n"
                    "  d: {external: {}}\n") ==
        Lines{"r:4:37: dependency cycle: a -> b -> c -> a"});
  CHECK(problems_of("services: {a: {external: {}, depends_on: [a]}}") ==
        Lines{"r:1:43: dependency cycle: a -> a"});
}

TEST_CASE("two cycles are two problems") {
  CHECK(problems_of("services:\n"
                    "  a: {external: {}, depends_on: [b]}\n"
                    "  b: {external: {}, depends_on: [a]}\n"
                    "  c: {external: {}, depends_on: [a, d]}\n"
                    "  d: {external: {}, depends_on: [c]}\n") ==
        Lines{"r:3:34: dependency cycle: a -> b -> a", "r:5:34: dependency cycle: c -> d -> c"});
}

TEST_CASE("services that share a dependency are no cycle") {
  CHECK(problems_of("services:\n"
                    "  a: {external: {}, depends_on: [b, c]}\n"
                    "  b: {external: {}, depends_on: [d]}\n"
                    "  c: {external: {}, depends_on: [d]}\n"
                    "  d: {external: {}}\n").empty());
}

TEST_CASE("a chain of 50,000 dependencies is followed to its end") {
  std::string text = "services:\n  s0: {external: {}, depends_on: [s49999]}\n";
  for (int i = 1; i < 50'000; ++i) {
    text += "  s" + std::to_string(i) + ": {external: {}, depends_on: [s" + std::to_string(i - 1) +
            "]}\n";
  }
  const Lines lines = problems_of(text);
  REQUIRE(lines.size() == 1);
  const std::string& line = lines.front();
  CHECK(line.starts_with("r:3:35: dependency cycle: s0 -> s49999 -> s49998 -> "));
  CHECK(line.find(" -> s49951 -> (49900 more) -> s50 -> ") != std::string::npos);
  CHECK(line.ends_with(" -> s2 -> s1 -> s0"));
}

TEST_CASE("waiting for the end of what never ends is a mistake") {
  const std::string end = " never becomes done; expected a process with 'exit: {on_success: done}'";
  CHECK(problems_of("services:\n"
                    "  a: {external: {}}\n"
                    "  b: {process: {command: [x]}}\n"
                    "  c: {process: {command: [x], exit: {on_success: done}}}\n"
                    "  d: {external: {}, depends_on: {a: {until: done}, b: {until: done}, "
                    "c: {until: done}}}\n") ==
        Lines{"r:5:34: 'until: done' waits for ever: 'a'" + end,
              "r:5:52: 'until: done' waits for ever: 'b'" + end});
}

TEST_CASE("the group of all is always there, as declared or by default") {
  const Policy silent = policy_of("services: {}");
  REQUIRE(silent.groups.size() == 1);
  CHECK(silent.groups.front().name == "all");
  CHECK(silent.groups.front().max_concurrent == 1);
  const Policy told = policy_of(
      "groups: {x: {}, all: {max_concurrent: 5, min_healthy: 25%, storm: {unhealthy: 10%, "
      "at_least: 2, within: 2m, let: 3, cool_down: 0s}}}\n"
      "services: {a: {external: {}, group: all}}");
  REQUIRE(told.groups.size() == 2);
  CHECK(told.groups.back() ==
        GroupPolicy{"all", 5, Share{0.25}, StormPolicy{Share{0.1}, 2, 2min, 3, 0s}});
}

TEST_CASE("receivers and the daemon's own block are read") {
  const Policy policy = policy_of(
      "heald: {state_dir: /s, socket: /s/k, telemetry: 'off', start_concurrency: 4, "
      "actions_per_hour: 9, shutdown_timeout: 5s, journal: {max_size: 1MiB, max_age: 1d}}\n"
      "receivers: {a: {webhook: {url: 'https://h/', headers: {X: y}, secret_file: /f, "
      "tls: {verify: false}}, timeout: 2s}, b: {exec: {command: [tell], user: u}}, "
      "c: {webhook: 'http://h/'}}");
  CHECK(policy.daemon == DaemonPolicy{"/s", "/s/k", "off", 4, 9, 5s, Bytes{1U << 20U}, 24h});
  REQUIRE(policy.receivers.size() == 3);
  const auto& webhook = std::get<WebhookReceiver>(policy.receivers[0].kind);
  CHECK(webhook.request.url == "https://h/");
  CHECK(webhook.request.method == "POST");
  CHECK_FALSE(webhook.request.tls.verify);
  CHECK(webhook.secret_file == "/f");
  CHECK(policy.receivers[0].timeout == 2s);
  CHECK(std::get<ExecReceiver>(policy.receivers[1].kind).exec.command == Argv{"tell"});
  CHECK(std::get<WebhookReceiver>(policy.receivers[2].kind).request.method == "POST");
}

TEST_CASE("equal text has an equal revision, and other text another") {
  const std::string revision = policy_of("services: {}").revision;
  CHECK(revision.size() == 12);
  CHECK(revision.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(policy_of("services: {}").revision == revision);
  CHECK(policy_of("services: {} ").revision != revision);
}
