#pragma once
// A service that prints, as far as a log knows.

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "logs/log_reader.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {

/// Holds the newest file of a service open, as its process does.
class Printer {
 public:
  explicit Printer(const std::string& folder, const std::string& service = "web")
      : paths{folder, service},
        file_(::open(paths.log().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640)) {}

  void print(std::string_view text) {
    REQUIRE(::write(file_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }

  LogPaths paths;

 private:
  Fd file_;
};

inline std::vector<std::string> texts(const LogPage& page) {
  std::vector<std::string> all;
  for (const auto& line : page.lines) all.push_back(line.text);
  return all;
}

inline WallTime second(int number) { return WallTime{std::chrono::seconds{number}}; }

/// Read a thousand seconds after the epoch.
inline LogPage last_of(const LogPaths& paths, std::size_t count) {
  return last_lines(paths, count, second(1000));
}
inline LogPage from(const LogPaths& paths, std::uint64_t position, std::size_t count) {
  return lines_from(paths, position, count, second(1000));
}

}  // namespace heald::test
