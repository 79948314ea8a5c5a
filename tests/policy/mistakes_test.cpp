// Mistakes: what is said, and where.

#include <catch2/catch.hpp>

#include "policy/support.hpp"

using namespace heald;
using namespace heald::test;

using Lines = std::vector<std::string>;

TEST_CASE("five mistakes in one file are all reported, in order, with their positions") {
  CHECK(problems_of("services:\n"
                    "  web:\n"
                    "    group: storefrnt\n"
                    "    process: {command: [nginx], stp: {}}\n"
                    "    probes:\n"
                    "      answers:\n"
                    "        http: http://127.0.0.1/\n"
                    "        intervall: 2s\n"
                    "        timeout: 500\n"
                    "    remediation: [restrt]\n"
                    "groups: {storefront: {}}\n") ==
        Lines{"r:3:12: there is no group 'storefrnt'; did you mean 'storefront'?",
              "r:4:33: unknown key 'stp' in process; did you mean 'stop'?",
              "r:8:9: unknown key 'intervall' in probe; did you mean 'interval'?",
              "r:9:18: '500' has no unit; expected a duration such as 500ms, 2s, 1m30s, 1h or 1d",
              "r:10:19: 'restrt' is not an action; did you mean 'restart'?"});
}

TEST_CASE("reading goes on behind each mistake of type") {
  CHECK(problems_of("heald: 3\n"
                    "groups: [a]\n"
                    "receivers: x\n"
                    "include: a\n"
                    "services:\n"
                    "  a: [b]\n"
                    "  b: {external: {start: {command: {}}}, probes: {p: [x]}, depends_on: b}\n"
                    "  c: {external: {}, labels: {x: [1]}, observe: yes}\n") ==
        Lines{"r:1:8: expected a mapping (heald), found '3'",
              "r:2:9: expected a mapping of groups, found a list",
              "r:3:12: expected a mapping of receivers, found 'x'",
              "r:4:10: expected list of name, found 'a'",
              "r:6:6: expected a mapping (service), found a list",
              "r:7:35: expected a list of a program and its arguments, found a mapping",
              "r:7:53: expected a mapping (probe), found a list",
              "r:7:71: expected a mapping or a list of services, found 'b'",
              "r:8:33: expected text, found a list", "r:8:48: 'yes' is not true or false"});
}

TEST_CASE("a key that stands twice is reported with the place of the first") {
  CHECK(problems_of("services: {}\n"
                    "groups: {}\n"
                    "services: {}\n") ==
        Lines{"r:3:1: key 'services' is given twice, first at r:1:1"});
  CHECK(problems_of("services:\n"
                    "  a: {external: {}, labels: {x: 1, x: 2}, probes: {p: {tcp: 'h:1'},\n"
                    "      p: {tcp: 'h:1'}}}\n"
                    "  a: {external: {}}\n") ==
        Lines{"r:2:36: label 'x' is given twice, first at r:2:30",
              "r:3:7: probe 'p' is given twice, first at r:2:52",
              "r:4:3: service 'a' is declared twice, first at r:2:3"});
  CHECK(problems_of("groups: {a: {}, a: {}}\n"
                    "receivers: {b: {webhook: 'http://a/'}, b: {exec: [x]}}\n") ==
        Lines{"r:1:17: group 'a' is declared twice, first at r:1:10",
              "r:2:40: receiver 'b' is declared twice, first at r:2:13"});
}

TEST_CASE("an unknown key names the nearest, or else all") {
  CHECK(complaint_of("external: {}, descriptoin: x") ==
        "unknown key 'descriptoin' in service; did you mean 'description'?");
  CHECK(complaint_of("external: {strat: [a]}") ==
        "unknown key 'strat' in external; did you mean 'start'?");
  CHECK(complaint_of("external: {zzzzzz: [a]}") ==
        "unknown key 'zzzzzz' in external; known here: start, stop, restart or reload");
  CHECK(problems_of("servces: {}") ==
        Lines{"r:1:1: unknown key 'servces' in rule file; did you mean 'services'?"});
}

