// Every form in which a rule can be written, and what comes of it.

#include <catch2/catch.hpp>

#include "policy/shipped_dialogues.hpp"
#include "policy/support.hpp"

using namespace heald;
using namespace heald::test;

TEST_CASE("files of variables and of secrets are named, not read") {
  const ServicePolicy service = service_of(
      "process: {command: [a], env_files: [/nowhere/a.env, -b.env], secret_files: {PASSWORD: "
      "/nowhere/secret}}");
  CHECK(service.process()->exec.env_files == std::vector<std::string>{"/nowhere/a.env", "-b.env"});
  CHECK(service.process()->exec.secret_files ==
        std::map<std::string, std::string>{{"PASSWORD", "/nowhere/secret"}});
  CHECK(complaint_of("process: {command: [a], env_files: a.env}") ==
        "expected list of path, found 'a.env'");
  CHECK(complaint_of("process: {command: [a], env_files: ['']}") == "an empty path");
  CHECK(complaint_of("process: {command: [a], secret_files: {A B: /x}}") ==
        "'A B' is not an environment variable's name: letters, digits and '_'");
  CHECK(complaint_of("process: {command: [a], secret_files: {A: ''}}") == "an empty path");
}

TEST_CASE("a service that says nothing has the documented defaults") {
  const ServicePolicy service = service_of("process: {command: [sleep, 60]}");
  REQUIRE(service.process() != nullptr);
  CHECK(service.process()->exec.command == Argv{"sleep", "60"});
  CHECK_FALSE(service.process()->exec.shell);
  CHECK(service.process()->stop == StopPolicy{});
  CHECK(service.process()->reload.number == 1);
  CHECK(service.group == "all");
  CHECK(service.limits == LimitPolicy{});
  CHECK(service.backoff == BackoffPolicy{});
  CHECK(service.slow_retry == Duration{30min});
  REQUIRE(service.remediation.size() == 1);
  const RungPolicy& rung = service.remediation.front();
  CHECK(rung.name == "restart");
  CHECK(kind_of(rung.action) == ActionKind::restart);
  CHECK(rung.attempts == 3);
  CHECK(rung.timeout == 1min);
  CHECK(rung.verify == VerifyPolicy{});
}

TEST_CASE("only what can be restarted is restarted by default") {
  CHECK(service_of("external: {}").remediation.empty());
  CHECK(service_of("external: {stop: [a]}").remediation.empty());
  CHECK(service_of("external: {reload: [a]}").remediation.empty());
  CHECK(service_of("external: {restart: [a]}").remediation.size() == 1);
  CHECK(service_of("external: {stop: [a], start: [b]}").remediation.size() == 1);
  CHECK(service_of("process: {command: [a]}, remediation: []").remediation.empty());
}

TEST_CASE("a command is a list, a mapping, or a line for the shell") {
  const ServicePolicy service = service_of(
      "external: {start: [a, b], stop: {command: [c], user: u, directory: /d}, "
      "restart: {shell: 'a | b'}}");
  CHECK(service.external()->start->command == Argv{"a", "b"});
  CHECK(service.external()->stop->command == Argv{"c"});
  CHECK(service.external()->stop->user == "u");
  CHECK(service.external()->stop->directory == "/d");
  CHECK(service.external()->restart->command == Argv{"/bin/sh", "-c", "a | b"});
  CHECK(service.external()->restart->shell);
  CHECK_FALSE(service.external()->reload);
}

TEST_CASE("everything about a process is read") {
  const ServicePolicy service = service_of(
      "process: {command: [a], user: u, group: g, directory: /d, environment: {A: 1, B: ''}, "
      "umask: 0027, limits: {nofile: 1024, core: unlimited, memlock: {soft: 1MiB, hard: 2MiB}, "
      "cpu: 10s, rttime: 5ms}, pre_start: [[b], [c, d]], stop: {signal: QUIT, timeout: 0s}, "
      "reload: {signal: SIGUSR1}, ready: started, output: inherit, "
      "exit: {success: [0, 3], on_success: done, never_restart: [78], "
      "crash_loop: {exits: 4, within: 2m}}}");
  const ProcessRuntime& process = *service.process();
  CHECK(process.exec.group == "g");
  CHECK(process.exec.environment == std::map<std::string, std::string>{{"A", "1"}, {"B", ""}});
  CHECK(process.umask == 027U);
  CHECK(process.limits == std::vector<ResourceLimit>{{"nofile", 1024, 1024},
                                                     {"core", {}, {}},
                                                     {"memlock", 1U << 20U, 2U << 20U},
                                                     {"cpu", 10, 10},
                                                     {"rttime", 5000, 5000}});
  CHECK(process.pre_start == std::vector<Argv>{{"b"}, {"c", "d"}});
  CHECK(process.stop == StopPolicy{Signal{3}, 0s});
  CHECK(process.reload.number == 10);
  CHECK(process.ready == Readiness::started);
  CHECK(process.output == Output::inherit);
  CHECK(process.exit == ExitPolicy{{0, 3}, OnSuccess::done, {78}, 4, 2min});
}

