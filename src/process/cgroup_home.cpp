#include "process/cgroup_home.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <tuple>
#include <vector>

namespace heald {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "service-";
constexpr std::string_view leaf_name = "supervisor";

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = text.find(at);
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return parts;
}

bool lists(std::string_view text, char separator, std::string_view word) {
  const auto words = split(text, separator);
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// mountinfo writes blanks in paths as \040.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto octal = text.substr(at, 4);
    const bool escape = octal.size() == 4 && octal[0] == '\\' &&
                        std::all_of(octal.begin() + 1, octal.end(),
                                    [](char digit) { return digit >= '0' && digit <= '7'; });
    if (escape) {
      plain += static_cast<char>((octal[1] - '0') * 64 + (octal[2] - '0') * 8 + (octal[3] - '0'));
      at += 3;
    } else {
      plain += text[at];
    }
  }
  return plain;
}

/// A cgroup file system: what of it is mounted, and where.
struct Mount {
  std::string root;
  std::string point;
};

bool is_of(CgroupVersion version, std::string_view type, std::string_view options) {
  if (version == CgroupVersion::v2) return type == "cgroup2";
  return type == "cgroup" && lists(options, ',', "memory");
}

/// Lines as in proc(5): ID PARENT DEVICE ROOT POINT OPTIONS TAGS… - TYPE SOURCE OPTIONS.
std::vector<Mount> mounts_of(CgroupVersion version, std::string_view mountinfo) {
  std::vector<Mount> found;
  for (const auto line : split(mountinfo, '\n')) {
    const auto dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    const auto place = split(line.substr(0, dash), ' ');
    const auto kind = split(line.substr(dash + 3), ' ');
    if (place.size() < 5 || kind.size() < 3 || !is_of(version, kind[0], kind[2])) continue;
    found.push_back({unescaped(place[3]), unescaped(place[4])});
  }
  return found;
}

/// The path of heald's own cgroup within its hierarchy: "ID:CONTROLLERS:PATH", v2 being "0::PATH".
std::optional<std::string> own_path(CgroupVersion version, std::string_view own_cgroups) {
  for (const auto line : split(own_cgroups, '\n')) {
    const auto first = line.find(':');
    const auto second = line.find(':', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) continue;
    const auto controllers = line.substr(first + 1, second - first - 1);
    const bool ours = version == CgroupVersion::v2 ? line.starts_with("0::")
                                                   : lists(controllers, ',', "memory");
    if (ours) return std::string{line.substr(second + 1)};
  }
  return std::nullopt;
}

/// The folder of heald's own cgroup; nothing when it is not to be seen from here.
std::optional<std::string> own_folder(CgroupVersion version, const CgroupSurroundings& from) {
  const auto path = own_path(version, from.own_cgroups);
  if (!path) return std::nullopt;
  for (const auto& [root, point] : mounts_of(version, from.mounts)) {
    auto below = *path;
    if (root != "/") {
      if (below != root && !below.starts_with(root + "/")) continue;
      below.erase(0, root.size());
    }
    if (below == "/") below.clear();
    if (below.find("/..") != std::string::npos) continue;  // outside of our cgroup namespace
    if (fs::exists(point + below + "/cgroup.procs")) return point + below;
  }
  return std::nullopt;
}

bool offers_memory(const std::string& folder) {
  const auto offered = read_control_file(folder + "/cgroup.controllers").value_or("");
  return lists(std::string_view{offered}.substr(0, offered.find('\n')), ' ', "memory");
}

bool holds_others(const std::string& folder, pid_t self) {
  const auto found = processes_in(folder);
  return std::any_of(found.begin(), found.end(), [self](pid_t pid) { return pid != self; });
}

Result<std::string> home_folder(CgroupVersion version, const CgroupSurroundings& from) {
  const auto* const what = version == CgroupVersion::v2 ? "cgroup v2" : "the memory controller";
  auto folder = own_folder(version, from);
  if (!folder) return Error{std::string{what} + " is not mounted here"};
  const std::string_view own{*folder};
  const auto slash = own.rfind('/');
  if (version == CgroupVersion::v2 && own.substr(slash + 1) == leaf_name) folder->resize(slash);
  const auto& home = *folder;
  const auto leaf = home + "/" + std::string{leaf_name};
  if (holds_others(home, from.self) ||
      (version == CgroupVersion::v2 && holds_others(leaf, from.self))) {
    return Error{"heald is not alone in its cgroup " + home};
  }
  if (::access(home.c_str(), W_OK) != 0) return system_error("cannot write to " + home, errno);
  const auto inherits = read_control_file(home + "/memory.use_hierarchy").value_or("1");
  // Without it a cgroup below ours would be free of the limits that ours is under.
  if (!inherits.starts_with('1')) return Error{home + " does not pass its limits on"};
  return {boost::system::in_place_value, home};
}

}  // namespace