TEST_CASE("a key that is misspelt is not called missing too") {
  CHECK(probe_complaint("http: {urll: 'http://a/'}") ==
        "unknown key 'urll' in http probe; did you mean 'url'?");
  CHECK(probe_complaint("htp: 'http://a/'") ==
        "unknown key 'htp' in probe; did you mean 'http'?");
}

TEST_CASE("what must be there is missed, and what must be alone is held apart") {
  CHECK(complaint_of("") == "service needs one of process or external");
  CHECK(complaint_of("process: {command: [a]}, external: {}") ==
        "'external' stands beside 'process'; service takes only one of process or external");
  CHECK(complaint_of("process: {}") == "process needs one of command or shell");
  CHECK(complaint_of("process: {command: [a], shell: b}") ==
        "'shell' stands beside 'command'; process takes only one of command or shell");
  CHECK(probe_complaint("interval: 1s") ==
        "probe needs one of http, tcp, unix, tls, udp, icmp, dns, exec, notify or watchdog");
  CHECK(probe_complaint("http: {method: GET}") == "http probe lacks the key 'url' (URL)");
  CHECK(probe_complaint("http: {url: 'http://a/', latency: {}}") ==
        "latency lacks the key 'below' (duration)");
  CHECK(probe_complaint("tcp: ") == "tcp probe lacks the key 'address' (HOST:PORT)");
}

TEST_CASE("a command given as text is explained, not split") {
  const std::string end = " is plain text; a command is a list such as [/usr/bin/env, --version], "
                          "or for a shell to read: shell: \"...\"";
  CHECK(complaint_of("process: {command: nginx -g x}") == "'nginx -g x'" + end);
  CHECK(complaint_of("process: {command: [a], pre_start: [nginx -t]}") == "'nginx -t'" + end);
  CHECK(complaint_of("external: {start: true}") ==
        "expected a mapping (command) or a list of a program and its arguments, found 'true'");
  CHECK(complaint_of("process: {command: []}") ==
        "an empty command; expected a list of a program and its arguments");
  CHECK(complaint_of("process: {command: }") ==
        "an empty command; expected a list of a program and its arguments");
  CHECK(complaint_of("process: {shell: ''}") == "an empty line for the shell");
  CHECK(complaint_of("process: {command: [\"a\\0b\"]}") ==
        "'a\\x00b' holds a NUL, which ends a text");
}

TEST_CASE("a rung has exactly one action that is told enough") {
  const auto complaint = [](const std::string& rungs) {
    return complaint_of("process: {command: [a]}, remediation: [" + rungs + "]");
  };
  const std::string all = "restart, start, stop, reload, signal, exec, http, reprovision or notify";
  CHECK(complaint("{attempts: 2}") == "rung needs one of " + all);
  CHECK(complaint("{restart: {}, stop: {}}") ==
        "'stop' stands beside 'restart'; rung takes only one of " + all);
  CHECK(complaint("exec") ==
        "the action 'exec' needs to be told more; write 'exec: ...' with its parameters");
  CHECK(complaint("{signal: 9}") == "'9' is a number; expected a signal's name such as SIGTERM");
  CHECK(complaint("{signal: }") == "signal action lacks the key 'signal' (signal)");
  CHECK(complaint("{restart: {signal: HUP}}") ==
        "unknown key 'signal' in action; known here: timeout");
  CHECK(complaint("{exec: {command: [a], timeout: 1s}, timeout: 2s}") ==
        "'timeout' is given for the rung, and for its action too; give it once");
  CHECK(complaint("restart, {restart: {}, on: [process]}") ==
        "rung 'restart' is given twice, first at r:1:57");
  CHECK(complaint("{restart: {}, attempts: 0}") == "'0' is not a whole number from 1 to 1000");
}

