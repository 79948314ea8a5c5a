// The library, and `use`.

#include <catch2/catch.hpp>
#include <filesystem>

#include "policy/support.hpp"
#include "support/temporary_folder.hpp"

using namespace heald;
using namespace heald::test;

using Lines = std::vector<std::string>;

namespace {

constexpr std::string_view web_library = R"(
library:
  web:
    description: Text with ${port} in it is for people
    parameters:
      port: {description: Where it answers, default: 80}
      pace: {default: 10s}
      url: {default: "http://127.0.0.1:${port}/"}
      config: {}
    service:
      process:
        command: [web, -c, "${config}", '$${config}', '${TEST_UNSET:-d}']
        environment: {A: "1", B: "2"}
        limits: {nofile: 100}
      probes:
        answers:
          http: {url: "${url}", headers: {X-A: a}}
          interval: ${pace}
          failure_threshold: 5
        listens: {tcp: "127.0.0.1:${port}"}
      remediation: [reload, restart]
      depends_on: [db]
services:
  db: {external: {}}
)";

Lines problems_with(const std::string& body) {
  return problems_of(std::string{web_library} + "  w: {" + body + "}\n");
}

/// The one service that uses the library, among others.
ServicePolicy used(const std::string& body) {
  return *policy_of(std::string{web_library} + "  w: {" + body + "}\n").services.at(1);
}

/// What a service of this library, used as `w`, is wrong with; the library in a file "r".
Lines problems_of_library(const std::string& service, const std::string& use = "s") {
  return problems_of("library:\n  s:\n    parameters: {p: {}, q: {default: 5}}\n    service: {" +
                     service + "}\nservices:\n  w: {use: " + use + "}\n");
}

}  // namespace

TEST_CASE("a service begins as the library's, with its parameters filled in") {
  const ServicePolicy service = used("use: {web: {port: 8080, config: /etc/w.conf}}");
  CHECK(service.name == "w");
  CHECK(service.process()->exec.command ==
        Argv{"web", "-c", "/etc/w.conf", "${config}", "d"});
  REQUIRE(service.probes.size() == 2);
  CHECK(std::get<HttpProbe>(service.probes[0].kind).request.url == "http://127.0.0.1:8080/");
  CHECK(service.probes[0].interval == 10s);
  CHECK(std::get<TcpProbe>(service.probes[1].kind).port == 8080);
  CHECK(service.remediation.size() == 2);
  CHECK(service.depends_on.at(0).service == "db");
}

TEST_CASE("what is given beside `use` counts more, mapping by mapping") {
  const ServicePolicy service = used(
      "use: {web: {config: c}}, severity: info, remediation: [restart], depends_on: [], "
      "process: {environment: {B: '3', C: '4'}, command: [other]}, "
      "probes: {answers: {interval: 2s, http: {headers: {X-B: b}}}, mine: {tcp: 'h:1'}}");
  CHECK(service.severity == Severity::info);
  CHECK(service.remediation.size() == 1);
  CHECK(service.depends_on.empty());
  CHECK(service.process()->exec.command == Argv{"other"});
  CHECK(service.process()->exec.environment ==
        std::map<std::string, std::string>{{"A", "1"}, {"B", "3"}, {"C", "4"}});
  CHECK(service.process()->limits.size() == 1);
  REQUIRE(service.probes.size() == 3);
  CHECK(service.probes[0].interval == 2s);
  CHECK(service.probes[0].failure_threshold == 5);
  const auto& request = std::get<HttpProbe>(service.probes[0].kind).request;
  CHECK(request.url == "http://127.0.0.1:80/");
  CHECK(request.headers.size() == 2);
  CHECK(service.probes[2].name == "mine");
}

TEST_CASE("`~` takes away what the library has there") {
  const ServicePolicy service = used(
      "use: {web: {config: c}}, depends_on: ~, probes: {listens: ~}, remediation: ~, "
      "process: {limits: {nofile: ~}}");
  CHECK(service.probes.size() == 1);
  CHECK(service.depends_on.empty());
  CHECK(service.remediation.size() == 1);  // the default
  CHECK(service.process()->limits.empty());
}

TEST_CASE("another choice takes the place of the library's") {
  const ServicePolicy service = used(
      "use: {web: {config: c}}, external: , remediation: [], "
      "probes: {answers: {exec: [look]}}");
  CHECK(service.external() != nullptr);
  CHECK(std::holds_alternative<ExecProbe>(service.probes[0].kind));
  CHECK(service.probes[0].failure_threshold == 5);
}

