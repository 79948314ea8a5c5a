#include "process/cgroup.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <tuple>

namespace heald {
namespace {

namespace fs = std::filesystem;

/// The folder and all below it, the deepest last.
std::vector<std::string> tree(const std::string& top) {
  std::vector<std::string> folders{top};
  for (std::size_t next = 0; next < folders.size(); ++next) {
    std::error_code error;
    const auto here = folders[next];
    for (fs::directory_iterator entry{here, error}, end; !error && entry != end;
         entry.increment(error)) {
      if (entry->is_directory(error) && !entry->is_symlink(error)) {
        folders.push_back(entry->path().string());
      }
    }
  }
  return folders;
}

std::optional<std::uint64_t> to_count(std::string_view text) {
  std::uint64_t count = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || (stop != end && *stop != '\n')) return std::nullopt;
  return count;
}

/// The number behind "KEY " at the beginning of a line.
std::optional<std::uint64_t> keyed_count(const std::string& text, std::string_view key) {
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view{text}.substr(at, end - at);
    if (line.starts_with(key)) return to_count(line.substr(key.size()));
    at = end + 1;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> read_control_file(const std::string& path) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return std::nullopt;
  std::string text;
  std::array<char, 4096> part{};
  for (;;) {
    const auto count = ::read(file.get(), part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
  }
}

Result<void> write_control_file(const std::string& path, const std::string& text) {
  const Fd file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!file) return system_error("cannot open " + path, errno);
  if (::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) return {};
  return system_error("cannot write '" + text + "' to " + path, errno);
}

std::vector<pid_t> processes_in(const std::string& folder) {
  std::vector<pid_t> found;
  const auto text = read_control_file(folder + "/cgroup.procs").value_or("");
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    if (const auto pid = to_count(std::string_view{text}.substr(at, end - at))) {
      found.push_back(static_cast<pid_t>(*pid));
    }
    at = end + 1;
  }
  return found;
}

Result<Fd> Cgroup::open_entrance() const {
  Fd file{::open((path_ + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC)};
  if (!file) return system_error("cannot open " + path_ + "/cgroup.procs", errno);
  return file;
}

std::optional<std::uint64_t> Cgroup::oom_kills() const {
  const auto* file = version_ == CgroupVersion::v2 ? "/memory.events" : "/memory.oom_control";
  const auto text = read_control_file(path_ + file);
  return text ? keyed_count(*text, "oom_kill ") : std::nullopt;
}

std::vector<pid_t> Cgroup::members() const {
  std::vector<pid_t> found;
  for (const auto& folder : tree(path_)) {
    for (const pid_t pid : processes_in(folder)) {
      if (pid > 0) found.push_back(pid);
    }
  }
  return found;
}

bool Cgroup::holds(pid_t pid) const {
  const auto all = members();
  return std::find(all.begin(), all.end(), pid) != all.end();
}

void Cgroup::kill() const {
  if (version_ == CgroupVersion::v2 && write_control_file(path_ + "/cgroup.kill", "1")) return;
  std::vector<std::pair<pid_t, Fd>> found;
  for (const pid_t pid : members()) {
    Fd pidfd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    if (pidfd) found.emplace_back(pid, std::move(pidfd));
  }
  // A number that is still listed now is that of the process which the descriptor holds, or of a
  // later one in the same cgroup; never that of a stranger.
  const auto still = members();
  for (const auto& [pid, pidfd] : found) {
    if (std::find(still.begin(), still.end(), pid) == still.end()) continue;
    ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
  }
}

bool Cgroup::remove() const {
  auto folders = tree(path_);
  std::reverse(folders.begin(), folders.end());
  for (const auto& folder : folders) {
    if (::rmdir(folder.c_str()) != 0 && errno != ENOENT) return false;
  }
  return true;
}

}  // namespace heald