TEST_CASE("values that contradict each other or themselves are refused") {
  CHECK(complaint_of("external: {}, backoff: {initial: 2s, max: 1s}") ==
        "'max' (1s) is shorter than 'initial' (2s)");
  CHECK(complaint_of("external: {}, backoff: {factor: 0.5}") ==
        "'0.5' is not a number from 1 to 100");
  CHECK(probe_complaint("tcp: 'a:1', timeout: 0s") ==
        "'0s' is no time; expected a duration longer than 0s");
  CHECK(probe_complaint("tcp: 'a:1', failure_threshold: '3'") ==
        "'3' is quoted text; expected a whole number");
  CHECK_THAT(probe_complaint("tcp: {address: 'a:1', dialogue: [starttls, starttls]}"),
             Catch::EndsWith("'starttls' stands twice in it"));
  CHECK_THAT(probe_complaint("tcp: {address: 'a:1', matches: '(OK)?'}"),
             Catch::EndsWith("'(OK)?' matches where nothing came"));
  CHECK_THAT(probe_complaint("udp: {address: 'a:1', send: x, matches: '\\x{2713}'}"),
             Catch::Contains("is not a regular expression (RE2)"));
  CHECK(probe_complaint("dns: a..b") == "'a..b' is not a name such as www.example.org");
  CHECK_THAT(probe_complaint("udp: {address: 'a:1', send: '" + std::string(65508, 'x') + "'}"),
             Catch::EndsWith("a datagram holds at most 65507 octets"));
  CHECK_THAT(probe_complaint("unix: {path: /run/a, dialogue: [starttls]}"),
             Catch::EndsWith("TLS is not spoken over unix sockets"));
  CHECK_THAT(probe_complaint("http: {url: 'https://a/', socket: /run/a}"),
             Catch::EndsWith("the URL has to be http"));
  CHECK_THAT(probe_complaint("tcp: {address: 'a:1', send: x, dialogue: redis}"),
             Catch::EndsWith("'send' does not go with it"));
  CHECK(probe_complaint("tcp: 'a'") ==
        "'a' is not an address; expected HOST:PORT, such as 127.0.0.1:6379");
  CHECK(probe_complaint("http: {url: 'http://a/', status: []}") ==
        "an empty list of statuses; nothing could pass");
  CHECK(probe_complaint("http: {url: 'http://a/', body: {}}") ==
        "body needs at least one of contains, matches or json");
  CHECK(probe_complaint("http: {url: 'http://a/', body: {contains: ''}}") ==
        "'contains' is empty, which every body contains");
  CHECK(probe_complaint("tcp: 'a:1', role: dead") ==
        "'dead' is not known here; expected alive or ready");
}

TEST_CASE("the limits of a process are known by name and have their units") {
  const auto complaint = [](const std::string& limits) {
    return complaint_of("process: {command: [a], limits: {" + limits + "}}");
  };
  CHECK(complaint("nofiles: 1") == "unknown limit 'nofiles'; did you mean 'nofile'?");
  CHECK(complaint("nofile: many") == "'many' is not a whole number, or unlimited");
  CHECK(complaint("core: 5") == "'5' has no unit; expected a size such as 512B, 64MiB or 10MB, "
                                "or unlimited");
  CHECK(complaint("cpu: 1500ms") == "'1500ms' is not whole seconds");
  CHECK(complaint("nofile: {soft: 2}") ==
        "resource limit lacks the key 'hard' (number, size, duration or `unlimited`)");
  CHECK(complaint("nofile: {soft: 2, hard: 1}") ==
        "limit 'nofile' has a soft limit above its hard one");
  CHECK(complaint("nofile: {soft: unlimited, hard: 1}") ==
        "limit 'nofile' has a soft limit above its hard one");
}