TEST_CASE("an HTTP probe may be just its URL") {
  const ProbePolicy probe = probe_of("http: 'http://localhost/x'");
  const auto& http = std::get<HttpProbe>(probe.kind);
  HttpProbe expected;
  expected.request.url = "http://localhost/x";
  CHECK(http == expected);
  CHECK(probe.source == "loopback");
  CHECK(probe.address == "localhost:80");
  CHECK(probe.interval == 10s);
  CHECK(probe.timeout == 3s);
}

TEST_CASE("everything about an HTTP probe is read") {
  const ProbePolicy probe = probe_of(
      "http: {url: 'https://example.org/x', method: POST, headers: {X-A: b, X-C: d}, data: hello, "
      "status: [200-299, 404], "
      "body: {contains: ok, matches: '^o', json: {pointer: /a, equals: 3}}, "
      "latency: {below: 1s}, tls: {verify: false, ca_file: /c, server_name: n}, redirects: 2}, "
      "role: ready, failure_threshold: 2, success_threshold: 4, start_period: 5s, source: dmz");
  const auto& http = std::get<HttpProbe>(probe.kind);
  CHECK(http.request.method == "POST");
  CHECK(http.request.headers ==
        std::vector<std::pair<std::string, std::string>>{{"X-A", "b"}, {"X-C", "d"}});
  CHECK(http.request.body == "hello");
  CHECK(http.request.tls == TlsPolicy{false, "/c", "n"});
  CHECK(http.status == std::vector<StatusRange>{{200, 299}, {404, 404}});
  CHECK(http.body == BodyAssertion{"ok", "^o", BodyAssertion::JsonEquals{"/a", "3"}});
  CHECK(http.latency_below == Duration{1s});
  CHECK(http.max_redirects == 2);
  CHECK(probe.role == ProbeRole::ready);
  CHECK(probe.failure_threshold == 2);
  CHECK(probe.success_threshold == 4);
  CHECK(probe.start_period == 5s);
  CHECK(probe.source == "dmz");
  CHECK(probe.address == "example.org:443");
}

TEST_CASE("what a JSON body must hold keeps its JSON type") {
  const auto equals = [](const std::string& value) {
    const ProbePolicy probe =
        probe_of("http: {url: 'http://a/', body: {json: {pointer: /a, equals: " + value + "}}}");
    return std::get<HttpProbe>(probe.kind).body.json->equals;
  };
  CHECK(equals("3") == "3");
  CHECK(equals("-1.5e3") == "-1.5e3");
  CHECK(equals("'3'") == "\"3\"");
  CHECK(equals("007") == "\"007\"");
  CHECK(equals("true") == "true");
  CHECK(equals("ok") == "\"ok\"");
  CHECK(equals("null") == "null");
  CHECK(equals("[1, a, {b: \"c\\n\"}]") == R"([1,"a",{"b":"c\n"}])");
}

TEST_CASE("a status may stand alone, as a range, or in a list") {
  const auto statuses = [](const std::string& status) {
    return std::get<HttpProbe>(
               probe_of("http: {url: 'http://a/', status: " + status + "}").kind).status;
  };
  CHECK(statuses("204") == std::vector<StatusRange>{{204, 204}});
  CHECK(statuses("200-399") == std::vector<StatusRange>{{200, 399}});
  CHECK(statuses("[200, 204]") == std::vector<StatusRange>{{200, 200}, {204, 204}});
}