CgroupSurroundings CgroupSurroundings::of_this_process() {
  CgroupSurroundings own;
  own.own_cgroups = read_control_file("/proc/self/cgroup").value_or("");
  own.mounts = read_control_file("/proc/self/mountinfo").value_or("");
  own.self = ::getpid();
  const char* placed = std::getenv("SYSTEMD_EXEC_PID");
  own.placed_by_systemd = placed != nullptr && std::to_string(own.self) == placed;
  return own;
}

std::string memory_controller_problem(const CgroupSurroundings& surroundings) {
  if (!mounts_of(CgroupVersion::v1, surroundings.mounts).empty()) return {};
  for (const auto& mount : mounts_of(CgroupVersion::v2, surroundings.mounts)) {
    if (offers_memory(mount.point)) return {};
  }
  return "no memory controller is mounted";
}

Result<std::unique_ptr<CgroupHome>> CgroupHome::open(const CgroupSurroundings& surroundings) {
  std::string problem;
  std::unique_ptr<CgroupHome> without_memory;
  for (const auto version : {CgroupVersion::v2, CgroupVersion::v1}) {
    auto folder = home_folder(version, surroundings);
    if (!folder) {
      problem.append(problem.empty() ? "" : "; ").append(folder.error().message);
      continue;
    }
    std::unique_ptr<CgroupHome> home{new CgroupHome(*std::move(folder), version)};
    home->remove_empty();
    if (version == CgroupVersion::v2) home->get_memory_controller(surroundings);
    if (home->oom_problem().empty()) return home;
    without_memory = std::move(home);
  }
  if (without_memory) return without_memory;
  return Error{problem};
}

void CgroupHome::get_memory_controller(const CgroupSurroundings& surroundings) {
  if (!offers_memory(path_)) {
    oom_problem_ = path_ + " has no memory controller";
    return;
  }
  const auto own = processes_in(path_);
  const bool inside = std::find(own.begin(), own.end(), surroundings.self) != own.end();
  // With a controller handed down, nobody can be put into `path_` any more. systemd would try with
  // the next heald after a crash, and fail (219/CGROUP), while services still run below.
  if (inside && surroundings.placed_by_systemd) {
    oom_problem_ = "the unit has no DelegateSubgroup=supervisor";
    return;
  }
  auto done = inside ? move_aside() : Result<void>{};
  if (done) done = write_control_file(path_ + "/cgroup.subtree_control", "+memory");
  if (done) return;
  oom_problem_ = done.error().message;
  move_back();
}

Result<void> CgroupHome::move_aside() {
  if (::mkdir(leaf().c_str(), 0755) != 0 && errno != EEXIST) {
    return system_error("cannot make " + leaf(), errno);
  }
  moved_ = true;
  return write_control_file(leaf() + "/cgroup.procs", "0");
}

void CgroupHome::move_back() {
  if (!moved_) return;
  moved_ = false;
  std::ignore = write_control_file(path_ + "/cgroup.procs", "0");
  ::rmdir(leaf().c_str());
}

CgroupHome::~CgroupHome() {
  remove_empty();
  if (!moved_) return;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{path_, error}) {
    // What runs on keeps its counters, and the next heald finds them.
    if (entry.path().filename().string().starts_with(prefix)) return;
  }
  if (write_control_file(path_ + "/cgroup.subtree_control", "-memory")) move_back();
}

/// Only what is named like ours and is empty: a cgroup with a process in it cannot be removed.
void CgroupHome::remove_empty() const {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{path_, error}) {
    if (!entry.path().filename().string().starts_with(prefix)) continue;
    const Cgroup left{entry.path().string(), version_};
    if (left.members().empty()) left.remove();
  }
}

std::string CgroupHome::folder_of(const std::string& service) const {
  return path_ + "/" + std::string{prefix} + service;
}

Result<CgroupHandle> CgroupHome::make(const std::string& service) const {
  const auto path = folder_of(service);
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
    return system_error("cannot make cgroup " + path, errno);
  }
  return CgroupHandle{std::make_shared<const Cgroup>(path, version_)};
}

CgroupHandle CgroupHome::find(const std::string& service) const {
  const auto path = folder_of(service);
  if (::access((path + "/cgroup.procs").c_str(), F_OK) != 0) return nullptr;
  return std::make_shared<const Cgroup>(path, version_);
}

}  // namespace heald
