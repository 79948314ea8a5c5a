#include "policy/rule_files.hpp"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/fd.hpp"
#include "policy/load.hpp"

namespace heald {

namespace {

constexpr std::string_view pattern_characters = "*?[";

// A folder that is not there holds nothing that matches; one that cannot be read might.
int stops_the_search(const char* /*path*/, int error) {
  return error == ENOENT || error == ENOTDIR ? 0 : 1;
}

// Reads to the end, which may lie elsewhere than when the size was asked for.
Result<std::string> read_all(const Fd& file, const std::string& path, std::size_t size) {
  std::string text(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t got = ::read(file.get(), text.data() + filled, size - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("cannot read " + path, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  return Result<std::string>{boost::system::in_place_value, std::move(text)};
}

}  // namespace

Result<std::string> read_rule_file(const std::string& path, std::size_t most) {
  // Not blocking: a pipe without a writer must not hang the start.
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (!file) return system_error("cannot read " + path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_error("cannot read " + path, errno);
  if (!S_ISREG(status.st_mode)) return Error{"cannot read " + path + ": not a regular file"};
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > most) {
    return Error{"cannot read " + path + ": with it the rules are larger than " +
                 std::to_string(largest_rules >> 20U) + " MiB"};
  }
  return read_all(file, path, size);
}

Result<std::vector<std::string>> find_included(const std::string& including,
                                               const std::string& pattern) {
  // An absolute path replaces what stands before the slash.
  const std::string full = std::filesystem::path{including}.parent_path() / pattern;
  if (pattern.find_first_of(pattern_characters) == std::string::npos) {
    return std::vector<std::string>{full};
  }
  glob_t matches{};
  const int outcome = ::glob(full.c_str(), GLOB_NOSORT, stops_the_search, &matches);
  std::vector<std::string> found;
  if (outcome == 0) found.assign(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
  ::globfree(&matches);
  if (outcome != 0 && outcome != GLOB_NOMATCH) {
    return system_error("cannot look for " + full, errno);
  }
  // By octets: the order must not depend on the locale.
  std::ranges::sort(found);
  return found;
}

std::string identity_of(const std::string& path) {
  std::error_code error;
  const auto canonical = std::filesystem::canonical(path, error);
  return error ? path : canonical.string();
}

}  // namespace heald
