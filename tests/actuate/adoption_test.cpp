// A new actuator and the processes of an old one.

#include <catch2/catch.hpp>
#include <csignal>

#include "actuate/stage.hpp"
#include "process/child_record.hpp"

using namespace heald;
using heald::test::own_children;
using heald::test::runs;
using heald::test::Stage;
using What = ProcessFound::What;

namespace {

std::string record_of(const Stage& stage) { return stage.state.file("run/web.child"); }

}  // namespace

TEST_CASE("a process outlives its actuator, its output included, and the next one adopts it") {
  Stage stage;
  stage.runs_script("trap 'echo hello' USR1; echo $$ > " + stage.state.file("ready") +
                    "; while :; do sleep 0.01; done");
  const pid_t pid = stage.started();
  stage.pid_from("ready");
  stage.actuator.reset();
  ::kill(pid, SIGUSR1);
  stage.processes.until_outside([&] { return stage.state.read("logs/web.log") == "hello\n"; });
  stage.open();
  const auto adoption = stage.actuator->adopt(Stage::web, stage.policy);
  CHECK(adoption.found.what == What::running);
  CHECK(adoption.found.pid == pid);
  CHECK(adoption.found.generation == Generation{1});
  CHECK(adoption.action == ActionId{1});
  CHECK(adoption.problem.empty());

  const auto start = stage.act(StartAction{});
  CHECK(start.result == ActionResult::done);
  CHECK(start.pid == pid);
  ::kill(pid, SIGKILL);
  stage.processes.until([&] { return !stage.exited.empty(); });
  CHECK(own_children().empty());
}

TEST_CASE("an adopted process is stopped like any other") {
  Stage stage;
  stage.runs_script("exec sleep 1000");
  const pid_t pid = stage.started();
  stage.actuator.reset();
  stage.open();
  REQUIRE(stage.actuator->adopt(Stage::web, stage.policy).found.what == What::running);
  CHECK(stage.act(StopAction{}).result == ActionResult::done);
  CHECK_FALSE(runs(pid));
  CHECK(stage.exited.empty());
}

TEST_CASE("the end of an adopted process that is another's child is seen, status unknown") {
  Stage stage;
  // As after a restart of heald, when init has become the parent.
  const auto keeper = stage.processes.children().spawn(
      heald::test::Processes::script("setsid sleep 1000 & echo $! > " + stage.state.file("pid") +
                                     "; wait; sleep 1000"),
      stage.processes.executor(), [](ExitStatus) {});
  REQUIRE(keeper.has_value());
  const pid_t pid = stage.pid_from("pid");
  stage.processes.until_outside([&] { return read_proc_stat(pid)->group == pid; });
  REQUIRE(write_child_record(record_of(stage), {ActionId{5}, Generation{3}, pid,
                                                read_proc_stat(pid)->start_time, boot_id()})
              .has_value());
  REQUIRE(stage.actuator->adopt(Stage::web, stage.policy).found.what == What::running);
  ::kill(pid, SIGKILL);
  stage.processes.until([&] { return !stage.exited.empty(); });
  CHECK(stage.exited.front().status.kind == ExitStatus::Kind::unknown);
  CHECK(stage.exited.front().generation == Generation{3});
  stage.processes.children().kill_group(*keeper);
  stage.processes.until([&] { return own_children().empty(); });
}

TEST_CASE("a process that only has the pid of the record is left alone") {
  Stage stage;
  stage.runs_script("exec sleep 1000");
  const pid_t pid = stage.started();
  stage.actuator.reset();
  auto record = **read_child_record(record_of(stage));
  record.start_time -= 1;
  REQUIRE(write_child_record(record_of(stage), record).has_value());
  stage.open();
  const auto adoption = stage.actuator->adopt(Stage::web, stage.policy);
  CHECK(adoption.found.what == What::ended);
  CHECK(adoption.found.generation == Generation{1});
  CHECK_FALSE(adoption.found.pid.has_value());
  CHECK(stage.act(StopAction{}).result == ActionResult::done);
  CHECK(runs(pid));
  ::kill(pid, SIGKILL);
}

TEST_CASE("a process that ended meanwhile is told as ended, one of another boot as none") {
  Stage stage;
  stage.runs_script("exit 0");
  stage.started();
  stage.processes.until([&] { return !stage.exited.empty(); });
  stage.actuator.reset();
  stage.open();
  CHECK(stage.actuator->adopt(Stage::web, stage.policy).found.what == What::ended);
  auto record = **read_child_record(record_of(stage));
  record.boot_id = "00000000-0000-0000-0000-000000000000";
  REQUIRE(write_child_record(record_of(stage), record).has_value());
  CHECK(stage.actuator->adopt(Stage::web, stage.policy).found.what == What::none);
}

TEST_CASE("a service that never ran or was stopped has nothing to adopt") {
  Stage stage;
  CHECK(stage.actuator->adopt(Stage::web, stage.policy).found.what == What::none);
  stage.runs_script("exec sleep 1000");
  stage.started();
  stage.act(StopAction{});
  stage.actuator.reset();
  stage.open();
  CHECK(stage.actuator->adopt(Stage::web, stage.policy).found.what == What::none);
}

TEST_CASE("a damaged record is told, not guessed at") {
  Stage stage;
  stage.state.write("run/web.child", "nonsense");
  const auto adoption = stage.actuator->adopt(Stage::web, stage.policy);
  CHECK(adoption.found.what == What::none);
  CHECK(adoption.problem ==
        "cannot read child record " + record_of(stage) + ": it is damaged");
}

TEST_CASE("a released service is no longer followed and leaves no record") {
  Stage stage;
  stage.runs_script("exec sleep 1000");
  const pid_t pid = stage.started();
  stage.actuator->release(Stage::web);
  stage.processes.until_outside([&] { return !std::filesystem::exists(record_of(stage)); });
  CHECK(runs(pid));
  ::kill(pid, SIGKILL);
  stage.processes.until([&] { return own_children().empty(); });
  CHECK(stage.exited.empty());
}

TEST_CASE("what is killed at the end of the time for stopping is reported as an exit") {
  Stage stage;
  stage.runs_script("trap '' TERM; while :; do sleep 1000; done");
  const pid_t pid = stage.started();
  stage.actuator->kill(Stage::web);
  stage.processes.until([&] { return !stage.exited.empty(); });
  CHECK_FALSE(runs(pid));
}