TEST_CASE("names are checked, and the words of the ladder kept free") {
  CHECK(problems_of("services: {'a b': {external: {}}}") ==
        Lines{"r:1:12: 'a b' is not a name; expected letters, digits, '_', '.' or '-', first a "
              "letter or digit, at most 128"});
  for (const std::string word : {"process", "exited", "oom", "crash_loop"}) {
    CHECK(complaint_of("external: {}, probes: {" + word + ": {tcp: 'a:1'}}") ==
          "a probe cannot be named '" + word + "': rungs use the word for the process itself");
  }
  CHECK(complaint_of("process: {command: [a], environment: {A-B: c}}") ==
        "'A-B' is not an environment variable's name: letters, digits and '_'");
  CHECK(complaint_of("process: {command: [a], user: 1000}") ==
        "'1000' is not the name of a user or group");
  CHECK(complaint_of("process: {command: [a], stop: {signal: STOP}}") ==
        "'SIGSTOP' does not end a process");
}

TEST_CASE("an empty name names nothing") {
  CHECK(complaint_of("external: {}, depends_on: ['']") == "an empty name");
  CHECK(complaint_of("external: {}, depends_on: {'': {}}") == "an empty name");
  CHECK(complaint_of("external: {}, group: ''") == "an empty name");
  CHECK(complaint_of("external: {}, notify: {to: ['']}") == "an empty name");
  CHECK(complaint_of("process: {command: ['', x]}") == "an empty name of a program");
  CHECK(complaint_of("process: {command: [x, '']}") == "");
}

TEST_CASE("what is filled in with nothing is an empty name of a program") {
  CHECK(problems_of("services:\n  web:\n    process:\n      command:\n      - ${TEST_UNSET:-}\n") ==
        Lines{"r:5:9: an empty name of a program"});
  CHECK(problems_of("services:\n  web:\n    process:\n      shell: ${TEST_UNSET:-}\n") ==
        Lines{"r:4:14: an empty line for the shell"});
}

TEST_CASE("a file of rubbish is given up after a thousand problems") {
  std::string text = "services:\n";
  for (int i = 0; i < 5000; ++i) text += "  s" + std::to_string(i) + ": {}\n";
  const Lines lines = problems_of(text);
  REQUIRE(lines.size() == ProblemLog::limit + 1);
  CHECK(lines.front() == "r:2:7: service needs one of process or external");
  CHECK(lines.back() == "r: more than 1000 problems: the rest is not shown");
}

TEST_CASE("only heald's own child can be heard") {
  for (const char* kind : {"notify", "watchdog"}) {
    CHECK(complaint_of("external: {}, probes: {p: {" + std::string{kind} + ": {}}}") ==
          "probe 'p' listens to heald's own child, and service 'web' is external");
  }
}

TEST_CASE("the probe that a word of its own brings along needs its name") {
  CHECK(complaint_of("process: {command: [a], ready: notify}, probes: {notify: {tcp: 'h:1'}}") ==
        "'ready: notify' adds a probe 'notify': give this one another name");
}

TEST_CASE("the template of a webhook's body uses what a message has") {
  const auto problems = [](const std::string& webhook) {
    return problems_of("receivers: {a: {webhook: {url: 'http://a/', " + webhook + "}}}\n");
  };
  CHECK(problems("body: {text: '${service}: ${message}', in: [{n: '${incident}'}]}").empty());
  CHECK(problems("body: {text: '${servise}'}") ==
        Lines{"r:1:51: a message has no field 'servise'; did you mean 'service'?"});
  CHECK(problems("body: {text: 'costs ${ 5'}") ==
        Lines{"r:1:51: this '${' begins no ${NAME} or ${NAME:-DEFAULT}; for a plain '${' write "
              "'$${'"});
  CHECK(problems("recovered_body: {key: '${secret}'}") ==
        Lines{"r:1:45: '${secret}' needs a 'secret_file'"});
  CHECK(problems("body: {key: '${secret}'}, secret_file: /x").empty());
  CHECK(problems("url_file: /x") ==
        Lines{"r:1:45: 'url_file' stands beside 'url'; webhook receiver takes only one of url "
              "or url_file"});
}
