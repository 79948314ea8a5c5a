#include "probe/exec_looks.hpp"

#include <sys/types.h>

#include <csignal>
#include <cstdlib>

#include "probe/watch.hpp"
#include "support/loopback_server.hpp"
#include "support/temporary_folder.hpp"

using namespace heald;
using namespace heald::test;

namespace {

bool runs(pid_t pid) { return ::kill(pid, 0) == 0; }

// Waits until a program of the test has written its number there.
pid_t await_pid(const TemporaryFolder& folder, const std::string& name) {
  std::string text;
  while (text.find('\n') == std::string::npos) {
    text = folder.read(name);
    std::this_thread::yield();
  }
  return static_cast<pid_t>(std::atoi(text.c_str()));
}

}  // namespace

TEST_CASE("a program that exits well passes") {
  Watch watch;
  const Observation seen = watch.look(service_with(shell_probe("echo fine")));
  CHECK(seen.outcome == Outcome::pass);
  CHECK(seen.answered);
  CHECK(seen.evidence.empty());
  CHECK(seen.took > 0ns);
}

TEST_CASE("a program that exits badly fails with its last line") {
  Watch watch;
  const Observation seen =
      watch.look(service_with(shell_probe("echo checking; echo replication lag 90 s >&2; exit 2")));
  CHECK(seen.outcome == Outcome::fail);
  CHECK(seen.answered);
  CHECK(seen.evidence == "exited with status 2: replication lag 90 s");
}

TEST_CASE("a program that is missing is the prober's own failure") {
  ExecProbe probe;
  probe.exec.command = {"/nonexistent/probe"};
  Watch watch;
  const Observation seen = watch.look(service_with(probe));
  CHECK(seen.outcome == Outcome::unknown);
  CHECK_THAT(seen.evidence, Catch::Contains("cannot start probe answers"));
  CHECK_THAT(seen.evidence, Catch::Contains("No such file or directory"));
}

TEST_CASE("a program that hangs is reported when its whole group is dead") {
  const TemporaryFolder folder;
  Watch watch;
  const Observation seen = watch.look(
      service_with(shell_probe("trap '' TERM; sleep 600 & echo $! > " + folder.file("pid") +
                               "; echo waiting; wait; sleep 600"),
                   400ms));
  CHECK(seen.outcome == Outcome::fail);
  CHECK_FALSE(seen.answered);
  CHECK(seen.evidence == "not ended within 400 ms, killed: waiting");
  CHECK_FALSE(runs(await_pid(folder, "pid")));
}

TEST_CASE("a program that floods its output is judged by its end all the same") {
  Watch watch;
  const Observation seen =
      watch.look(service_with(shell_probe("head -c 10000000 /dev/zero | tr '\\0' x; exit 3")));
  CHECK(seen.outcome == Outcome::fail);
  CHECK_THAT(seen.evidence, Catch::StartsWith("exited with status 3: xxx"));
  CHECK(seen.evidence.size() <= 512);
}

TEST_CASE("a prober that is destroyed leaves no program behind and reports nothing more") {
  const TemporaryFolder folder;
  const std::size_t before = open_descriptors();
  std::vector<pid_t> programs;
  {
    Watch watch;
    for (std::uint32_t each = 0; each < 4; ++each) {
      const std::string file = folder.file(std::to_string(each));
      watch.start(service_with(shell_probe("sleep 600 & echo $! > " + file + "; wait"), 60s), each);
    }
    for (int each = 0; each < 4; ++each) {
      programs.push_back(await_pid(folder, std::to_string(each)));
    }
    watch.close();
    for (const pid_t program : programs) {
      while (runs(program)) std::this_thread::yield();  // killed; Children still reaps
    }
    CHECK(watch.count() == 0);
  }
  CHECK(open_descriptors() == before);
}