TEST_CASE("values of parameters may be of any kind, quoted or not, and from variables") {
  const std::string library =
      "library:\n"
      "  s:\n"
      "    parameters: {n: {}, flag: {}, time: {}, text: {}, number: {}}\n"
      "    service:\n"
      "      external:\n"
      "      limits: {actions: \"${n}\", per: \"${time}\"}\n"
      "      observe: ${flag}\n"
      "      reset_after: ${n}m\n"
      "      description: \"${text}\"\n"
      "      probes:\n"
      "        p:\n"
      "          http: {url: \"http://a/\", body: {json: {pointer: /a, equals: {x: \"${number}\", "
      "y: 1}}}}\n"
      "services:\n";
  const auto service = [&](const std::string& values) {
    return *policy_of(library + "  w: {use: {s: {" + values + "}}}\n").services.at(0);
  };
  const ServicePolicy plain = service("n: 7, flag: true, time: 1h, text: 'null', number: 5");
  CHECK(plain.limits.actions == 7);
  CHECK(plain.limits.per == 1h);
  CHECK(plain.observe);
  CHECK(plain.reset_after == 7min);
  CHECK(plain.description == "null");
  CHECK(std::get<HttpProbe>(plain.probes[0].kind).body.json->equals == R"({"x":"5","y":1})");
  CHECK(plain == service("n: '7', flag: 'true', time: '1h', text: 'null', number: '5'"));
  CHECK(plain == service("n: '${TEST_UNSET:-7}', flag: '${TEST_UNSET:-true}', time: '1h', "
                         "text: 'null', number: '5'"));
  CHECK(service("n: 1, flag: true, time: 1h, text: '', number: 5").description.empty());
  CHECK(service("n: 1, flag: true, time: 1h, text: '$${x}', number: 5").description == "${x}");
}

TEST_CASE("a parameter's value is told of where it was given, with the place where it lands") {
  CHECK(problems_with("use: {web: {port: x, config: c}}") ==
        Lines{"r:25:25: 'http://127.0.0.1:x/' is not a usable URL: the port is not from 1 to "
              "65535; expected one such as http://127.0.0.1:8080/healthz (parameter 'port' of "
              "library service 'web', at r:17:23)",
              "r:25:25: '127.0.0.1:x' is not an address; expected HOST:PORT, such as "
              "127.0.0.1:6379 (parameter 'port' of library service 'web', at r:20:24)"});
  CHECK(problems_with("use: {web: {pace: 3, config: c}}") ==
        Lines{"r:25:25: '3' has no unit; expected a duration such as 500ms, 2s, 1m30s, 1h or 1d "
              "(parameter 'pace' of library service 'web', at r:18:21)"});
  CHECK(problems_of_library("external: {}, description: '${p} ${q}', owner: '${a'",
                            "{s: {p: '${b', q: 1}}") ==
        Lines{"r:4:62: this '${' begins no ${NAME} or ${NAME:-DEFAULT}; for a plain '${' write "
              "'$${'"});
  CHECK(problems_of_library("external: {}, severity: '${p}${q}'", "{s: {p: a, q: b}}") ==
        Lines{"r:6:20: 'ab' is not known here; expected info, ticket or page (parameters 'p', 'q' "
              "of library service 's', at r:4:39)"});
}

TEST_CASE("wrong uses are told of, with what was meant") {
  CHECK(problems_with("use: web") ==
        Lines{"r:25:12: library service 'web' needs the parameter 'config', declared at r:9:7"});
  CHECK(problems_with("use: {web: {prot: 3, config: a}}") ==
        Lines{"r:25:19: library service 'web' has no parameter 'prot'; did you mean 'port'?"});
  CHECK(problems_with("use: wep") ==
        Lines{"r:25:12: there is no library service 'wep'; did you mean 'web'?"});
  CHECK(problems_with("use: {web: {config: c}, x: {}}") ==
        Lines{"r:25:31: 'x' stands beside 'web'; a service uses one library service"});
  CHECK(problems_with("use: {web: {config: [c]}}").front() ==
        "r:25:27: expected a single value, found a list");
  CHECK(problems_with("use: {web: {config: }}").front() ==
        "r:25:27: expected a single value, found nothing");
  CHECK(problems_with("use: {}").front() ==
        "r:25:12: expected the name of a library service, or a mapping of its name to parameters");
  CHECK(problems_with("use: [web]").size() == 1);
  CHECK(problems_with("use: ").size() == 1);
  CHECK(problems_with("use: {web: {config: a}}, use: web") ==
        Lines{"r:25:6: the key 'use' is given twice in this service"});
  CHECK(problems_with("use: ../web").front().find("there is no library service") !=
        std::string::npos);
}

TEST_CASE("what does not fit what the library brings names both places") {
  CHECK(problems_with("use: {web: {config: c}}, external: {}, remediation: [{restart: {}, on: "
                      "[answer]}]") ==
        Lines{"r:25:60: service 'w' cannot carry out 'restart': its 'external' has no 'restart', "
              "nor both 'stop' and 'start'",
              "r:25:79: service 'w' has no condition 'answer'; did you mean 'answers'?"});
  CHECK(problems_with("use: {web: {config: c}}, external: {reload: [a]}") ==
        Lines{"r:25:13: service 'w' cannot carry out 'restart': its 'external' has no 'restart', "
              "nor both 'stop' and 'start' (library service 'web', at r:21:29)"});
  CHECK(problems_with("use: {web: {config: c}}, probes: {answers: {intervall: 1s}}") ==
        Lines{"r:25:51: unknown key 'intervall' in probe; did you mean 'interval'?"});
  CHECK(problems_with("use: {web: {config: c}}, depends_on: {db: {}, dc: {}}") ==
        Lines{"r:25:53: there is no service 'dc'; did you mean 'db'?"});
}