TEST_CASE("a TCP probe is an address, or more") {
  CHECK(std::get<TcpProbe>(probe_of("tcp: '127.0.0.1:6379'").kind) ==
        TcpProbe{"127.0.0.1", 6379, {}, {}});
  const ProbePolicy probe = probe_of(
      "tcp: {address: '[2001:db8::1]:6380', send: \"PING\\r\\n\", expect: +PONG, tls: {}}");
  CHECK(std::get<TcpProbe>(probe.kind) ==
        TcpProbe{"2001:db8::1",
                 6380,
                 TlsPolicy{},
                 {{DialogueStep::Kind::send, "PING\r\n"}, {DialogueStep::Kind::expect, "+PONG"}}});
  CHECK(probe.source == "network");
  CHECK(probe.address == "[2001:db8::1]:6380");
}

TEST_CASE("what is sent comes first, in whatever order the keys stand") {
  const ProbePolicy probe = probe_of("unix: {matches: ^OK, send: status, path: /run/web.sock}");
  CHECK(std::get<UnixProbe>(probe.kind) ==
        UnixProbe{"/run/web.sock",
                  {{DialogueStep::Kind::send, "status"}, {DialogueStep::Kind::matches, "^OK"}}});
  CHECK(probe.source == "loopback");
  CHECK(probe.address == "/run/web.sock");
  CHECK(std::get<UnixProbe>(probe_of("unix: '@web'").kind).path == "@web");
}

TEST_CASE("a dialogue is a list of steps, or one that heald brings") {
  using Kind = DialogueStep::Kind;
  const auto dialogue = [](const std::string& text) {
    return std::get<TcpProbe>(probe_of("tcp: {address: 'a:25', dialogue: " + text + "}").kind);
  };
  const TcpProbe steps =
      dialogue("[{expect: '220 '}, {send: \"STARTTLS\\r\\n\"}, {matches: '^220'}, starttls]");
  CHECK(steps.dialogue == DialogueSteps{{Kind::expect, "220 "},
                                   {Kind::send, "STARTTLS\r\n"},
                                   {Kind::matches, "^220"},
                                   {Kind::starttls, ""}});
  CHECK(steps.tls == TlsPolicy{});
  CHECK(dialogue("[{send_hex: 00 0aFF}, {expect_hex: '16 03'}]").dialogue ==
        DialogueSteps{{Kind::send, {"\0\x0a\xff", 3}}, {Kind::expect, "\x16\x03"}});
  CHECK(dialogue("redis").dialogue.front() == DialogueStep{Kind::send, "PING\r\n"});
  for (const std::string_view name : shipped_dialogue_names()) {
    INFO(name);
    CHECK_FALSE(dialogue(std::string{name}).dialogue.empty());
  }
}

TEST_CASE("an exec probe is a command, or more") {
  const ProbePolicy bare = probe_of("exec: [check, now]");
  CHECK(std::get<ExecProbe>(bare.kind).exec.command == Argv{"check", "now"});
  CHECK(bare.source == "exec");
  CHECK(bare.address == "check");
  const ProbePolicy full = probe_of("exec: {shell: check, success: [0, 1], environment: {A: b}}");
  CHECK(std::get<ExecProbe>(full.kind).success == std::vector<int>{0, 1});
  CHECK(std::get<ExecProbe>(full.kind).exec.shell);
}

TEST_CASE("a notify probe has no keys, and a watchdog's longest silence is its interval") {
  const auto own_probe = [](const std::string& body) {
    return service_of("process: {command: [a]}, probes: {p: {" + body + "}}").probes.at(0);
  };
  const ProbePolicy notify = own_probe("notify: {}");
  CHECK(std::holds_alternative<NotifyProbe>(notify.kind));
  CHECK(notify.source == "notify");
  const auto within = [&](const std::string& body) {
    return std::get<WatchdogProbe>(own_probe(body).kind).within;
  };
  CHECK(within("watchdog: {}, interval: 7s") == 7s);
  CHECK(within("watchdog: {within: 3s}, interval: 7s") == 3s);
}

TEST_CASE("who is ready by its own word has a probe that hears it, with time to get ready") {
  const ServicePolicy service = service_of("process: {command: [a], ready: notify}");
  REQUIRE(service.probes.size() == 1);
  CHECK(service.probes[0].name == "notify");
  CHECK(service.probes[0].start_period == 90s);
  const ServicePolicy own = service_of(
      "process: {command: [a], ready: notify}, probes: {up: {notify: {}, start_period: 5s}}");
  REQUIRE(own.probes.size() == 1);
  CHECK(own.probes[0].start_period == 5s);
}

