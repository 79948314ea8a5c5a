// What an actuator does with the cgroups of its services.

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "actuate/stage.hpp"
#include "process/cgroups.hpp"

using namespace heald;
using heald::test::own_children;
using heald::test::runs;
using heald::test::ScratchCgroup;
using heald::test::Stage;
using What = ProcessFound::What;

namespace {

/// Outlives the processes of the stage.
struct Cgroups {
  ScratchCgroup scratch;
  std::unique_ptr<CgroupHome> home;
};

/// A stage in a cgroup of its own. `web` leaves a worker in a session of its own behind.
struct CgroupStage : Cgroups, Stage {
  CgroupStage() {
    if (!scratch.made()) return;
    home = scratch.home();
    cgroups = home.get();
    open();
    runs_script("setsid sh -c 'echo $$ > " + state.file("worker") +
                "; exec sleep 1000' & echo $$ > " + state.file("master") + "; exec sleep 1000");
  }
  pid_t worker() { return pid_from("worker"); }
  [[nodiscard]] bool has_cgroup() const { return home->find("web") != nullptr; }
  /// As after a death of heald together with the service's master: nobody follows them any more.
  void lose_master() {
    const auto pid = pid_from("master");
    actuator.reset();
    ::kill(pid, SIGKILL);
    processes.until_outside([&] { return !runs(pid); });
    open();
  }
};

}  // namespace

TEST_CASE("a stop ends what left the process group, and leaves no cgroup") {
  CgroupStage stage;
  HEALD_NEEDS_CGROUP(stage.scratch);
  stage.started();
  const auto worker = stage.worker();
  CHECK(stage.has_cgroup());
  CHECK(stage.act(StopAction{}).result == ActionResult::done);
  CHECK_FALSE(runs(worker));
  CHECK_FALSE(stage.has_cgroup());
  // An orphan's end may be reaped a moment after it has left the cgroup.
  stage.processes.until([] { return own_children().empty(); });
}

TEST_CASE("the exit of a process for want of memory is reported as such") {
  CgroupStage stage;
  HEALD_NEEDS_CGROUP(stage.scratch);
  stage.runs_script("read -r go < " + stage.state.file("go") + "; x=x; while :; do x=$x$x; done");
  REQUIRE(::mkfifo(stage.state.file("go").c_str(), 0600) == 0);
  stage.started();
  const auto limit = stage.home->find("web")->path() + "/memory.limit_in_bytes";
  REQUIRE(write_control_file(limit, "8388608").has_value());
  stage.state.write("go", "\n");
  stage.processes.until([&] { return !stage.exited.empty(); });
  CHECK((stage.exited.front().status == ExitStatus{ExitStatus::Kind::signaled, SIGKILL, true}));
  CHECK_FALSE(stage.has_cgroup());
}

TEST_CASE("workers of a master that died while heald was away are killed before the next start") {
  const Action action = GENERATE(Action{StartAction{}}, Action{RestartAction{}});
  CgroupStage stage;
  HEALD_NEEDS_CGROUP(stage.scratch);
  stage.started();
  const auto worker = stage.worker();
  stage.lose_master();
  CHECK(stage.actuator->adopt(Stage::web, stage.policy).found.what == What::ended);
  REQUIRE(runs(worker));
  // It is dead when the next one starts, though it may not have been waited for yet.
  const auto status = "/proc/" + std::to_string(worker) + "/status";
  stage.process().pre_start = {{"/bin/sh", "-c", "! grep -qs '^State:.[^Z]' " + status}};
  stage.runs_script("exec sleep 1000");
  const auto start = stage.act(action);
  REQUIRE(start.result == ActionResult::done);
  CHECK(start.evidence.find("; killed 1 left by an earlier process") != std::string::npos);
  CHECK_FALSE(runs(worker));
  CHECK(stage.home->find("web")->holds(static_cast<pid_t>(start.pid.value_or(0))));
}

TEST_CASE("a stop of a service whose master is dead ends its workers") {
  CgroupStage stage;
  HEALD_NEEDS_CGROUP(stage.scratch);
  stage.started();
  const auto worker = stage.worker();
  stage.lose_master();
  const auto stop = stage.act(StopAction{});
  CHECK(stop.result == ActionResult::done);
  CHECK(stop.evidence == "it did not run; killed 1 left by an earlier process");
  CHECK_FALSE(runs(worker));
  CHECK_FALSE(stage.has_cgroup());
}

TEST_CASE("an adopted process is found in its cgroup again, which ends with it") {
  CgroupStage stage;
  HEALD_NEEDS_CGROUP(stage.scratch);
  stage.started();
  const auto worker = stage.worker();
  stage.actuator.reset();
  stage.home = stage.scratch.home();
  stage.cgroups = stage.home.get();
  stage.open();
  REQUIRE(stage.actuator->adopt(Stage::web, stage.policy).found.what == What::running);
  CHECK(stage.act(StopAction{}).result == ActionResult::done);
  CHECK_FALSE(runs(worker));
  CHECK_FALSE(stage.has_cgroup());
}

TEST_CASE("a start that fails leaves no cgroup") {
  CgroupStage stage;
  HEALD_NEEDS_CGROUP(stage.scratch);
  stage.process().exec.command = {"/does/not/exist"};
  CHECK(stage.act(StartAction{}).result == ActionResult::failed);
  CHECK_FALSE(stage.has_cgroup());
}

TEST_CASE("a service that cannot enter its cgroup is started without, and that is told") {
  Stage stage;
  // No kernel makes control files in what is made here.
  std::filesystem::create_directory(stage.state.file("cgroup"));
  stage.state.write("cgroup/cgroup.procs", "");
  CgroupSurroundings seen;
  seen.own_cgroups = "0::/\n";
  seen.mounts = "1 1 0:1 / " + stage.state.file("cgroup") + " rw - cgroup2 none rw\n";
  const auto home = CgroupHome::open(seen);
  REQUIRE(home.has_value());
  stage.cgroups = home->get();
  stage.open();
  stage.runs_script("exec sleep 1000");
  const auto start = stage.act(StartAction{});
  CHECK(start.result == ActionResult::done);
  CHECK(start.evidence.find("; it has no cgroup of its own: cannot open") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(stage.state.file("cgroup/service-web")));
  CHECK(stage.act(StopAction{}).result == ActionResult::done);
}
