#include "process/launch.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "base/fill_in.hpp"
#include "process/env_file.hpp"
#include "process/open_files.hpp"

namespace heald {
namespace {

/// What systemd tells heald about heald. A child that believed it would answer in heald's place.
constexpr std::array<std::string_view, 7> addressed_to_heald = {
    "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_PID",
    "LISTEN_FDS",    "LISTEN_FDNAMES", "MAINPID"};

/// Debian's own, for a heald that was started without a PATH.
constexpr std::string_view default_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct LimitName {
  std::string_view name;
  int resource;
};
constexpr std::array<LimitName, 16> limit_names = {{
    {"as", RLIMIT_AS},
    {"core", RLIMIT_CORE},
    {"cpu", RLIMIT_CPU},
    {"data", RLIMIT_DATA},
    {"fsize", RLIMIT_FSIZE},
    {"locks", RLIMIT_LOCKS},
    {"memlock", RLIMIT_MEMLOCK},
    {"msgqueue", RLIMIT_MSGQUEUE},
    {"nice", RLIMIT_NICE},
    {"nofile", RLIMIT_NOFILE},
    {"nproc", RLIMIT_NPROC},
    {"rss", RLIMIT_RSS},
    {"rtprio", RLIMIT_RTPRIO},
    {"rttime", RLIMIT_RTTIME},
    {"sigpending", RLIMIT_SIGPENDING},
    {"stack", RLIMIT_STACK},
}};

bool is_addressed_to_heald(std::string_view name) {
  return std::find(addressed_to_heald.begin(), addressed_to_heald.end(), name) !=
         addressed_to_heald.end();
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// The file that argv[0] names in a PATH, found as a shell would, but only in absolute folders:
/// others would mean different files for heald and for a child in another directory.
Result<std::string> find_program(const std::string& name, std::string_view search) {
  bool not_executable = false;
  std::string found;
  while (!search.empty()) {
    const auto colon = search.find(':');
    const auto folder = search.substr(0, colon);
    search.remove_prefix(colon == std::string_view::npos ? search.size() : colon + 1);
    if (folder.empty() || folder.front() != '/') continue;
    const auto file = std::string{folder} + '/' + name;
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    if ((status.st_mode & 0111U) != 0) return {boost::system::in_place_value, file};
    if (!not_executable) found = file;
    not_executable = true;
  }
  if (not_executable) return system_error(found, EACCES);
  return Error{name + ": not found in PATH"};
}

}  // namespace

Result<void> Launch::prepare(const SpawnRequest& request) {
  if (auto r = prepare_identity(request.exec); !r) return r;
  if (auto r = prepare_environment(request.exec); !r) return r;
  if (auto r = prepare_program(request.exec); !r) return r;
  if (auto r = prepare_limits(request.limits); !r) return r;
  prepare_cgroup(request);
  if (auto r = prepare_descriptors(request); !r) return r;
  if (request.record) prepare_record(*request.record);
  if (!request.exec.directory.empty()) plan_.directory = request.exec.directory.c_str();
  if (request.umask) plan_.umask = *request.umask;
  if (request.outlives == Outlives::nothing) plan_.dies_with = ::getpid();
  return {};
}

Result<void> Launch::prepare_identity(const ExecPolicy& exec) {
  auto identity = find_identity(exec.user, exec.group);
  if (!identity) return identity.error();
  identity_ = std::move(*identity);
  if (!identity_) return {};
  plan_.user = identity_->user;
  plan_.group = identity_->group;
  plan_.groups = identity_->supplementary.data();
  plan_.group_count = identity_->supplementary.size();
  return {};
}

Result<void> Launch::prepare_environment(const ExecPolicy& exec) {
  Environment added;
  if (auto r = add_env_files(exec.env_files, added); !r) return r;
  if (auto r = add_secret_files(exec.secret_files, added); !r) return r;
  for (const auto& [name, value] : exec.environment) {
    auto filled = fill_in_from_environment(value);
    if (!filled) return Error{"variable " + name + ": " + filled.error().message};
    added.insert_or_assign(name, *std::move(filled));
  }
  if (identity_ && !identity_->name.empty()) {
    added.emplace("HOME", identity_->home);
    added.emplace("USER", identity_->name);
    added.emplace("LOGNAME", identity_->name);
  }
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const auto name = text.substr(0, text.find('='));
    if (is_addressed_to_heald(name) || added.contains(std::string{name})) continue;
    environment_.emplace_back(text);
  }
  for (const auto& [name, value] : added) {
    environment_.push_back(name);
    environment_.back().append("=").append(value);
  }
  environment_pointers_ = pointers_to(environment_);
  plan_.environment = environment_pointers_.data();
  return {};
}

Result<void> Launch::prepare_program(const ExecPolicy& exec) {
  if (exec.command.empty() || exec.command.front().empty()) return Error{"no command given"};
  arguments_ = exec.command;
  argument_pointers_ = pointers_to(arguments_);
  plan_.argv = argument_pointers_.data();
  path_ = arguments_.front();
  if (path_.find('/') == std::string::npos) {
    std::string_view search = default_path;
    constexpr std::string_view key = "PATH=";
    for (const auto& entry : environment_) {
      if (entry.starts_with(key)) search = std::string_view{entry}.substr(key.size());
    }
    auto found = find_program(path_, search);
    if (!found) return found.error();
    path_ = std::move(*found);
  }
  plan_.path = path_.c_str();
  return {};
}

Result<void> Launch::prepare_limits(const std::vector<ResourceLimit>& limits) {
  for (const auto& limit : limits) {
    const auto* known = std::find_if(limit_names.begin(), limit_names.end(),
                                     [&](const LimitName& one) { return one.name == limit.name; });
    if (known == limit_names.end()) return Error{"there is no limit " + limit.name};
    limits_.push_back({known->resource,
                       {limit.soft.value_or(RLIM_INFINITY), limit.hard.value_or(RLIM_INFINITY)}});
  }
  const bool given = std::any_of(limits_.begin(), limits_.end(), [](const ChildLimit& limit) {
    return limit.resource == RLIMIT_NOFILE;
  });
  if (const auto before = open_files_before(); before && !given) {
    limits_.push_back({RLIMIT_NOFILE, *before});
  }
  plan_.limits = limits_.data();
  plan_.limit_count = limits_.size();
  return {};
}

void Launch::prepare_cgroup(const SpawnRequest& request) {
  if (!request.cgroup) return;
  auto entrance = request.cgroup->open_entrance();
  if (!entrance) {
    cgroup_problem_ = entrance.error().message;
    return;
  }
  cgroup_ = std::move(*entrance);
  plan_.cgroup = cgroup_.get();
}

Result<void> Launch::prepare_descriptors(const SpawnRequest& request) {
  plan_.input = request.input;
  plan_.output = request.output;
  plan_.error = request.error;
  plan_.record = request.record ? request.record->file : -1;
  std::size_t used = 0;
  for (int* number : {&plan_.input, &plan_.output, &plan_.error, &plan_.cgroup, &plan_.record}) {
    if (*number < 0 || *number > 2) continue;
    auto& copy = moved_.at(used++);
    copy.reset(::fcntl(*number, F_DUPFD_CLOEXEC, 3));
    if (!copy) return system_error("cannot duplicate a descriptor", errno);
    *number = copy.get();
  }
  return {};
}

void Launch::prepare_record(const RecordTarget& target) {
  record_ = child_record_text(target.action, target.generation);
  plan_.record_text = record_.bytes.data();
  plan_.record_size = record_.bytes.size();
  plan_.record_digits = ChildRecordText::digits;
  plan_.pid_at = record_.pid_at;
  plan_.start_time_at = record_.start_time_at;
}

std::string Launch::cgroup_problem() const {
  if (plan_.cgroup_error == 0) return cgroup_problem_;
  return system_error("cannot enter its cgroup", plan_.cgroup_error).message;
}

Error Launch::failure(const SpawnRequest& request) const {
  const int number = plan_.error_number;
  switch (plan_.failed_at) {
    case ChildStage::none: break;
    case ChildStage::parent: return system_error("cannot tie it to heald", number);
    case ChildStage::group: return system_error("cannot make a process group", number);
    case ChildStage::limit: {
      const bool asked = plan_.failed_limit < request.limits.size();
      const auto name = asked ? request.limits[plan_.failed_limit].name : "nofile";
      return system_error("cannot set limit " + name, number);
    }
    case ChildStage::record: return system_error("cannot write its child record", number);
    case ChildStage::identity: {
      const auto& exec = request.exec;
      return system_error(exec.user.empty() ? "cannot become group " + exec.group
                                            : "cannot become user " + exec.user, number);
    }
    case ChildStage::directory:
      return system_error("cannot enter directory " + request.exec.directory, number);
    case ChildStage::stdio: return system_error("cannot connect its input and output", number);
    case ChildStage::exec:
      // execve says ENOENT for a script, too, whose interpreter is missing.
      if (number == ENOENT && path_.front() == '/' && ::access(path_.c_str(), F_OK) == 0) {
        return Error{path_ + ": its interpreter does not exist"};
      }
      return system_error(path_, number);
  }
  return Error{"no reason given"};
}

}  // namespace heald
