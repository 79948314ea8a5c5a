#pragma once
// What is wrong with rule files, and where.

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heald {

/// One mistake in a rule file. Lines and columns count from 1; 0 stands for the whole file.
struct Problem {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;  ///< in characters, not octets
  std::string message;  ///< what is wrong, the offending text, what was expected
  friend bool operator==(const Problem&, const Problem&) = default;
};

/// "FILE:LINE:COLUMN: MESSAGE"; without line and column when the whole file is meant.
[[nodiscard]] std::string to_string(const Problem& problem);

/// A place in one of the files of a load; `file` is the number that `ProblemLog` gave it, to the
/// file or to a way of looking at it (`add_view`).
struct Position {
  std::uint32_t file = 0;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

/// Collects the problems and warnings of one load. Stops collecting after `limit`, so that a file
/// of rubbish costs bounded time and memory. Not thread-safe.
class ProblemLog {
 public:
  static constexpr std::size_t limit = 1000;

  /// Gives a file its number; problems are reported in the order of these.
  std::uint32_t add_file(std::string_view name);
  /// Gives a number to places of `file` that are told of as of `at`, which may be such a place
  /// itself: there stands what brought them in, and where a person can change it. The message then
  /// ends "(WHAT, at FILE:LINE:COLUMN)".
  std::uint32_t add_view(std::uint32_t file, Position at, std::string what);
  /// Control characters in the name and in the message are escaped: a problem is one line.
  void add(Position at, std::string_view message);
  /// The same for what is no mistake, but hardly meant.
  void warn(Position at, std::string_view message);

  [[nodiscard]] std::size_t size() const { return found_.size(); }
  [[nodiscard]] bool empty() const { return found_.empty(); }
  /// Whether reading on is pointless.
  [[nodiscard]] bool full() const { return found_.size() >= limit; }
  /// "FILE:LINE:COLUMN", where a person can change it.
  [[nodiscard]] std::string describe(Position at) const;

  /// All problems, in order of position; leaves the log without any.
  [[nodiscard]] std::vector<Problem> take();
  /// All warnings, likewise.
  [[nodiscard]] std::vector<Problem> take_warnings();

 private:
  struct Found {
    Position at;
    std::string message;
    friend bool operator==(const Found&, const Found&) = default;
  };
  struct View {
    std::uint32_t file;
    Position at;
    std::string what;
  };
  static constexpr std::uint32_t view_bit = 1U << 31U;
  [[nodiscard]] static bool is_view(Position at) { return (at.file & view_bit) != 0; }
  [[nodiscard]] const View& view_of(Position at) const { return views_.at(at.file & ~view_bit); }
  [[nodiscard]] std::string text_of(Position at) const;
  void note(std::vector<Found>& found, Position at, std::string_view message);
  [[nodiscard]] std::vector<Problem> take(std::vector<Found>& found, std::string_view kind);

  std::vector<std::string> files_;
  std::vector<View> views_;
  std::vector<Found> found_, warned_;
};

}  // namespace heald