TEST_CASE("a library service is looked at by itself, used or not") {
  const auto wrong = [](const std::string& entry) {
    return problems_of("library:\n  s: {" + entry + "}\nservices: {}\n");
  };
  CHECK(wrong("service: {external: {}, ownr: a}") ==
        Lines{"r:2:31: unknown key 'ownr' in service; did you mean 'owner'?"});
  CHECK(wrong("service: {probes: {p: {interval: 5}}}").size() == 1);
  CHECK(wrong("parameters: {t: {default: 5}}, service: {probes: {p: {interval: '${t}'}}}") ==
        Lines{"r:2:33: '5' has no unit; expected a duration such as 500ms, 2s, 1m30s, 1h or 1d "
              "(parameter 't' of library service 's', at r:2:71)"});
  CHECK(wrong("service: {process: {command: [a]}, remediation: [{restart: {}, on: [a]}]}").size() ==
        1);
  CHECK(wrong("parameters: {instance: {}}, service: {}").size() == 1);
  CHECK(wrong("parameters: {a-b: {}}, service: {}").size() == 1);
  CHECK(wrong("parameters: {}") ==
        Lines{"r:2:6: library service lacks the key 'service' (service)"});
  CHECK(wrong("service: []").size() == 1);
  // In part, and with what only its user knows.
  CHECK(wrong("parameters: {p: {}}, service: {probes: {p: {interval: '${p}', timeout: 1s}}, "
              "remediation: [{restart: {}, on: [x]}], process: {stop: {timeout: '${p}'}}}")
            .empty());
  CHECK(wrong("service: {owner: 'number ${instance}'}").empty());
  // Told once, not by everyone who uses it.
  CHECK(problems_of_library("external: {}, ownr: a", "{s: {p: 1}}").size() == 1);
}

TEST_CASE("library services may use each other, but not themselves") {
  const std::string base =
      "library:\n"
      "  base: {parameters: {n: {}}, service: {external: {}, limits: {actions: '${n}'}, "
      "owner: b}}\n"
      "  mid: {parameters: {m: {default: 3}}, service: {use: {base: {n: '${m}'}}, owner: m}}\n";
  const Policy policy =
      policy_of(base + "services: {a: {use: mid}, b: {use: {mid: {m: 4}}, owner: me}}\n");
  CHECK(policy.services.at(0)->limits.actions == 3);
  CHECK(policy.services.at(0)->owner == "m");
  CHECK(policy.services.at(1)->limits.actions == 4);
  CHECK(policy.services.at(1)->owner == "me");
  CHECK(problems_of(base + "services: {b: {use: {mid: {m: x}}}}\n") ==
        Lines{"r:4:31: 'x' is not a whole number from 0 to 1000000 (parameter 'n' of library "
              "service 'base', at r:2:73) (parameter 'm' of library service 'mid', at r:3:66)"});
  const Lines cycle = problems_of(
      "library:\n  a: {service: {use: b}}\n  b: {service: {use: a}}\nservices: {s: {use: a}}\n");
  REQUIRE(cycle.size() == 1);
  CHECK(cycle.front() == "r:3:22: library service 'a' uses itself");
}

TEST_CASE("services keep their order, and `instances` works with `use`") {
  const Policy policy = policy_of(
      "services:\n"
      "  a: {use: {s: {n: '1${instance}'}}, instances: 2, depends_on: [c]}\n"
      "  b: {external: {}, depends_on: [a, d]}\n"
      "  c: {use: {s: {n: 5}}}\n"
      "  d: {external: {}, depends_on: [c]}\n"
      "library:\n"
      "  s: {parameters: {n: {}, i: {default: 1}}, service: {external: {}, limits: {actions: "
      "'${n}'}}}\n");
  Lines names;
  for (const auto& service : policy.services) names.push_back(service->name);
  CHECK(names == Lines{"a-1", "a-2", "b", "c", "d"});
  CHECK(policy.services.at(1)->limits.actions == 12);
  CHECK(policy.services.at(2)->depends_on.size() == 3);
  CHECK(problems_of("services:\n  a: {use: s, depends_on: [b]}\n  b: {external: {}, depends_on: "
                    "[a]}\nlibrary: {s: {service: {external: {}}}}\n")
            .size() == 1);
  CHECK(problems_of("services:\n  a: {use: s}\n  a: {external: {}}\nlibrary: {s: {service: "
                    "{external: {}}}}\n")
            .size() == 1);
}

TEST_CASE("what a library service brings into warnings is told of where it is used") {
  const Loaded loaded = parse_rules(
      "library:\n  s: {service: {external: {}, probes: {p: {tcp: 'h:1', interval: 1s, timeout: "
      "5s}}}}\nservices: {a: {use: s}}\n",
      "r");
  REQUIRE(loaded.policy);
  CHECK(lines_of(loaded.warnings).back() ==
        "r:3:21: 'timeout' (5s) is longer than 'interval' (1s): a look that hangs makes the next "
        "ones late (library service 's', at r:2:70)");
}
