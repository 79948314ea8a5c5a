// Compiled without sanitizers (see CMakeLists.txt): their run time keeps state for each thread,
// and the child would write to that of the thread that waits for it.

#include "process/child_entry.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace heald {
namespace {

template <class... Arguments>
long raw(long number, Arguments... arguments) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): libc offers no other way
  return ::syscall(number, arguments...);
}

[[noreturn]] void give_up(ChildPlan& plan, ChildStage stage) {
  plan.error_number = errno;
  plan.failed_at = stage;
  for (;;) raw(SYS_exit_group, 127);
}

void require(ChildPlan& plan, long result, ChildStage stage) {
  if (result < 0) give_up(plan, stage);
}

/// So that the command does not outlive heald. The parent may have died before the request.
void tie_to_parent(ChildPlan& plan) {
  if (plan.dies_with == 0) return;
  require(plan, raw(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), ChildStage::parent);
  if (raw(SYS_getppid) != plan.dies_with) give_up(plan, ChildStage::parent);
}

/// By writing, which both versions of cgroups understand: clone3 could do it for v2 alone.
void enter_cgroup(ChildPlan& plan) {
  if (plan.cgroup < 0) return;
  if (raw(SYS_write, plan.cgroup, "0", 1UL) < 0) plan.cgroup_error = errno;
}

void set_limits(ChildPlan& plan) {
  for (std::size_t i = 0; i < plan.limit_count; ++i) {
    plan.failed_limit = i;
    const auto& limit = plan.limits[i];
    require(plan, raw(SYS_prlimit64, 0, limit.resource, &limit.value, nullptr), ChildStage::limit);
  }
}

/// Field 22 of /proc/self/stat; 0 when it cannot be read.
std::uint64_t own_start_time() {
  char text[1024];
  const long file = raw(SYS_openat, AT_FDCWD, "/proc/self/stat", O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) return 0;
  const long count = raw(SYS_read, file, text, sizeof text);
  raw(SYS_close, file);
  long at = count;
  while (at > 0 && text[at - 1] != ')') --at;  // the name before it may hold spaces
  // at is the space before field 3; the 20th space from here on leads to field 22.
  for (int spaces = 0; at < count && spaces < 20; ++at) spaces += text[at] == ' ' ? 1 : 0;
  std::uint64_t value = 0;
  for (; at < count && text[at] >= '0' && text[at] <= '9'; ++at) {
    value = value * 10 + static_cast<std::uint64_t>(text[at] - '0');
  }
  return value;
}

void put_digits(char* to, std::size_t digits, std::uint64_t value) {
  for (std::size_t i = digits; i-- > 0; value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

void write_record(ChildPlan& plan) {
  if (plan.record < 0) return;
  const std::uint64_t start_time = own_start_time();
  if (start_time == 0) {
    errno = ENOSYS;
    give_up(plan, ChildStage::record);
  }
  const auto pid = static_cast<std::uint64_t>(raw(SYS_getpid));
  put_digits(plan.record_text + plan.pid_at, plan.record_digits, pid);
  put_digits(plan.record_text + plan.start_time_at, plan.record_digits, start_time);
  const long count = raw(SYS_pwrite64, plan.record, plan.record_text, plan.record_size, 0L);
  if (count == static_cast<long>(plan.record_size)) return;
  if (count >= 0) errno = ENOSPC;
  give_up(plan, ChildStage::record);
}

/// Groups first: without the user's privileges they can no longer be changed.
void become(ChildPlan& plan) {
  if (plan.groups == nullptr) return;
  require(plan, raw(SYS_setgroups, plan.group_count, plan.groups), ChildStage::identity);
  require(plan, raw(SYS_setresgid, plan.group, plan.group, plan.group), ChildStage::identity);
  require(plan, raw(SYS_setresuid, plan.user, plan.user, plan.user), ChildStage::identity);
}

/// dup3 refuses equal descriptors; the parent has moved all of ours above 2.
void connect_stdio(ChildPlan& plan) {
  const bool quiet = plan.input < 0;
  const long input = quiet ? raw(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY, 0) : plan.input;
  require(plan, input, ChildStage::stdio);
  if (input != 0) require(plan, raw(SYS_dup3, input, 0, 0), ChildStage::stdio);
  if (plan.output >= 0) require(plan, raw(SYS_dup3, plan.output, 1, 0), ChildStage::stdio);
  if (plan.error >= 0) require(plan, raw(SYS_dup3, plan.error, 2, 0), ChildStage::stdio);
  // A kernel without it keeps working: every descriptor of heald is close-on-exec by itself.
  raw(SYS_close_range, 3U, ~0U, 0U);
}

/// Before any signal is let in again: heald's handlers would run in the child, on heald's memory.
void reset_signals() {
  constexpr std::size_t mask_size = 8;          // the kernel's sigset_t
  const std::uint64_t default_action[4] = {};   // handler, flags, restorer, mask
  for (int number = 1; number <= 64; ++number) {
    raw(SYS_rt_sigaction, number, default_action, nullptr, mask_size);
  }
  const std::uint64_t none = 0;
  raw(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, mask_size);
}

}  // namespace

int child_entry(void* argument) {
  auto& plan = *static_cast<ChildPlan*>(argument);
  require(plan, raw(SYS_setpgid, 0, 0), ChildStage::group);
  enter_cgroup(plan);
  set_limits(plan);
  become(plan);
  tie_to_parent(plan);  // after become(): a change of user takes it away
  if (plan.umask >= 0) raw(SYS_umask, plan.umask);
  if (plan.directory != nullptr) {
    require(plan, raw(SYS_chdir, plan.directory), ChildStage::directory);
  }
  write_record(plan);
  connect_stdio(plan);
  reset_signals();
  raw(SYS_execve, plan.path, plan.argv, plan.environment);
  give_up(plan, ChildStage::exec);
}

}  // namespace heald
