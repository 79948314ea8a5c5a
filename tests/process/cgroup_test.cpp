// The cgroups of services: real ones of the memory controller's version 1 where the machine has
// it, made-up trees for version 2.

#include <catch2/catch.hpp>
#include <filesystem>

#include "process/cgroups.hpp"
#include "process/processes.hpp"
#include "support/temporary_folder.hpp"

using namespace heald;
using heald::test::own_children;
using heald::test::Processes;
using heald::test::runs;
using heald::test::ScratchCgroup;
using heald::test::TemporaryFolder;

namespace fs = std::filesystem;

namespace {

/// Holds on to memory until the kernel ends it.
constexpr const char* hog = "x=x; while :; do x=$x$x; done";

/// The home of a heald that is alone in a version 2 tree which a test has made up.
struct Pretended {
  explicit Pretended(const std::string& controllers) {
    folder.write("cgroup.procs", std::to_string(::getpid()) + "\n");
    folder.write("cgroup.controllers", controllers + "\n");
    folder.write("cgroup.subtree_control", "");
    seen.own_cgroups = "0::/unit\n";
    seen.mounts = "30 1 0:26 /unit " + folder.path() +
                  " rw,nosuid - cgroup2 cgroup2 rw\n";
    seen.self = ::getpid();
  }
  TemporaryFolder folder;
  CgroupSurroundings seen;
};

Child spawn_in(Processes& processes, SpawnRequest request, const CgroupHandle& cgroup,
               std::optional<ExitStatus>& status) {
  request.cgroup = cgroup;
  auto child = processes.children().spawn(request, processes.executor(),
                                          [&](ExitStatus end) { status = end; });
  INFO((child ? "" : child.error().message));
  REQUIRE(child.has_value());
  return *child;
}

}  // namespace

TEST_CASE("a process that the kernel kills for memory ends as such, and its cgroup is removed") {
  const ScratchCgroup scratch;
  HEALD_NEEDS_CGROUP(scratch);
  Processes processes;
  const auto home = scratch.home();
  CHECK(home->oom_problem().empty());
  const auto cgroup = *home->make("web");
  REQUIRE(write_control_file(cgroup->path() + "/memory.limit_in_bytes", "8388608").has_value());
  CHECK(cgroup->oom_kills() == 0U);
  std::optional<ExitStatus> status;
  spawn_in(processes, Processes::script(hog), cgroup, status);
  processes.until([&] { return status.has_value(); });
  CHECK((*status == ExitStatus{ExitStatus::Kind::signaled, SIGKILL, true}));
  CHECK_FALSE(fs::exists(cgroup->path()));
}

TEST_CASE("a process that is killed by hand did not run out of memory") {
  const ScratchCgroup scratch;
  HEALD_NEEDS_CGROUP(scratch);
  Processes processes;
  const auto home = scratch.home();
  std::optional<ExitStatus> status;
  const auto child = spawn_in(processes, Processes::script("sleep 1000"), *home->make("web"),
                              status);
  processes.children().kill_group(child);
  processes.until([&] { return status.has_value(); });
  CHECK((*status == ExitStatus{ExitStatus::Kind::signaled, SIGKILL, false}));
}

TEST_CASE("only kills since its start count for a process, and only when it did not end well") {
  const ScratchCgroup scratch;
  HEALD_NEEDS_CGROUP(scratch);
  Processes processes;
  const auto home = scratch.home();
  const auto cgroup = *home->make("web");
  REQUIRE(write_control_file(cgroup->path() + "/memory.limit_in_bytes", "8388608").has_value());
  std::optional<ExitStatus> first;
  const TemporaryFolder folder;
  const auto script = "(" + std::string{hog} + "); echo gone > " + folder.file("gone") + "; ";
  SECTION("a worker was killed, and the master failed") {
    spawn_in(processes, Processes::script(script + "exit 3"), cgroup, first);
    processes.until([&] { return first.has_value(); });
    CHECK((*first == ExitStatus{ExitStatus::Kind::exited, 3, true}));
  }
  SECTION("a worker was killed, and the master made nothing of it") {
    spawn_in(processes, Processes::script(script + "exit 0"), cgroup, first);
    processes.until([&] { return first.has_value(); });
    CHECK((*first == ExitStatus{ExitStatus::Kind::exited, 0, false}));
  }
  SECTION("it was before") {
    spawn_in(processes, Processes::script(script + "sleep 1000"), cgroup, first);
    processes.until_outside([&] { return folder.read("gone") == "gone\n"; });
    CHECK(cgroup->oom_kills() == 1U);
    std::optional<ExitStatus> second;
    spawn_in(processes, Processes::script("exit 3"), cgroup, second);
    processes.until([&] { return second.has_value(); });
    CHECK((*second == ExitStatus{ExitStatus::Kind::exited, 3, false}));
  }
}

