#include "process/reaper.hpp"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

#include "process/proc.hpp"

namespace heald {
namespace {

namespace asio = boost::asio;

/// How often a group that is still dying is looked at when no SIGCHLD tells: its members may be
/// the children of others. Doubles up to the second.
constexpr std::chrono::milliseconds first_pause{5};
constexpr std::chrono::milliseconds longest_pause{1000};

ExitStatus status_of(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return {ExitStatus::Kind::exited, info.si_status, false};
  return {ExitStatus::Kind::signaled, info.si_status, false};
}

std::uint64_t kills_so_far(const CgroupHandle& cgroup) {
  return cgroup ? cgroup->oom_kills().value_or(0) : 0;
}

bool ended_well(const ExitStatus& status) {
  return status.kind == ExitStatus::Kind::exited && status.code == 0;
}

/// kill(2) counts zombies as members; a thorough look does not.
bool group_exists(pid_t group) { return ::kill(-group, 0) == 0 || errno != ESRCH; }

}  // namespace

Reaper::Reaper(asio::any_io_executor control)
    : control_(std::move(control)), signals_(control_), timer_(control_) {}

void Reaper::start() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  signals_.add(SIGCHLD);
  await_signal();
  // For children that ended before the handler stood.
  asio::post(control_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->reap();
  });
}

void Reaper::stop() {
  boost::system::error_code ignored;
  signals_.cancel(ignored);
  timer_.cancel();
  const std::lock_guard lock{mutex_};
  running_.clear();
  leaving_.clear();
}

Reaper::Elsewhere Reaper::elsewhere(asio::any_io_executor executor) const {
  return executor == control_ ? Elsewhere{} : Elsewhere{std::move(executor)};
}

Result<NewChild> Reaper::spawn(const SpawnRequest& request, asio::any_io_executor executor,
                               Children::Ended ended) {
  const auto oom_kills = kills_so_far(request.cgroup);
  {
    const std::lock_guard lock{mutex_};
    ++spawning_;
  }
  auto spawned = heald::spawn(request);
  const std::lock_guard lock{mutex_};
  ExitStatus status;
  const bool ended_already = spawned && reaped_before(*spawned, status);
  if (--spawning_ == 0) early_.clear();
  if (!spawned) return spawned.error();
  Entry entry{{decltype(Child::id){++last_id_}, spawned->pid},
              elsewhere(std::move(executor)),
              std::move(ended),
              nullptr,
              spawned->cgroup_problem.empty() ? request.cgroup : nullptr,
              oom_kills,
              request.leftovers};
  NewChild child{entry.child, std::move(spawned->cgroup_problem)};
  if (!ended_already) {
    running_.insert_or_assign(child.pid, std::move(entry));
    return child;
  }
  leave(std::move(entry), status);
  asio::post(control_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->settle(Look::quick);
  });
  return child;
}

/// Whether the end that was kept for this pid is this process's, and not that of an orphan which
/// had the number before.
bool Reaper::reaped_before(const Spawned& spawned, ExitStatus& status) {
  const auto early = early_.find(spawned.pid);
  if (early == early_.end()) return false;
  siginfo_t info{};
  const auto pidfd = static_cast<id_t>(spawned.pidfd.get());
  if (::waitid(P_PIDFD, pidfd, &info, WEXITED | WNOHANG | WNOWAIT) == 0) return false;
  status = early->second;
  return true;
}

Child Reaper::follow(pid_t pid, Fd pidfd, asio::any_io_executor executor, Children::Ended ended,
                     CgroupHandle cgroup) {
  const auto oom_kills = kills_so_far(cgroup);
  auto watch = std::make_shared<Descriptor>(control_, pidfd.release());
  const std::lock_guard lock{mutex_};
  const Child child{decltype(Child::id){++last_id_}, pid};
  Entry entry{child,     elsewhere(std::move(executor)), std::move(ended),
              watch,     std::move(cgroup),              oom_kills,
              Leftovers::killed};
  running_.insert_or_assign(pid, std::move(entry));
  await_pidfd(child, watch);
  return child;
}

Reaper::Entry* Reaper::find(const Child& child) {
  const auto found = running_.find(child.pid);
  return found != running_.end() && found->second.child.id == child.id ? &found->second : nullptr;
}

bool Reaper::signal(const Child& child, Signal signal) {
  const std::lock_guard lock{mutex_};
  const auto* entry = find(child);
  if (entry == nullptr) return false;
  // Our own child cannot be reaped without this lock, so the number is its own. Another's can.
  if (entry->pidfd == nullptr) return ::kill(child.pid, signal.number) == 0;
  return ::syscall(SYS_pidfd_send_signal, entry->pidfd->native_handle(), signal.number, nullptr,
                   0) == 0;
}

