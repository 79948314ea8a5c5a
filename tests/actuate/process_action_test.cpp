// Actions on a service's own process.

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "actuate/stage.hpp"

using namespace heald;
using heald::test::own_children;
using heald::test::runs;
using heald::test::Stage;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

TEST_CASE("start runs the command and reports its pid; stop ends it and reports no exit") {
  Stage stage;
  stage.runs_script("exec sleep 1000");
  const pid_t pid = stage.started();
  CHECK(runs(pid));
  const auto report = stage.act(StopAction{});
  CHECK(report.result == ActionResult::done);
  CHECK(report.evidence == "killed by signal 15");
  CHECK_FALSE(report.pid.has_value());
  CHECK_FALSE(runs(pid));
  CHECK(stage.exited.empty());
  CHECK(own_children().empty());
}

TEST_CASE("what is to be done at once is begun within the call, and reported after it") {
  Stage stage;
  stage.runs_script("exec sleep 1000");
  ActionOrder order = stage.order_for(StartAction{});
  order.at_once = true;
  const auto start = stage.begin(order);
  CHECK(own_children().size() == 1);
  CHECK(stage.finished.empty());
  CHECK(stage.report_of(start).result == ActionResult::done);
  SECTION("after what has begun before it") {
    stage.begin(StopAction{});
    order.id = ActionId{++stage.last_action};
    CHECK(stage.report_of(stage.begin(order)).result == ActionResult::done);
    CHECK(stage.finished.at(1).evidence == "killed by signal 15");
  }
  SECTION("and one that fails there and then is reported after it too") {
    REQUIRE(stage.act(StopAction{}).result == ActionResult::done);
    stage.process().exec.command = {"/nowhere/at/all"};
    ActionOrder hopeless = stage.order_for(StartAction{});
    hopeless.at_once = true;
    CHECK(stage.report_of(stage.begin(hopeless)).result == ActionResult::failed);
  }
}

TEST_CASE("what is so already is done") {
  Stage stage;
  stage.runs_script("exec sleep 1000");
  const pid_t pid = stage.started();
  const auto again = stage.act(StartAction{});
  CHECK(again.result == ActionResult::done);
  CHECK(again.pid == pid);
  REQUIRE(stage.act(StopAction{}).result == ActionResult::done);
  const auto stop = stage.act(StopAction{});
  CHECK(stop.result == ActionResult::done);
  CHECK(stop.evidence == "it did not run");
}

TEST_CASE("a process that a later start was answered with counts as that start's generation") {
  Stage stage;
  stage.runs_script("exec sleep 1000");
  const pid_t pid = stage.started();
  stage.act(StartAction{});
  ::kill(pid, SIGKILL);
  stage.processes.until([&] { return !stage.exited.empty(); });
  CHECK(stage.exited.front().generation == Generation{2});
}

TEST_CASE("an exit that nobody asked for is reported with its generation and status") {
  Stage stage;
  stage.runs_script("exit 7");
  const auto start = stage.begin(StartAction{});
  stage.processes.until([&] { return !stage.exited.empty(); });
  CHECK(stage.report_of(start).result == ActionResult::done);
  CHECK(stage.order_of_reports == "fx");
  CHECK(stage.exited.front().service == Stage::web);
  CHECK(stage.exited.front().generation == Generation{1});
  CHECK((stage.exited.front().status == ExitStatus{ExitStatus::Kind::exited, 7, false}));
}

TEST_CASE("workers that outlive their master are dead before its exit is reported") {
  Stage stage;
  stage.runs_script("(trap '' TERM; sleep 1000) & echo $! > " + stage.state.file("worker") +
                    "; wait");
  const pid_t pid = stage.started();
  const pid_t worker = stage.pid_from("worker");
  ::kill(pid, SIGKILL);
  stage.processes.until([&] { return !stage.exited.empty(); });
  CHECK_FALSE(runs(worker));
  CHECK(own_children().empty());
}