TEST_CASE("what left the group of a process dies with it, and the end is told only then") {
  const ScratchCgroup scratch{GENERATE(CgroupVersion::v1, CgroupVersion::v2)};
  HEALD_NEEDS_CGROUP(scratch);
  Processes processes;
  const TemporaryFolder folder;
  const auto home = scratch.home();
  const auto cgroup = *home->make("web");
  auto request = Processes::script("setsid sh -c 'echo $$ > " + folder.file("pid") +
                                   "; sleep 1000' & wait");
  request.cgroup = cgroup;
  bool told = false;
  pid_t escaped = 0;
  const auto child = processes.children().spawn(request, processes.executor(), [&](ExitStatus) {
    CHECK_FALSE(runs(escaped));
    told = true;
  });
  REQUIRE(child.has_value());
  processes.until_outside([&] { return folder.read("pid").ends_with('\n'); });
  escaped = static_cast<pid_t>(std::stoi(folder.read("pid")));
  REQUIRE(cgroup->holds(escaped));
  REQUIRE(read_proc_stat(escaped)->group == escaped);
  CHECK(processes.children().signal(*child, Signal{SIGKILL}));
  processes.until([&] { return told; });
  CHECK_FALSE(fs::exists(cgroup->path()));
  // An orphan's end may be reaped a moment after it has left the cgroup.
  processes.until([] { return own_children().empty(); });
}

TEST_CASE("a cgroup below that of a service is emptied and removed with it") {
  const ScratchCgroup scratch;
  HEALD_NEEDS_CGROUP(scratch);
  Processes processes;
  const auto home = scratch.home();
  const auto cgroup = *home->make("web");
  const auto below = cgroup->path() + "/own";
  std::optional<ExitStatus> status;
  const TemporaryFolder folder;
  spawn_in(processes,
           Processes::script("mkdir " + below + "; setsid sh -c 'echo 0 > " + below +
                             "/cgroup.procs; echo $$ > " + folder.file("pid") +
                             "; sleep 1000' & while ! [ -s " + folder.file("pid") +
                             " ]; do :; done"),
           cgroup, status);
  processes.until([&] { return status.has_value(); });
  CHECK_FALSE(runs(static_cast<pid_t>(std::stoi(folder.read("pid")))));
  CHECK_FALSE(fs::exists(cgroup->path()));
}

TEST_CASE("a process that cannot enter its cgroup runs all the same, and tells why") {
  Processes processes;
  const TemporaryFolder folder;
  auto request = Processes::script("exit 0");
  bool told = false;
  const auto ended = [&](ExitStatus) { told = true; };
  SECTION("the cgroup is gone") {
    request.cgroup = std::make_shared<const Cgroup>(folder.file("gone"), CgroupVersion::v2);
  }
  SECTION("the kernel refuses") {
    folder.write("cgroup.procs", "");
    fs::remove(folder.file("cgroup.procs"));
    fs::create_symlink("/dev/full", folder.file("cgroup.procs"));
    request.cgroup = std::make_shared<const Cgroup>(folder.file("."), CgroupVersion::v2);
  }
  const auto child = processes.children().spawn(request, processes.executor(), ended);
  REQUIRE(child.has_value());
  INFO(child->cgroup_problem);
  CHECK_FALSE(child->cgroup_problem.empty());
  processes.until([&] { return told; });
}

TEST_CASE("a home removes the empty cgroups of an earlier life, and no other") {
  const ScratchCgroup scratch;
  HEALD_NEEDS_CGROUP(scratch);
  Processes processes;
  const auto foreign = scratch.path() + "/foreign";
  fs::create_directory(foreign);
  std::optional<ExitStatus> status;
  const auto first = scratch.home();
  const auto left = *first->make("left");
  const auto kept = *first->make("kept");
  const auto child = spawn_in(processes, Processes::script("exec sleep 1000"), kept, status);
  const auto second = scratch.home();
  CHECK(second->find("left") == nullptr);
  REQUIRE(second->find("kept") != nullptr);
  CHECK(second->find("kept")->holds(child.pid));
  CHECK(fs::exists(foreign));
  fs::remove(foreign);
  processes.children().kill_group(child);
  processes.until([&] { return status.has_value(); });
}

TEST_CASE("in a cgroup that heald shares with others there is no home, and nobody is moved") {
  const ScratchCgroup scratch;
  HEALD_NEEDS_CGROUP(scratch);
  Processes processes;
  std::optional<ExitStatus> status;
  const auto other = spawn_in(processes, Processes::script("exec sleep 1000"),
                              std::make_shared<const Cgroup>(scratch.path(), CgroupVersion::v1),
                              status);
  const auto home = CgroupHome::open(scratch.surroundings());
  REQUIRE_FALSE(home.has_value());
  CHECK(home.error().message.find("heald is not alone in its cgroup " + scratch.path()) !=
        std::string::npos);
  CHECK(processes_in(scratch.path()) == std::vector<pid_t>{other.pid});
}

