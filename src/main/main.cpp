#include <malloc.h>

#include "cli/cli.hpp"
#include "main/daemon.hpp"
#include "main/examine_here.hpp"
#include "process/cgroup_home.hpp"

int main(int argc, char** argv) {
  // glibc gives each thread its own arena, which keeps what was freed: too much for the few
  // allocations that these threads make.
  ::mallopt(M_ARENA_MAX, 2);
  heald::Verbs verbs;
  verbs.run = [](const heald::RunOptions& options) {
    return heald::run_daemon(options, HEALD_VERSION);
  };
  verbs.oom_problem = [] {
    return heald::memory_controller_problem(heald::CgroupSurroundings::of_this_process());
  };
  verbs.examine = heald::examine_here;
  return heald::run_cli(argc, argv, verbs);
}