TEST_CASE("a process that ignores its stop signal is killed with its whole group") {
  Stage stage;
  stage.runs_script("trap '' TERM; (trap '' TERM; sleep 1000) & echo $! > " +
                    stage.state.file("worker") + "; while :; do sleep 1000; done");
  stage.process().stop.timeout = 200ms;
  const pid_t pid = stage.started();
  const pid_t worker = stage.pid_from("worker");
  const auto report = stage.act(StopAction{});
  CHECK(report.result == ActionResult::done);
  CHECK(report.evidence == "did not end within 0.2s of SIGTERM and was killed");
  CHECK_FALSE(runs(pid));
  CHECK_FALSE(runs(worker));
  CHECK(own_children().empty());
}

TEST_CASE("the action's timeout cuts the patience of a stop short") {
  Stage stage;
  stage.runs_script("trap '' TERM; echo $$ > " + stage.state.file("ready") +
                    "; while :; do sleep 1000; done");
  const pid_t pid = stage.started();
  stage.pid_from("ready");
  const auto report = stage.act(StopAction{}, 200ms);
  CHECK(report.result == ActionResult::done);
  CHECK_FALSE(runs(pid));
}

TEST_CASE("a restart whose time is over when the old process is dead starts no new one") {
  Stage stage;
  stage.runs_script("trap '' TERM; echo $$ > " + stage.state.file("ready") +
                    "; while :; do sleep 1000; done");
  stage.started();
  stage.pid_from("ready");
  const auto report = stage.act(RestartAction{}, 200ms);
  CHECK(report.result == ActionResult::timed_out);
  CHECK_FALSE(report.pid.has_value());
  CHECK(own_children().empty());
}

TEST_CASE("a suspended process takes its stop signal") {
  Stage stage;
  stage.runs_script("trap 'exit 3' TERM; echo $$ > " + stage.state.file("ready") +
                    "; while :; do sleep 0.01; done");
  const pid_t pid = stage.started();
  stage.pid_from("ready");
  ::kill(pid, SIGSTOP);
  const auto report = stage.act(StopAction{});
  CHECK(report.evidence == "exited with status 3");
}

TEST_CASE("the stop signal of the rules is sent") {
  Stage stage;
  stage.runs_script("trap 'exit 4' QUIT; echo $$ > " + stage.state.file("ready") +
                    "; while :; do sleep 0.01; done");
  stage.process().stop.signal = Signal{SIGQUIT};
  stage.started();
  stage.pid_from("ready");
  CHECK(stage.act(StopAction{}).evidence == "exited with status 4");
}

TEST_CASE("restart ends the old process before the new one starts") {
  Stage stage;
  // The script refuses to run beside another: mkdir fails when the directory is there already.
  stage.runs_script("mkdir " + stage.state.file("lock") + " || exit 9; trap 'rmdir " +
                    stage.state.file("lock") + "; exit 0' TERM; echo $$ > " +
                    stage.state.file("ready") + "; while :; do sleep 0.01; done");
  const pid_t old = stage.started();
  stage.pid_from("ready");
  const auto report = stage.act(RestartAction{});
  CHECK(report.result == ActionResult::done);
  REQUIRE(report.pid.has_value());
  CHECK(*report.pid != old);
  CHECK_FALSE(runs(old));
  stage.processes.until_outside(
      [&] { return stage.state.read("ready") == std::to_string(*report.pid) + "\n"; });
  CHECK(stage.exited.empty());
}

TEST_CASE("a command that cannot be started fails the action with the reason") {
  Stage stage;
  stage.process().exec.command = {"/nowhere/x"};
  const auto missing = stage.act(StartAction{});
  CHECK(missing.result == ActionResult::failed);
  CHECK(missing.evidence == "cannot start web: /nowhere/x: No such file or directory");
  stage.process().exec.command = {stage.state.write("plain", "")};
  CHECK_THAT(stage.act(StartAction{}).evidence, Contains("Permission denied"));
  stage.process().exec = Stage::script("true");
  stage.process().exec.directory = "/nowhere";
  CHECK_THAT(stage.act(StartAction{}).evidence, Contains("cannot enter directory /nowhere"));
  stage.process().exec = Stage::script("true");
  stage.process().exec.user = "heald-no-such-user";
  CHECK_THAT(stage.act(StartAction{}).evidence, Contains("user heald-no-such-user does not exist"));
  CHECK(stage.exited.empty());
  CHECK(own_children().empty());
}