TEST_CASE("a home of version 2 moves heald aside to get the memory controller, and back") {
  Pretended unit{"cpu memory pids"};
  auto home = CgroupHome::open(unit.seen);
  INFO((home ? "" : home.error().message));
  REQUIRE(home.has_value());
  // The tree is only pretended: mkdir makes a folder without control files, so the move fails,
  // and everything is as it was.
  CHECK((*home)->oom_problem().find("supervisor/cgroup.procs") != std::string::npos);
  CHECK_FALSE(fs::exists(unit.folder.file("supervisor")));
  CHECK(unit.folder.read("cgroup.subtree_control").empty());

  unit.folder.write("cgroup.procs", std::to_string(::getpid()) + "\n");
  fs::create_directory(unit.folder.file("supervisor"));
  unit.folder.write("supervisor/cgroup.procs", "");
  home = CgroupHome::open(unit.seen);
  REQUIRE(home.has_value());
  CHECK((*home)->oom_problem().empty());
  CHECK(unit.folder.read("supervisor/cgroup.procs") == "0");
  CHECK(unit.folder.read("cgroup.subtree_control") == "+memory");

  const auto web = *(*home)->make("web");
  CHECK(web->path() == unit.folder.file("service-web"));
  unit.folder.write("service-web/memory.events", "low 0\nhigh 0\nmax 7\noom 3\noom_kill 2\n"
                                                 "oom_group_kill 9\n");
  CHECK(web->oom_kills() == 2U);
  unit.folder.write("service-web/memory.events", "low 0\n");
  CHECK_FALSE(web->oom_kills().has_value());
  fs::remove(unit.folder.file("service-web/memory.events"));
  CHECK_FALSE(web->oom_kills().has_value());
  fs::remove(unit.folder.file("service-web"));
  home->reset();
  CHECK(unit.folder.read("cgroup.subtree_control") == "-memory");
}

TEST_CASE("a heald that systemd put into its unit itself is not moved: the next has to get in") {
  Pretended unit{"memory"};
  unit.seen.placed_by_systemd = true;
  const auto home = CgroupHome::open(unit.seen);
  REQUIRE(home.has_value());
  CHECK((*home)->oom_problem() == "the unit has no DelegateSubgroup=supervisor");
  CHECK_FALSE(fs::exists(unit.folder.file("supervisor")));
  CHECK(unit.folder.read("cgroup.subtree_control").empty());
}

TEST_CASE("a heald that was started in the leaf of its unit finds its home above it") {
  Pretended unit{"memory"};
  unit.seen.placed_by_systemd = true;
  unit.seen.own_cgroups = "0::/unit/supervisor\n";
  unit.folder.write("cgroup.procs", "");
  fs::create_directory(unit.folder.file("supervisor"));
  unit.folder.write("supervisor/cgroup.procs", std::to_string(::getpid()) + "\n");
  auto home = CgroupHome::open(unit.seen);
  REQUIRE(home.has_value());
  CHECK((*home)->oom_problem().empty());
  CHECK((*home)->path() == unit.folder.path());
  CHECK(unit.folder.read("cgroup.subtree_control") == "+memory");
  unit.folder.write("supervisor/cgroup.procs", std::to_string(::getpid()) + "\n1\n");
  CHECK_FALSE(CgroupHome::open(unit.seen).has_value());
}

TEST_CASE("without a memory controller there are cgroups, and the reason why oom is not seen") {
  const Pretended unit{"cpu pids"};
  const auto home = CgroupHome::open(unit.seen);
  REQUIRE(home.has_value());
  CHECK((*home)->oom_problem() == (*home)->path() + " has no memory controller");
  CHECK((*home)->make("web").has_value());
  CHECK_FALSE(fs::exists(unit.folder.file("supervisor")));
  CHECK(memory_controller_problem(unit.seen) == "no memory controller is mounted");
  CHECK(memory_controller_problem(Pretended{"memory"}.seen).empty());
}

TEST_CASE("nothing is made where no cgroups are mounted, or outside of what is") {
  CgroupSurroundings nothing;
  nothing.own_cgroups = "0::/\n";
  nothing.self = ::getpid();
  CHECK_FALSE(CgroupHome::open(nothing).has_value());
  Pretended unit{"memory"};
  unit.seen.own_cgroups = "0::/unit-of-another\n";
  CHECK_FALSE(CgroupHome::open(unit.seen).has_value());
  unit.seen.own_cgroups = "0::/unit/../other\n";
  CHECK_FALSE(CgroupHome::open(unit.seen).has_value());
}
