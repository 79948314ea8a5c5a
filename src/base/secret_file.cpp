#include "base/secret_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/fd.hpp"

namespace heald {

Result<std::string> read_secret_line(const std::string& path) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file) return system_error("cannot open " + path, errno);
  std::array<char, 4096> text{};
  const auto count = ::read(file.get(), text.data(), text.size());
  if (count < 0) return system_error("cannot read " + path, errno);
  if (static_cast<std::size_t>(count) == text.size()) {
    return Error{"cannot use " + path + ": it is too long for a secret of one line"};
  }
  std::string secret{text.data(), static_cast<std::size_t>(count)};
  secret.erase(secret.find_last_not_of(" \t\r\n") + 1);
  const bool one_line = std::none_of(secret.begin(), secret.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7F';
  });
  if (secret.empty() || !one_line) return Error{"cannot use " + path + ": it is not one line"};
  return {boost::system::in_place_value, std::move(secret)};
}

Result<void> add_header_files(const std::vector<std::pair<std::string, std::string>>& files,
                              std::vector<std::pair<std::string, std::string>>& headers) {
  for (const auto& [name, path] : files) {
    auto value = read_secret_line(path);
    if (!value) return Error{"header " + name + ": " + value.error().message};
    headers.emplace_back(name, *std::move(value));
  }
  return {};
}

}  // namespace heald
