#include <catch2/catch.hpp>
#include <cstdlib>

#include "cli/terminal.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {

TEST_CASE("wrong usage ends with 2 and says why on standard error") {
  const std::vector<std::vector<std::string>> wrong{
      {},
      {"jump"},
      {"status", "--colour"},
      {"stop"},
      {"explain"},
      {"status", "-o", "xml"},
      {"events", "--limit", "0"},
      {"run", "--log-level", "loud"}};
  for (const auto& arguments : wrong) {
    const auto printed = heald(arguments);
    CHECK(printed.status == 2);
    CHECK_FALSE(printed.err.empty());
    CHECK(printed.out.empty());
  }
}

TEST_CASE("a verb that there is not is told with the one that was meant") {
  CHECK(contains(heald({"statu"}).err, "there is no verb 'statu'; did you mean 'status'?"));
  CHECK(contains(heald({}).err, "run, check, schema, simulate, status"));
  CHECK(contains(heald({"status", "-o", "xml"}).err, "'xml' is not table or json"));
}

TEST_CASE("help speaks of verbs and shows nothing of how it is made") {
  const auto help = heald({"events", "--help"}).out;
  CHECK(contains(help, "-o,--output FORMAT"));
  CHECK_FALSE(contains(help, "INT in"));
  CHECK_FALSE(contains(help, "->"));
  CHECK(contains(heald({"--help"}).out, "[VERB]"));
}

TEST_CASE("help and version are no errors") {
  CHECK(heald({"--help"}).status == 0);
  CHECK(contains(heald({"--help"}).out, "explain"));
  CHECK(contains(heald({"restart", "--help"}).out, "--with-dependents"));
  CHECK(heald({"version"}).out.rfind("heald ", 0) == 0);
  CHECK(contains(heald({"version", "-o", "json"}).out, "{\"version\":\""));
}

TEST_CASE("run hands its options over and returns what run returns") {
  RunOptions seen;
  Verbs verbs;
  verbs.run = [&](const RunOptions& options) {
    seen = options;
    return 7;
  };
  const auto printed = heald({"run", "--observe", "--config", "a.yaml", "--socket", "s",
                              "--state-dir", "none", "--telemetry", "off", "--log-level", "debug"},
                             Console::Paint::plain, verbs);
  CHECK(printed.status == 7);
  CHECK(seen.observe);
  CHECK(seen.locations.config == "a.yaml");
  CHECK(seen.locations.socket == "s");
  CHECK(seen.locations.state_dir == "none");
  CHECK(seen.locations.telemetry == "off");
  CHECK(seen.log_level == LogLevel::debug);
  CHECK(heald({"run", "b.yaml"}, Console::Paint::plain, verbs).status == 7);
  CHECK(seen.locations.config == "b.yaml");
}

TEST_CASE("a daemon that cannot be reached ends with 4, naming its socket and how to start it") {
  const TemporaryFolder folder;
  const auto socket = folder.file("heald.sock");
  const std::vector<std::vector<std::string>> verbs{
      {"status"},       {"explain", "web"}, {"incidents"},
      {"events", "-f"}, {"stop", "web"},    {"confirm"}};
  for (auto arguments : verbs) {
    arguments.insert(arguments.end(), {"--socket", socket});
    const auto printed = heald(arguments);
    CHECK(printed.status == 4);
    CHECK(contains(printed.err, socket));
    CHECK(contains(printed.err, "heald run --config"));
    CHECK(printed.out.empty());
  }
}

TEST_CASE("a socket's path that is too long is told like an absent daemon") {
  const auto printed = heald({"status", "--socket", "/" + std::string(300, 'x')});
  CHECK(printed.status == 4);
}

TEST_CASE("the environment names the socket where the flag is silent") {
  const TemporaryFolder folder;
  REQUIRE(::setenv("HEALD_SOCKET", folder.file("from-environment").c_str(), 1) == 0);
  CHECK(contains(heald({"status"}).err, "from-environment"));
  CHECK(contains(heald({"status", "--socket", folder.file("flag")}).err, folder.file("flag")));
  ::unsetenv("HEALD_SOCKET");
}

