#include "process/env_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "base/fd.hpp"

namespace heald {

namespace {

constexpr std::size_t largest_file = std::size_t{1} << 20U;
constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

bool is_variable(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && letter(text.front()) && std::ranges::all_of(text, [&](char c) {
    return letter(c) || (c >= '0' && c <= '9');
  });
}

// What stands between double quotes; nothing when they do not end where the text does.
std::optional<std::string> unescaped(std::string_view text) {
  static constexpr std::string_view escapable = "\"\\$`";
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1 == text.size() ? std::optional{value} : std::nullopt;
    const bool escape = text[i] == '\\' && i + 1 < text.size() &&
                        escapable.find(text[i + 1]) != std::string_view::npos;
    value += text[escape ? ++i : i];
  }
  return std::nullopt;
}

std::optional<std::string> value_in(std::string_view text) {
  if (text.starts_with('"')) return unescaped(text);
  if (!text.starts_with('\'')) return std::string{text};
  const std::size_t end = text.find('\'', 1);
  if (end == std::string_view::npos || end + 1 != text.size()) return std::nullopt;
  return std::string{text.substr(1, end - 1)};
}

Result<std::string> text_of(const std::string& path) {
  // Not blocking: a pipe without a writer must not hang the start.
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (!file) return system_error("cannot open " + path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_error("cannot read " + path, errno);
  if (!S_ISREG(status.st_mode)) return Error{"cannot read " + path + ": not a regular file"};
  std::string text(largest_file + 1, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("cannot read " + path, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  if (filled > largest_file) return Error{"cannot use " + path + ": it is larger than 1 MiB"};
  if (text.find('\0') != std::string::npos) {
    return Error{"cannot use " + path + ": it holds a NUL, which ends a variable"};
  }
  return Result<std::string>{boost::system::in_place_value, std::move(text)};
}

}  // namespace

Result<void> add_variables(std::string_view text, const std::string& file,
                           Environment& environment) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    const std::size_t equals = line.find('=');
    const std::string_view key = trimmed(line.substr(0, equals));
    std::optional<std::string> value;
    if (equals != std::string_view::npos) value = value_in(trimmed(line.substr(equals + 1)));
    if (!value || !is_variable(key)) {
      return Error{"cannot use " + file + ": line " + std::to_string(number) +
                   " is not KEY=VALUE, or its quotes do not match"};
    }
    environment.insert_or_assign(std::string{key}, *std::move(value));
  }
  return {};
}

Result<void> add_env_files(const std::vector<std::string>& files, Environment& environment) {
  for (std::string path : files) {
    const bool may_be_missing = path.starts_with('-');
    if (may_be_missing) path.erase(0, 1);
    if (may_be_missing && ::access(path.c_str(), F_OK) != 0 && errno == ENOENT) continue;
    const auto text = text_of(path);
    if (!text) return text.error();
    if (auto added = add_variables(*text, path, environment); !added) return added;
  }
  return {};
}

Result<void> add_secret_files(const std::map<std::string, std::string>& files,
                              Environment& environment) {
  for (const auto& [name, path] : files) {
    auto text = text_of(path);
    if (!text) return Error{"variable " + name + ": " + text.error().message};
    text->erase(text->find_last_not_of("\r\n") + 1);
    environment.insert_or_assign(name, *std::move(text));
  }
  return {};
}

}  // namespace heald
