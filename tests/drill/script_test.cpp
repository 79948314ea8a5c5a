// Fault scripts: what is read, and what is said of mistakes.

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "core/rules.hpp"
#include "drill/script.hpp"
#include "support/temporary_folder.hpp"

using namespace heald;
using namespace heald::sim;
using heald::test::TemporaryFolder;

namespace {

Policy shop() {
  ServicePolicy redis = rehearsal::process("redis", {rehearsal::probe("answers")});
  redis.remediation.push_back(rehearsal::rung(ReprovisionAction{}));
  redis.remediation.own().back().name = "restore";
  return rehearsal::rules({redis, rehearsal::process("web", {rehearsal::probe("serves")})});
}

FaultScript read(const std::string& text) {
  ReadScript read = parse_faults(text, "faults.yaml", shop());
  for (const Problem& problem : read.problems) FAIL_CHECK(to_string(problem));
  REQUIRE(read.script);
  return *read.script;
}

std::vector<std::string> problems_of(const std::string& text) {
  std::vector<std::string> found;
  for (const Problem& problem : parse_faults(text, "f", shop()).problems) {
    found.push_back(to_string(problem));
  }
  return found;
}

Fault fault(FaultKind kind) {
  return {.at = 5min, .kind = std::move(kind), .services = {}, .lasting = {}, .cured_by = {}};
}

/// One of each kind, every field told from its default.
std::vector<Fault> one_of_each() {
  const auto all = [](Fault made) {
    made.services = {"redis", "web"};
    made.lasting = 90s;
    return made;
  };
  Fault crash = all(fault(Crash{{ExitStatus::Kind::signaled, 9, true}, 2s}));
  crash.cured_by = Cure{{ActionKind::exec}, {"restore"}};
  Fault bad = all(fault(AnswerBadly{"answers"}));
  bad.cured_by = Cure{};
  Fault journal = fault(FailJournal{});
  journal.lasting = 1h;
  Fault stall = fault(Stall{});
  stall.lasting = 1500ms;
  return {crash, bad, journal, stall,
          fault(Crash{{ExitStatus::Kind::exited, 78, false}, 0s}),
          all(fault(Hang{"serves"})),
          fault(Flap{1s, 2min, "answers"}),
          fault(SlowDown{700ms, "answers"}),
          fault(Leak{3min, Leak::Then::crash}),
          fault(FailToStart{}),
          fault(NeedDependencies{}),
          fault(StartSlowly{40s}),
          fault(ActionsGo{
              ActionsGo::How::report_twice, {ActionKind::reload, ActionKind::http}, 7s}),
          fault(ProbesGo{ProbesGo::How::late, "serves", 4s}),
          fault(KillHeald{9s, KillHeald::InFlight::done, Restarted::Boot::another}),
          fault(JumpClock{3h}),
          fault(Operate{Operation::pause, Operated::Dependents::include, 2h}),
          fault(Operate{Operation::confirm, Operated::Dependents::refuse, {}})};
}

}  // namespace

TEST_CASE("a fault reads back from the line that it is written as") {
  for (const Fault& each : one_of_each()) {
    INFO(to_script(each));
    const FaultScript script = read("faults:\n  - " + to_script(each) + "\n");
    REQUIRE(script.faults.size() == 1);
    CHECK(script.faults.front() == each);
  }
}

TEST_CASE("a script says how long, from which seed, and when its clock starts") {
  const FaultScript script = read("{for: 3h, seed: 42, settle: 0s, faults: []}");
  CHECK(script.length == Duration{3h});
  CHECK(script.seed == 42U);
  CHECK(script.settling == Duration{0s});
  const FaultScript silent = read("faults: [{at: 1h, hang: {}, lasting: 10m, service: web}]");
  CHECK(silent.faults.front().services == std::vector<std::string>{"web"});
  const Scenario scenario = scenario_of(std::make_shared<const Policy>(shop()), silent);
  CHECK(scenario.length == 2h + 10min);
  CHECK(scenario.seed == 1);
}