TEST_CASE("a process whose record cannot be opened is not started") {
  Stage stage;
  stage.runs_script("touch " + stage.state.file("ran"));
  std::filesystem::remove_all(stage.state.file("run"));
  const auto report = stage.act(StartAction{});
  CHECK(report.result == ActionResult::failed);
  CHECK_THAT(report.evidence, Contains("cannot start web: cannot open child record"));
  CHECK_FALSE(std::filesystem::exists(stage.state.file("ran")));
}

TEST_CASE("pre_start steps run in order before the command, and a failure stops there") {
  Stage stage;
  const auto log = stage.state.file("steps");
  stage.runs_script("echo main >> " + log + "; exec sleep 1000");
  stage.process().pre_start = {{"sh", "-c", "echo one >> " + log},
                               {"sh", "-c", "echo two >> " + log}};
  stage.started();
  stage.processes.until_outside([&] { return stage.state.read("steps") == "one\ntwo\nmain\n"; });
  stage.process().pre_start = {{"sh", "-c", "echo bad configuration >&2; exit 1"}};
  const auto report = stage.act(RestartAction{});
  CHECK(report.result == ActionResult::failed);
  CHECK(report.evidence == "pre_start of web exited with status 1: bad configuration");
  CHECK_FALSE(report.pid.has_value());
  CHECK(own_children().empty());
}

TEST_CASE("a pre_start step that hangs is dead when the action times out") {
  Stage stage;
  stage.runs_script("touch " + stage.state.file("ran"));
  stage.process().pre_start = {{"sleep", "1000"}};
  const auto report = stage.act(StartAction{}, 200ms);
  CHECK(report.result == ActionResult::timed_out);
  CHECK(own_children().empty());
  CHECK_FALSE(std::filesystem::exists(stage.state.file("ran")));
}

TEST_CASE("post_stop steps run when it has been stopped, before it is started again") {
  Stage stage;
  const auto log = stage.state.file("steps");
  stage.runs_script("trap 'echo end >> " + log + "; exit' TERM; echo main >> " + log +
                    "; while :; do sleep 0.01; done");
  stage.process().post_stop = {{"sh", "-c", "echo one >> " + log},
                               {"sh", "-c", "echo two >> " + log}};
  stage.started();
  stage.processes.until_outside([&] { return stage.state.read("steps") == "main\n"; });
  CHECK(stage.act(RestartAction{}).result == ActionResult::done);
  stage.processes.until_outside(
      [&] { return stage.state.read("steps") == "main\nend\none\ntwo\nmain\n"; });
  CHECK(stage.act(StopAction{}).evidence == "exited with status 0");
  CHECK(stage.state.read("steps") == "main\nend\none\ntwo\nmain\nend\none\ntwo\n");
}

TEST_CASE("a post_stop step that hangs leaves time for the start") {
  Stage stage;
  stage.runs_script("exec sleep 1000");
  stage.process().post_stop = {{"sleep", "1000"}};
  stage.started();
  const auto restarted = stage.act(RestartAction{}, 2s);
  CHECK(restarted.result == ActionResult::done);
  CHECK_THAT(restarted.evidence, Contains("post_stop of web"));
  CHECK(restarted.pid.has_value());
}

TEST_CASE("a post_stop step that fails is told, and hinders nothing") {
  Stage stage;
  stage.runs_script("exec sleep 1000");
  stage.process().post_stop = {{"sh", "-c", "echo no such lock >&2; exit 1"}};
  stage.started();
  const auto restarted = stage.act(RestartAction{});
  CHECK(restarted.result == ActionResult::done);
  CHECK_THAT(restarted.evidence,
             EndsWith("; post_stop of web exited with status 1: no such lock"));
  const auto stopped = stage.act(StopAction{});
  CHECK(stopped.result == ActionResult::done);
  CHECK(stopped.evidence ==
        "killed by signal 15; post_stop of web exited with status 1: no such lock");
  CHECK(own_children().empty());
}

