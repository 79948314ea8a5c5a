#pragma once
// What a service printed, line by line, over all of its files.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "heald/time.hpp"
#include "logs/log_paths.hpp"

namespace heald {

struct LogLine {
  std::uint64_t position = 0;  ///< of its first byte, in all that the service ever printed
  std::optional<WallTime> at;  ///< when that came, to within a twentieth of a second; empty: unseen
  std::string text;            ///< as it was printed, without the end of the line
  bool whole = true;           ///< false: its end has not come yet
};

struct LogPage {
  std::vector<LogLine> lines;
  std::uint64_t next = 0;  ///< where to go on: behind the last whole line
};

/// Longer lines come in pieces of this length.
inline constexpr std::size_t longest_log_line = std::size_t{64} * 1024;

/// The last lines of a log, at most `count` and about a megabyte of them, with one that is not
/// whole. An empty page: there is no log. What a keeper has not noted yet came `now`.
[[nodiscard]] LogPage last_lines(const LogPaths& paths, std::size_t count, WallTime now);

/// The whole lines from a position on, or from the oldest one that is kept behind it; at most
/// `count` and about a megabyte of them.
[[nodiscard]] LogPage lines_from(const LogPaths& paths, std::uint64_t position, std::size_t count,
                                 WallTime now);

}  // namespace heald