TEST_CASE("check tells what it understood") {
  const TemporaryFolder folder;
  const auto file = folder.write("heald.yaml",
                                 "receivers: {oncall: {exec: [tell]}}\n"
                                 "services:\n"
                                 "  web:\n"
                                 "    process: {command: [sleep, inf]}\n"
                                 "    notify: {to: [oncall]}\n"
                                 "    probes:\n"
                                 "      answers: {tcp: {address: \"127.0.0.1:80\"}}\n");
  const auto printed = heald({"check", file});
  CHECK(printed.err == "");
  CHECK(printed.out == file + ": good; 1 service, 1 probe, 1 group\n");
  CHECK(printed.status == 0);
  CHECK(contains(heald({"check", "--config", file, "-o", "json"}).out, "\"valid\":true"));
}

TEST_CASE("check warns of what is hardly meant, and takes it all the same") {
  const TemporaryFolder folder;
  const auto file = folder.write("heald.yaml",
                                 "services:\n"
                                 "  web:\n"
                                 "    process: {command: [sleep, inf]}\n"
                                 "    probes:\n"
                                 "      answers: {tcp: \"127.0.0.1:80\", timeout: 20s}\n");
  const auto printed = heald({"check", file});
  CHECK(printed.status == 0);
  CHECK(printed.out == file + ": good; 1 service, 1 probe, 1 group, 2 warnings\n");
  CHECK(contains(printed.err, file + ": warning: nobody is told when a service is latched"));
  CHECK(contains(printed.err, file + ":5:38: warning: 'timeout' (20s) is longer than"));
  const auto json = heald({"check", file, "-o", "json"});
  CHECK(json.status == 0);
  CHECK(contains(json.out, "\"valid\":true"));
  CHECK(contains(json.out, "\"warnings\":[{"));
  CHECK(contains(json.out, "\"line\":5"));
  CHECK(json.err.empty());
}

TEST_CASE("check reports five mistakes with their positions") {
  const TemporaryFolder folder;
  const auto file = folder.write("heald.yaml",
                                 "services:\n"
                                 "  web:\n"
                                 "    process: {comand: [sleep, inf]}\n"
                                 "    probes:\n"
                                 "      answers:\n"
                                 "        tcp: {address: \"nowhere\"}\n"
                                 "        interval: 5\n"
                                 "    depends_on: {mysql: {}}\n"
                                 "    colour: red\n");
  const auto printed = heald({"check", file});
  CHECK(printed.status == 2);
  CHECK(printed.out.empty());
  for (const auto* line : {":3:", ":6:", ":7:", ":8:", ":9:"}) {
    CAPTURE(printed.err, line);
    CHECK(contains(printed.err, file + line));
  }
  CHECK(contains(printed.err, " problems\n"));
  const auto json = heald({"check", file, "-o", "json"});
  CHECK(json.status == 2);
  CHECK(contains(json.out, "\"valid\":false"));
  CHECK(contains(json.out, "\"line\":7"));
}

TEST_CASE("check says that rungs for oom cannot apply, to those who have such rungs") {
  const TemporaryFolder folder;
  Verbs verbs;
  verbs.oom_problem = [] { return std::string{"no memory controller is mounted"}; };
  const auto checked = [&](const std::string& symptom, const std::string& format) {
    const auto file = folder.write("heald.yaml",
                                   "services:\n"
                                   "  web:\n"
                                   "    process: {command: [sleep, inf]}\n"
                                   "    remediation: [{on: [" + symptom + "], restart: {}}]\n");
    return heald({"check", file, "-o", format}, Console::Paint::plain, verbs);
  };
  const auto* const told = "a rung for 'oom' can never apply here: no memory controller is mounted";
  CHECK(checked("oom", "table").status == 0);
  CHECK(contains(checked("oom", "table").out, told));
  CHECK(contains(checked("oom", "json").out, "\"oom_problem\":\"no memory controller is"));
  CHECK_FALSE(contains(checked("exited", "table").out, "oom"));
  CHECK(contains(checked("exited", "json").out, "\"oom_problem\":\"\""));
}

TEST_CASE("check of a file that is not there ends with 2") {
  const TemporaryFolder folder;
  const auto printed = heald({"check", folder.file("none.yaml")});
  CHECK(printed.status == 2);
  CHECK(contains(printed.err, "none.yaml"));
}

}  // namespace heald::test
