#include "process/proc.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"

namespace heald {
namespace {

std::string read_small_file(const std::string& path) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return {};
  std::array<char, 1024> text{};  // a stat line has at most some 400 characters
  const auto count = ::read(file.get(), text.data(), text.size());
  return count > 0 ? std::string{text.data(), static_cast<std::size_t>(count)} : std::string{};
}

template <class Number>
Number to_number(std::string_view text) {
  Number value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

std::optional<ProcStat> read_proc_stat(pid_t pid) {
  const auto line = read_small_file("/proc/" + std::to_string(pid) + "/stat");
  // The second field is the program's name in parentheses and may hold anything, even ") R 1".
  const auto name_end = line.rfind(") ");
  if (name_end == std::string::npos) return std::nullopt;
  std::vector<std::string_view> fields;  // from the third of proc(5) on
  std::string_view rest{line};
  rest.remove_prefix(name_end + 2);
  while (!rest.empty()) {
    const auto space = rest.find(' ');
    fields.push_back(rest.substr(0, space));
    rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
  }
  if (fields.size() < 20 || fields[0].empty()) return std::nullopt;
  return ProcStat{fields[0][0], to_number<pid_t>(fields[1]), to_number<pid_t>(fields[2]),
                  to_number<std::uint64_t>(fields[19])};
}

bool group_runs(pid_t group) {
  const std::unique_ptr<DIR, int (*)(DIR*)> proc{::opendir("/proc"), &::closedir};
  if (!proc) return true;
  while (const dirent* entry = ::readdir(proc.get())) {
    const auto pid = to_number<pid_t>(static_cast<const char*>(entry->d_name));
    if (pid <= 0) continue;
    const auto stat = read_proc_stat(pid);
    if (stat && stat->group == group && stat->state != 'Z' && stat->state != 'X') return true;
  }
  return false;
}

}  // namespace heald
