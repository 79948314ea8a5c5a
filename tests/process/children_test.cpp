#include "process/children.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "process/child_record.hpp"
#include "process/processes.hpp"
#include "support/temporary_folder.hpp"

using namespace heald;
using heald::test::own_children;
using heald::test::Processes;
using heald::test::runs;
using heald::test::TemporaryFolder;

namespace {

/// Starts a process that is nobody's child here, as after a restart of heald: its parent lives.
/// Returns the number of its group and of itself; `end_keeper` ends the parent.
struct Stranger {
  pid_t pid = 0;
  Child keeper;
};

Stranger start_stranger(Processes& processes, const TemporaryFolder& folder,
                        const std::string& command) {
  auto keeper = processes.children().spawn(
      Processes::script("setsid " + command + " & echo $! > " + folder.file("pid") + "; wait; " +
                        "sleep 1000"),
      processes.executor(), [](ExitStatus) {});
  REQUIRE(keeper.has_value());
  processes.until_outside([&] { return folder.read("pid").ends_with('\n'); });
  const auto pid = static_cast<pid_t>(std::stoi(folder.read("pid")));
  // setsid(1) is running, but may not have made the session yet.
  processes.until_outside([&] { return read_proc_stat(pid)->group == pid; });
  return {pid, *keeper};
}

Fd pidfd_of(pid_t pid) { return Fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))}; }

}  // namespace

TEST_CASE("the end of a process is told when the workers that it left are dead") {
  Processes processes;
  const TemporaryFolder folder;
  std::optional<ExitStatus> status;
  const auto child = processes.children().spawn(
      Processes::script("(trap '' TERM HUP; sleep 1000) & echo $! > " + folder.file("worker") +
                        "; wait"),
      processes.executor(), [&](ExitStatus end) {
        CHECK_FALSE(runs(static_cast<pid_t>(std::stoi(folder.read("worker")))));
        status = end;
      });
  REQUIRE(child.has_value());
  processes.until_outside([&] { return folder.read("worker").ends_with('\n'); });
  CHECK(processes.children().signal(*child, Signal{SIGTERM}));
  processes.until([&] { return status.has_value(); });
  CHECK((*status == ExitStatus{ExitStatus::Kind::signaled, SIGTERM, false}));
  CHECK_FALSE(processes.children().signal(*child, Signal{SIGTERM}));
  CHECK(own_children().empty());
}

TEST_CASE("a group with a zombie that nobody reaps counts as dead") {
  Processes processes;
  const TemporaryFolder folder;
  // The parent of the worker leaves the group, which its leader cannot, and never waits.
  const auto parent = folder.write("parent",
                                   "sleep 1000 &\n"
                                   "exec setsid sleep 1000\n");
  std::optional<ExitStatus> status;
  const auto child = processes.children().spawn(
      Processes::script("sh " + parent + " & echo $! > " + folder.file("pid") + "; sleep 1000"),
      processes.executor(), [&](ExitStatus end) { status = end; });
  REQUIRE(child.has_value());
  processes.until_outside([&] { return folder.read("pid").ends_with('\n'); });
  const auto escaped = static_cast<pid_t>(std::stoi(folder.read("pid")));
  processes.until_outside([&] { return read_proc_stat(escaped)->group == escaped; });
  processes.children().kill_group(*child);
  processes.until([&] { return status.has_value(); });
  CHECK(runs(escaped));
  ::kill(escaped, SIGKILL);
  processes.until([&] { return own_children().empty(); });
}

TEST_CASE("a process that is not heald's child is followed to its end, status unknown") {
  Processes processes;
  const TemporaryFolder folder;
  const auto stranger = start_stranger(processes, folder, "sleep 1000");
  std::optional<ExitStatus> status;
  const auto child = processes.children().follow(stranger.pid, pidfd_of(stranger.pid),
                                                 processes.executor(),
                                                 [&](ExitStatus end) { status = end; });
  CHECK(processes.children().signal(child, Signal{SIGTERM}));
  processes.until([&] { return status.has_value(); });
  CHECK(status->kind == ExitStatus::Kind::unknown);
  CHECK_FALSE(runs(stranger.pid));
  processes.children().kill_group(stranger.keeper);
  processes.until([&] { return own_children().empty(); });
}

TEST_CASE("a followed process that turns out to be heald's child tells its status") {
  Processes processes;
  std::optional<ExitStatus> status;
  bool told = false;
  const auto first = processes.children().spawn(Processes::script("sleep 1000"),
                                                processes.executor(),
                                                [&](ExitStatus) { told = true; });
  REQUIRE(first.has_value());
  processes.children().forget(*first);
  const auto child = processes.children().follow(first->pid, pidfd_of(first->pid),
                                                 processes.executor(),
                                                 [&](ExitStatus end) { status = end; });
  processes.children().kill_group(child);
  processes.until([&] { return status.has_value(); });
  CHECK((*status == ExitStatus{ExitStatus::Kind::signaled, SIGKILL, false}));
  CHECK_FALSE(told);
  CHECK(own_children().empty());
}

TEST_CASE("orphans that nobody knows are reaped") {
  Processes processes;
  CHECK(processes.run(Processes::script("setsid sh -c 'exit 5' &")).end == RunResult::End::ended);
  processes.until([&] { return own_children().empty(); });
}