TEST_CASE("a rung may be just the name of its action") {
  for (const char* word : {"restart", "start", "stop", "reload", "notify"}) {
    const RungPolicy rung = rung_of(word);
    INFO(word);
    CHECK(rung.name == word);
    CHECK(to_string(kind_of(rung.action)) == word);
  }
  CHECK(rung_of("start").attempts == 3);
  CHECK(rung_of("reload").attempts == 1);
}

TEST_CASE("each action is read with what it needs") {
  CHECK(std::get<SignalAction>(rung_of("{signal: SIGHUP}").action).signal.number == 1);
  CHECK(std::get<SignalAction>(rung_of("{signal: {signal: USR1}}").action).signal.number == 10);
  CHECK(std::get<ExecAction>(rung_of("{exec: [a, b]}").action).exec.command == Argv{"a", "b"});
  const RungPolicy http = rung_of("{http: {url: 'http://a/', method: POST, status: 202}}");
  CHECK(std::get<HttpAction>(http.action).request.method == "POST");
  CHECK(std::get<HttpAction>(http.action).status == std::vector<StatusRange>{{202, 202}});
  const RungPolicy rebuild = rung_of("{name: rebuild, reprovision: {command: [a], timeout: 2m}}");
  CHECK(rebuild.name == "rebuild");
  CHECK(rebuild.destructive);
  CHECK(rebuild.timeout == 2min);
  CHECK_FALSE(rung_of("{reprovision: [a], destructive: false}").destructive);
  CHECK(kind_of(rung_of("{restart: }").action) == ActionKind::restart);
}

TEST_CASE("everything about a rung is read") {
  const RungPolicy rung = rung_of(
      "{restart: {}, name: r, on: [p, process, exited, oom, crash_loop], attempts: 7, timeout: 5s, "
      "verify: {probes: [p, process], within: 1m, stable_for: 0s}, destructive: true}");
  CHECK(rung.name == "r");
  CHECK(rung.on == std::vector<std::string>{"p", "process", "exited", "oom", "crash_loop"});
  CHECK(rung.attempts == 7);
  CHECK(rung.timeout == 5s);
  CHECK(rung.verify == VerifyPolicy{{"p", "process"}, 1min, 0s});
  CHECK(rung.destructive);
}

TEST_CASE("telling people is verified at once, unless the rules say more") {
  CHECK(rung_of("notify").verify == VerifyPolicy{{}, 0s, 0s});
  CHECK(rung_of("{notify: {message: m}, verify: {within: 5s}}").verify ==
        VerifyPolicy{{}, 5s, 0s});
}

static DependencyPolicy plainly(const std::string& service) {
  DependencyPolicy edge;
  edge.service = service;
  return edge;
}

TEST_CASE("dependencies are a list of names, or say how they are meant") {
  const Policy policy = policy_of(
      "services: {a: {external: {}}, m: {process: {command: [x], exit: {on_success: done}}}, "
      "b: {external: {}, depends_on: [a]}, "
      "c: {external: {}, depends_on: {a: {until: started, gate: false, on_restart: reload}, "
      "b: , m: {until: done}}}}");
  CHECK(policy.services.at(2)->depends_on == std::vector<DependencyPolicy>{plainly("a")});
  CHECK(policy.services.at(3)->depends_on ==
        std::vector<DependencyPolicy>{
            {"a", DependencyUntil::started, false, OnDependencyRestart::reload},
            plainly("b"),
            {"m", DependencyUntil::done, true, OnDependencyRestart::nothing}});
}

TEST_CASE("the rest of a service is read") {
  const ServicePolicy service = service_of(
      "external: {}, backoff: {initial: 2s, max: 4s, factor: 1.5, jitter: 0%}, "
      "limits: {actions: 0, per: 1h}, reset_after: 5m, slow_retry: never, observe: true, "
      "on_journal_loss: act, severity: ticket, labels: {a.b: c}, "
      "notify: {on: [latched], repeat: 2h}");
  CHECK(service.backoff == BackoffPolicy{2s, 4s, 1.5, Share{0}});
  CHECK(service.limits == LimitPolicy{0, 1h});
  CHECK(service.reset_after == 5min);
  CHECK_FALSE(service.slow_retry);
  CHECK(service.observe);
  CHECK(service.act_without_journal);
  CHECK(service.severity == Severity::ticket);
  CHECK(service.labels == std::map<std::string, std::string>{{"a.b", "c"}});
  CHECK(service.notify == NotifyPolicy{{}, {Occasion::latched}, 2h});
}