TEST_CASE("every mistake is told at its place, with what may have been meant") {
  CHECK(problems_of("faults:\n"
                    "  - {at: 5, hang: {}}\n"
                    "  - {hangs: {}}\n"
                    "  - {hang: {}, crash: {}}\n"
                    "  - {hang: {}, service: rediss}\n"
                    "  - {hang: {probe: anwsers}, services: [redis]}\n"
                    "  - {hang: {}, cured_by: [restor]}\n") ==
        std::vector<std::string>{
            "f:2:10: '5' has no unit; expected a duration such as 500ms, 2s, 1m30s, 1h or 1d",
            "f:3:6: unknown key 'hangs' in fault; did you mean 'hang'?",
            "f:4:16: 'crash' stands beside 'hang'; fault takes only one of crash, hang, "
            "answer_badly, flap, slow_down, leak, fail_to_start, need_dependencies, start_slowly, "
            "actions, probes, kill_heald, fail_journal, stall, jump_clock, operate or reload",
            "f:5:25: the rules have no service 'rediss'; did you mean 'redis'?",
            "f:6:12: no service that this hits has a probe 'anwsers'; did you mean 'answers'?",
            "f:7:27: 'restor' is neither an action nor a rung of a service that this hits; did you "
            "mean 'restore'?"});
}

TEST_CASE("what makes no sense together is told") {
  CHECK(problems_of("faults: [{stall: {}}]").at(0) ==
        "f:1:18: a stall has to end; say how long by 'lasting'");
  CHECK(problems_of("faults: [{kill_heald: {}, lasting: 1m}]").at(0) ==
        "f:1:23: 'kill_heald' is over at once; leave 'lasting' out");
  CHECK(problems_of("faults: [{fail_journal: {}, service: web}]").at(0) ==
        "f:1:38: 'fail_journal' happens to heald, and hits no service");
  CHECK(problems_of("faults: [{probes: {}, cured_by: [restart]}]").at(0) ==
        "f:1:19: 'probes' is cured by nothing; leave 'cured_by' out");
  CHECK(problems_of("faults: [{crash: {status: 1, signal: SIGKILL}}]").at(0) ==
        "f:1:30: 'signal' stands beside 'status'; a process ends by one");
  CHECK(problems_of("faults: [{hang: {}, service: web, services: [redis]}]").size() == 1);
  CHECK(problems_of("").at(0) == "f:1:1: the script is empty; expected at least 'faults: []'");
  CHECK(problems_of("for: 1h").at(0) ==
        "f:1:1: fault script lacks the key 'faults' (list of fault)");
}

TEST_CASE("rules to reload stand beside the script, and their names may be hit") {
  const TemporaryFolder folder;
  std::ofstream{folder.file("new.yaml")}
      << "services: {cache: {process: {command: [cache]}}}\n";
  std::ofstream{folder.file("bad.yaml")} << "services: {cache: {proces: {}}}\n";
  const ReadScript good = parse_faults(
      "faults: [{reload: new.yaml}, {crash: {}, service: cache}]", folder.file("f"), shop());
  REQUIRE(good.script);
  REQUIRE(good.script->reloads.size() == 1);
  CHECK(std::get<ReloadRules>(good.script->faults.front().kind).rules == 1);
  const ReadScript bad =
      parse_faults("faults: [{reload: bad.yaml}]", folder.file("f"), shop());
  REQUIRE(bad.problems.size() >= 2);
  CHECK(bad.problems.at(1).file == folder.file("bad.yaml"));
}

TEST_CASE("a script that cannot be read is a problem of the file") {
  const ReadScript read = read_faults("/nowhere/faults.yaml", shop());
  REQUIRE(read.problems.size() == 1);
  CHECK(read.problems.front().line == 0);
}

TEST_CASE("without a script every service has its turn, and the machine is rebooted at last") {
  const std::vector<Fault> faults = default_faults(shop());
  REQUIRE(faults.size() == 7);
  CHECK(faults.front().services == std::vector<std::string>{"redis"});
  CHECK(std::holds_alternative<KillHeald>(faults.back().kind));
  for (std::size_t place = 1; place < faults.size(); ++place) {
    CHECK(faults[place].at - faults[place - 1].at == 30min);
  }
}

TEST_CASE("the reference in docs/simulate.md is the one that the tables give") {
  std::ostringstream content;
  content << std::ifstream{HEALD_SIMULATE_DOC}.rdbuf();
  const std::string text = content.str();
  const std::size_t marker = text.find(faults_marker);
  REQUIRE(marker != std::string::npos);
  // Rewritten by: heald_faults_doc docs/simulate.md
  CHECK(text.substr(marker + faults_marker.size()) == faults_reference());
}