TEST_CASE("a service runs even when the journal of systemd cannot be reached") {
  Stage stage;
  stage.runs_script("exec sleep 1000 > /dev/null 2>&1");
  stage.process().output = Output::journald;
  const auto report = stage.act(StartAction{});
  CHECK(report.result == ActionResult::done);
  if (!std::filesystem::exists("/run/systemd/journal/stdout")) {
    CHECK_THAT(report.evidence,
               Contains("its output goes to heald's: cannot reach systemd's journal"));
  }
}

TEST_CASE("output goes to the service's log, and is appended to") {
  Stage stage;
  stage.runs_script("echo out; echo err >&2; exec sleep 1000");
  stage.started();
  stage.processes.until_outside([&] { return stage.state.read("logs/web.log") == "out\nerr\n"; });
  stage.act(RestartAction{});
  stage.processes.until_outside(
      [&] { return stage.state.read("logs/web.log") == "out\nerr\nout\nerr\n"; });
}

TEST_CASE("a service runs even when its log cannot be opened") {
  Stage stage;
  stage.runs_script("exec sleep 1000 > /dev/null 2>&1");
  std::filesystem::remove_all(stage.state.file("logs"));
  const auto report = stage.act(StartAction{});
  CHECK(report.result == ActionResult::done);
  CHECK_THAT(report.evidence, Contains("cannot open log"));
}

TEST_CASE("reload and signal reach the process; without one they fail") {
  Stage stage;
  const auto got = stage.state.file("got");
  stage.runs_script("trap 'echo hup >> " + got + "' HUP; trap 'echo usr1 >> " + got +
                    "' USR1; echo $$ > " + stage.state.file("ready") +
                    "; while :; do sleep 0.01; done");
  stage.started();
  stage.pid_from("ready");
  const auto reload = stage.act(ReloadAction{});
  CHECK(reload.result == ActionResult::done);
  CHECK(reload.evidence == "sent SIGHUP");
  stage.processes.until_outside([&] { return stage.state.read("got") == "hup\n"; });
  CHECK(stage.act(SignalAction{Signal{SIGUSR1}}).result == ActionResult::done);
  stage.processes.until_outside([&] { return stage.state.read("got") == "hup\nusr1\n"; });
  stage.act(StopAction{});
  const auto late = stage.act(ReloadAction{});
  CHECK(late.result == ActionResult::failed);
  CHECK(late.evidence == "cannot send SIGHUP to web: it does not run");
}

TEST_CASE("the end of a process by the signal action is an exit like any other") {
  Stage stage;
  stage.runs_script("exec sleep 1000");
  stage.started();
  CHECK(stage.act(SignalAction{Signal{SIGKILL}}).result == ActionResult::done);
  stage.processes.until([&] { return !stage.exited.empty(); });
  CHECK(stage.order_of_reports == "ffx");
}

TEST_CASE("reprovision stops the process, rebuilds, and starts it") {
  Stage stage;
  const auto data = stage.state.file("data");
  stage.runs_script("test -e " + data + " || exit 8; exec sleep 1000");
  stage.state.write("data", "x");
  const pid_t old = stage.started();
  const auto report = stage.act(ReprovisionAction{Stage::script(
      "kill -0 " + std::to_string(old) + " 2>/dev/null && exit 1; echo y > " + data)});
  CHECK(report.result == ActionResult::done);
  REQUIRE(report.pid.has_value());
  CHECK(runs(static_cast<pid_t>(*report.pid)));
  CHECK(stage.state.read("data") == "y\n");
  const auto failed = stage.act(ReprovisionAction{Stage::script("echo no backup; exit 1")});
  CHECK(failed.result == ActionResult::failed);
  CHECK(failed.evidence == "reprovision of web exited with status 1: no backup");
  CHECK_FALSE(failed.pid.has_value());
}

TEST_CASE("actions on one service are carried out one after the other") {
  Stage stage;
  stage.runs_script("exec sleep 1000");
  const auto start = stage.begin(StartAction{});
  const auto restart = stage.begin(RestartAction{});
  const auto stop = stage.begin(StopAction{});
  stage.report_of(stop);
  REQUIRE(stage.finished.size() == 3);
  CHECK(stage.finished[0].id == start);
  CHECK(stage.finished[1].id == restart);
  CHECK(own_children().empty());
}
