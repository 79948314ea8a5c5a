#include "actuate/service_process.hpp"

#include <fcntl.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <tuple>
#include <utility>

#include "base/signals.hpp"
#include "heald/assert.hpp"
#include "process/account.hpp"
#include "process/proc.hpp"

namespace heald {
namespace {

/// Between looks at whether what was killed is dead.
constexpr Duration clearing_pause = 5ms;

/// "10s", "1.5s".
std::string seconds(Duration duration) {
  const auto tenths = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count() / 100;
  const auto rest = tenths % 10;
  return std::to_string(tenths / 10) + (rest == 0 ? "" : "." + std::to_string(rest)) + "s";
}

/// The child itself writes to the file, so that its output survives heald; and it appends, so
/// that the file may be truncated under it.
Result<Fd> open_log(const std::string& path) {
  constexpr int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;
  Fd file{::open(path.c_str(), flags, 0640)};
  if (!file) return system_error("cannot open log " + path, errno);
  return file;
}

/// What is written there are entries of systemd's journal under this name. They survive heald, and
/// a restart of journald.
Result<Fd> open_journald(const std::string& service) {
  const int stream = ::sd_journal_stream_fd(service.c_str(), LOG_INFO, 1);
  if (stream < 0) return system_error("cannot reach systemd's journal", -stream);
  return Fd{stream};
}

/// Whether the rules want to hear what the process says of itself.
bool listens(const ServicePolicy& rules) {
  return std::ranges::any_of(rules.probes, [](const ProbePolicy& probe) {
    return std::holds_alternative<NotifyProbe>(probe.kind) ||
           std::holds_alternative<WatchdogProbe>(probe.kind);
  });
}

/// What the process is told of how often it has to speak; the strictest of its probes counts.
std::optional<Duration> longest_silence(const ServicePolicy& rules) {
  std::optional<Duration> shortest;
  for (const ProbePolicy& probe : rules.probes) {
    const auto* watchdog = std::get_if<WatchdogProbe>(&probe.kind);
    if (watchdog == nullptr) continue;
    shortest = std::min(shortest.value_or(Duration::max()), watchdog->within);
  }
  return shortest;
}

std::string no_cgroup(const std::string& why) {
  return "; it has no cgroup of its own: " + why;
}

}  // namespace

ServiceProcess::ServiceProcess(const LiveActuator::Parts& parts, ServiceId id,
                               std::string service)
    : parts_(parts), id_(id), service_(std::move(service)) {}

ServiceProcess::~ServiceProcess() {
  if (current_) parts_.children.forget(current_->child);
}

std::optional<pid_t> ServiceProcess::pid() const {
  if (!current_) return std::nullopt;
  return current_->child.pid;
}

std::string ServiceProcess::record_path() const {
  return parts_.folders.run + "/" + service_ + ".child";
}

std::string ServiceProcess::ready_path() const {
  return parts_.folders.run + "/" + service_ + ".ready";
}

StepResult ServiceProcess::start(const ServicePolicy& service, ActionId action,
                                 Generation generation) {
  HEALD_ASSERT(!current_);
  const ProcessRuntime& rules = *service.process();
  SpawnRequest request;
  request.name = service_;
  request.exec = rules.exec;
  request.umask = rules.umask;
  request.limits = rules.limits;
  request.outlives = Outlives::heald;
  Fd record;
  if (!parts_.folders.run.empty()) {
    // Without a record the next heald would start it a second time: better not once.
    auto opened = open_child_record(record_path());
    if (!opened) {
      return {ActionResult::failed, "cannot start " + service_ + ": " + opened.error().message};
    }
    record = std::move(*opened);
    request.record = RecordTarget{record.get(), action, generation};
  }
  Fd log;
  std::string remark;
  connect_output(rules, request, log, remark);
  request.cgroup = make_cgroup(remark);
  const bool speaks = give_voice(service, request, remark);
  const auto child = parts_.children.spawn(request, parts_.control, when_ended());
  if (request.cgroup && (!child || !child->cgroup_problem.empty())) request.cgroup->remove();
  if (!child) return {ActionResult::failed, child.error().message};
  if (!child->cgroup_problem.empty()) remark += no_cgroup(child->cgroup_problem);
  current_ = Current{{child->id, child->pid}, generation};
  if (speaks) {
    hear(child->cgroup_problem.empty() ? request.cgroup : nullptr, SelfReport::Stage::starting);
  }
  return {ActionResult::done, "pid " + std::to_string(child->pid) + remark};
}

void ServiceProcess::connect_output(const ProcessRuntime& rules, SpawnRequest& request, Fd& log,
                                    std::string& remark) const {
  if (rules.output == Output::inherit) return;
  if (rules.output == Output::file && parts_.folders.logs.empty()) return;
  const bool to_file = rules.output == Output::file;
  auto opened = to_file ? open_log(parts_.folders.logs + "/" + service_ + ".log")
                        : open_journald(service_);
  // A service without a log is better than no service.
  if (!opened) remark = "; its output goes to heald's: " + opened.error().message;
  if (opened) log = std::move(*opened);
  request.output = request.error = log.get();
}

bool ServiceProcess::give_voice(const ServicePolicy& rules, SpawnRequest& request,
                                std::string& remark) {
  if (!listens(rules)) {
    parts_.self_reports.forget(id_);
    return false;
  }
  const auto mute = [&](const std::string& why) {
    // What would hear it says that it cannot: a service that runs is better than none.
    remark += "; it has no NOTIFY_SOCKET: " + why;
    parts_.self_reports.forget(id_);
    return false;
  };
  const auto identity = find_identity(request.exec.user, request.exec.group);
  if (!identity) return mute(identity.error().message);
  const uid_t user = *identity ? (*identity)->user : ::geteuid();
  const auto path = parts_.self_reports.listen(id_, service_, user);
  if (!path) return mute(path.error().message);
  request.exec.environment.own()["NOTIFY_SOCKET"] = *path;
  if (const auto within = longest_silence(rules)) {
    using std::chrono::microseconds;
    const auto micros = std::chrono::duration_cast<microseconds>(*within).count();
    request.exec.environment.own()["WATCHDOG_USEC"] = std::to_string(micros);
  }
  return true;
}

void ServiceProcess::hear(CgroupHandle cgroup, SelfReport::Stage stage) {
  SelfReports::Speaker speaker;
  speaker.pid = current_->child.pid;
  speaker.cgroup = std::move(cgroup);
  speaker.ready = [this, alive = std::weak_ptr{alive_}] {
    if (!alive.expired()) note_ready();
  };
  parts_.self_reports.begin(id_, std::move(speaker), stage);
}

/// So that the next heald knows; without it, it waits for what was said already.
void ServiceProcess::note_ready() const {
  if (parts_.folders.run.empty() || !current_) return;
  const auto record = read_child_record(record_path());
  if (record && *record) std::ignore = write_child_record(ready_path(), **record);
}

/// A service without a cgroup is better than no service, too.
CgroupHandle ServiceProcess::make_cgroup(std::string& remark) const {
  if (parts_.cgroups == nullptr) return nullptr;
  auto made = parts_.cgroups->make(service_);
  if (made) return *std::move(made);
  remark += no_cgroup(made.error().message);
  return nullptr;
}

boost::asio::steady_timer& ServiceProcess::timer() {
  if (!timer_) timer_ = std::make_unique<boost::asio::steady_timer>(parts_.control);
  return *timer_;
}

void ServiceProcess::clear(Duration timeout, Stopped cleared) {
  HEALD_ASSERT(!current_);
  clear_until(std::chrono::steady_clock::now() + timeout, 0, std::move(cleared));
}

void ServiceProcess::clear_until(std::chrono::steady_clock::time_point deadline,
                                 std::size_t killed, Stopped cleared) {
  const auto cgroup = parts_.cgroups == nullptr ? nullptr : parts_.cgroups->find(service_);
  const auto members = cgroup ? cgroup->members() : std::vector<pid_t>{};
  if (members.empty()) {
    timer_.reset();
    if (cgroup) cgroup->remove();
    if (killed == 0) return cleared({ActionResult::done, {}});
    return cleared({ActionResult::done, std::string{"killed "}
                                            .append(std::to_string(killed))
                                            .append(" left by an earlier process")});
  }
  if (std::chrono::steady_clock::now() >= deadline) {
    return cleared({ActionResult::failed, "cannot clear " + cgroup->path() + ": process " +
                                              std::to_string(members.front()) + " does not die"});
  }
  cgroup->kill();
  // They may be anybody's children, so that nothing tells of their end.
  timer().expires_after(clearing_pause);
  timer().async_wait([this, alive = std::weak_ptr{alive_}, deadline,
                     killed = std::max(killed, members.size()), cleared = std::move(cleared)](
                        const boost::system::error_code& error) mutable {
    if (!error && !alive.expired()) clear_until(deadline, killed, std::move(cleared));
  });
}

void ServiceProcess::claim(ActionId action, Generation generation) {
  if (!current_) return;
  current_->generation = generation;
  const auto stat = read_proc_stat(current_->child.pid);
  if (parts_.folders.run.empty() || !stat) return;
  // When this fails the old record stands, and still names the right process.
  std::ignore = write_child_record(record_path(), {action, generation, current_->child.pid,
                                                   stat->start_time, boot_id()});
}

void ServiceProcess::stop(const StopPolicy& rules, Duration timeout, Stopped stopped) {
  if (!current_) {
    return clear(timeout, [stopped = std::move(stopped)](StepResult cleared) {
      const auto separator = cleared.evidence.empty() ? "" : "; ";
      cleared.evidence.insert(0, std::string{"it did not run"}.append(separator));
      stopped(std::move(cleared));
    });
  }
  stopping_ = std::make_unique<Stopping>(Stopping{std::move(stopped), {}});
  parts_.children.signal(current_->child, rules.signal);
  // A suspended process takes the signal only when it goes on.
  parts_.children.signal(current_->child, Signal{SIGCONT});
  const auto patience = std::min(rules.timeout, timeout);
  await_stop(patience, "did not end within " + seconds(patience) + " of " +
                           signal_name(rules.signal.number) + " and was killed");
}

void ServiceProcess::await_stop(Duration timeout, std::string overdue) {
  timer().expires_after(timeout);
  timer().async_wait([this, alive = std::weak_ptr{alive_}, child = current_->child,
                     overdue = std::move(overdue)](const boost::system::error_code& error) {
    if (error || alive.expired() || !stopping_ || !current_) return;
    if (current_->child.id != child.id) return;
    stopping_->evidence = overdue;
    kill();
  });
}

bool ServiceProcess::signal(Signal signal) {
  return current_ && parts_.children.signal(current_->child, signal);
}

void ServiceProcess::kill() {
  if (current_) parts_.children.kill_group(current_->child);
}

Children::Ended ServiceProcess::when_ended() {
  return [this, alive = std::weak_ptr{alive_}](ExitStatus status) {
    if (!alive.expired()) ended(status);
  };
}

void ServiceProcess::ended(ExitStatus status) {
  timer_.reset();
  parts_.self_reports.end(id_);
  if (!parts_.folders.run.empty()) ::unlink(ready_path().c_str());
  const auto generation = current_->generation;
  current_.reset();
  const auto stopping = std::exchange(stopping_, nullptr);
  if (!stopping) return parts_.reports.exited({id_, generation, status});
  if (stopping->evidence.empty()) stopping->evidence = describe(status);
  stopping->stopped({ActionResult::done, std::move(stopping->evidence)});
}

/// The socket's file is made anew, and says by its being there that the process was given one.
void ServiceProcess::hear_again(const ServicePolicy& rules, const ChildRecord& record,
                                const CgroupHandle& cgroup) {
  if (!listens(rules) || !parts_.self_reports.has_socket(service_)) return;
  const auto& exec = rules.process()->exec;
  const auto identity = find_identity(exec.user, exec.group);
  if (!identity) return;
  const uid_t user = *identity ? (*identity)->user : ::geteuid();
  if (!parts_.self_reports.listen(id_, service_, user)) return;
  const auto ready = read_child_record(ready_path());
  // The action that it counts for may be another one by now; the process is the same.
  const bool was_ready = ready && *ready && (*ready)->pid == record.pid &&
                         (*ready)->start_time == record.start_time &&
                         (*ready)->boot_id == record.boot_id;
  hear(cgroup, was_ready ? SelfReport::Stage::ready : SelfReport::Stage::untold);
}

Adoption ServiceProcess::adopt(const ServicePolicy& rules) {
  Adoption adoption;
  adoption.found.service = id_;
  if (parts_.folders.run.empty()) return adoption;
  const auto read = read_child_record(record_path());
  if (!read) {
    adoption.problem = read.error().message;
    return adoption;
  }
  const auto& record = *read;
  if (!record || record->boot_id != boot_id()) return adoption;
  adoption.action = record->action;
  adoption.found.generation = record->generation;
  auto pidfd = open_pidfd(*record);
  if (!pidfd) {
    adoption.found.what = ProcessFound::What::ended;
    return adoption;
  }
  auto cgroup = parts_.cgroups == nullptr ? nullptr : parts_.cgroups->find(service_);
  if (cgroup && !cgroup->holds(record->pid)) cgroup = nullptr;  // it was started without
  current_ = Current{parts_.children.follow(record->pid, std::move(*pidfd), parts_.control,
                                            when_ended(), cgroup),
                     record->generation};
  hear_again(rules, *record, cgroup);
  adoption.found.what = ProcessFound::What::running;
  adoption.found.pid = record->pid;
  return adoption;
}

void ServiceProcess::remove_record() {
  if (parts_.folders.run.empty()) return;
  ::unlink(record_path().c_str());
  ::unlink(ready_path().c_str());
}

}  // namespace heald