void Reaper::kill_group(const Child& child) {
  const std::lock_guard lock{mutex_};
  auto* entry = find(child);
  if (entry == nullptr) return;
  entry->leftovers = Leftovers::killed;
  ::kill(-child.pid, SIGKILL);
  if (entry->cgroup) entry->cgroup->kill();
}

void Reaper::forget(const Child& child) {
  const std::lock_guard lock{mutex_};
  if (find(child) != nullptr) running_.erase(child.pid);
  std::erase_if(leaving_, [&](const Leaving& one) { return one.entry.child.id == child.id; });
}

void Reaper::await_signal() {
  signals_.async_wait([weak = weak_from_this()](const boost::system::error_code& error, int) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->await_signal();
    self->reap();
  });
}

void Reaper::await_pidfd(const Child& child, const std::shared_ptr<Descriptor>& pidfd) {
  pidfd->async_wait(Descriptor::wait_read,
                    [weak = weak_from_this(), child](const boost::system::error_code& error) {
                      const auto self = weak.lock();
                      if (!error && self) self->pidfd_ready(child);
                    });
}

void Reaper::reap() {
  for (;;) {
    // Look first, reap later: as long as the leader is a zombie, its group's number is its own.
    siginfo_t found{};
    if (::waitid(P_ALL, 0, &found, WEXITED | WNOHANG | WNOWAIT) != 0 || found.si_pid == 0) break;
    reap_one(found);
  }
  settle(Look::quick);
}

void Reaper::reap_one(const siginfo_t& found) {
  const std::lock_guard lock{mutex_};
  const pid_t pid = found.si_pid;
  const auto entry = running_.find(pid);
  if (entry != running_.end() && entry->second.leftovers == Leftovers::killed) {
    ::kill(-pid, SIGKILL);
  }
  siginfo_t info{};
  const bool reaped = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG) == 0;
  if (entry != running_.end()) {
    auto node = running_.extract(entry);
    leave(std::move(node.mapped()), status_of(found));
  } else if (reaped && spawning_ > 0) {
    early_.insert_or_assign(pid, status_of(found));
  }
}

void Reaper::pidfd_ready(const Child& child) {
  {
    const std::lock_guard lock{mutex_};
    if (find(child) == nullptr) return;
    auto node = running_.extract(child.pid);
    ExitStatus status;
    siginfo_t info{};
    const auto number = static_cast<id_t>(node.mapped().pidfd->native_handle());
    // A heald that re-executed itself follows processes that are its own children after all.
    if (::waitid(P_PIDFD, number, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0) {
      status = status_of(info);
    }
    leave(std::move(node.mapped()), status);
  }
  settle(Look::quick);
}

void Reaper::leave(Entry entry, ExitStatus status) {
  if (entry.leftovers == Leftovers::killed) ::kill(-entry.child.pid, SIGKILL);
  entry.pidfd.reset();
  if (entry.cgroup) {
    status.oom = !ended_well(status) && kills_so_far(entry.cgroup) > entry.oom_kills;
    entry.cgroup->kill();
  }
  leaving_.push_back({std::move(entry), status});
}

void Reaper::settle(Look look) {
  const std::lock_guard lock{mutex_};
  const auto dead = [look](const Leaving& one) {
    if (one.entry.leftovers == Leftovers::kept) return true;
    const pid_t group = one.entry.child.pid;
    if (group_exists(group) && (look == Look::quick || group_runs(group))) return false;
    const auto& cgroup = one.entry.cgroup;
    if (!cgroup || cgroup->members().empty()) return true;
    cgroup->kill();  // what was forked while the others died
    return false;
  };
  const auto gone = std::stable_partition(leaving_.begin(), leaving_.end(), std::not_fn(dead));
  for (auto one = gone; one != leaving_.end(); ++one) {
    if (one->entry.cgroup) one->entry.cgroup->remove();
    const auto& executor = one->entry.executor;
    asio::post(executor ? *executor : control_,
               [ended = std::move(one->entry.ended), status = one->status] { ended(status); });
  }
  leaving_.erase(gone, leaving_.end());
  if (leaving_.empty()) {
    pause_ = first_pause;
    if (std::exchange(timer_runs_, false)) timer_.cancel();
  } else if (!timer_runs_) {
    timer_runs_ = true;
    look_again();
  }
}

void Reaper::look_again() {
  pause_ = std::clamp(pause_ * 2, first_pause, longest_pause);
  timer_.expires_after(pause_);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    {
      const std::lock_guard lock{self->mutex_};
      self->timer_runs_ = false;
    }
    self->reap();
    self->settle(Look::thorough);
  });
}

}  // namespace heald
