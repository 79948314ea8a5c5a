#include "process/spawn.hpp"

#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>

#include "process/child_entry.hpp"
#include "process/launch.hpp"

#ifdef __SANITIZE_THREAD__
// ThreadSanitizer takes a call of clone() for a fork with memory of its own, and its books on this
// thread would be closed twice: once by the child. This is the same function by its other name.
// NOLINTNEXTLINE(bugprone-reserved-identifier): libc's name
extern "C" int __clone(int (*entry)(void*), void* stack, int flags, void* argument, ...);
#define HEALD_CLONE __clone
#else
#define HEALD_CLONE ::clone
#endif

namespace heald {
namespace {

/// Holds back every signal of this thread, also the two that libc keeps to itself and that
/// pthread_sigmask leaves alone: no handler may run on the child's small stack.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    const std::uint64_t all = ~std::uint64_t{0};
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before_, sizeof all);
  }
  ~SignalsBlocked() {
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before_, nullptr, sizeof before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  std::uint64_t before_ = 0;
};

/// Runs the plan in a child that shares this memory; returns when it has executed or ended.
/// The child's stack lies in this frame, which stands still meanwhile.
pid_t clone_child(ChildPlan& plan, int& pidfd) {
  alignas(16) std::array<std::byte, std::size_t{32} * 1024> stack;
  const SignalsBlocked blocked;
  constexpr int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
  // The stack grows down on every platform that heald runs on.
  return HEALD_CLONE(&child_entry, stack.data() + stack.size(), flags, &plan, &pidfd);
}

void reap(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

Result<Spawned> spawn(const SpawnRequest& request) {
  const auto cannot = [&](const std::string& why) {
    return Error{"cannot start " + request.name + ": " + why};
  };
  Launch launch;
  if (const auto prepared = launch.prepare(request); !prepared) {
    return cannot(prepared.error().message);
  }
  int pidfd = -1;
  const pid_t pid = clone_child(launch.plan(), pidfd);
  if (pid < 0) return cannot(system_error("cannot make a process", errno).message);
  Spawned spawned{pid, Fd{pidfd}, launch.cgroup_problem()};
  if (launch.plan().failed_at == ChildStage::none) return spawned;
  reap(pid);
  return cannot(launch.failure(request).message);
}

}  // namespace heald
