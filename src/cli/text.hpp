#pragma once
// How things look on a terminal.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cli.hpp"
#include "heald/time.hpp"

namespace heald {

/// `text` with everything that could steer a terminal made visible: control characters, the
/// marks that reorder text, and bytes that are no UTF-8.
[[nodiscard]] std::string printable(std::string_view text);

/// "850ms", "4.2s", "3m 12s", "2h 5m", "3d 4h".
[[nodiscard]] std::string humanise(Duration duration);

/// "2026-03-01 09:30:00", in local time.
[[nodiscard]] std::string local_time(WallTime time);

/// Whether whoever read our standard output through a pipe has closed it.
[[nodiscard]] bool reader_is_gone();

/// What `parse_iso8601` reads.
[[nodiscard]] std::string utc_time(WallTime time);

/// "+12.345s".
[[nodiscard]] std::string offset(WallTime from, WallTime to);

/// What the API writes: "2026-03-01T09:30:00.125Z". Empty for anything else.
[[nodiscard]] std::optional<WallTime> parse_iso8601(std::string_view text);

[[nodiscard]] WallTime wall_now();

/// "how long since", for a table; "-" when unknown.
[[nodiscard]] std::string since(const std::optional<WallTime>& time, WallTime now);

/// "1 service", "2 services".
[[nodiscard]] std::string counted(std::size_t count, std::string_view one);

/// For an option that takes one of these words: says what is wrong with another, and nothing of one
/// of them. (CLI11's own shows in its help and its errors how it is made.)
[[nodiscard]] std::function<std::string(const std::string&)> one_of(
    std::vector<std::string_view> words);

enum class Colour { none, green, yellow, red, dim, bold };

[[nodiscard]] Colour colour_of_health(std::string_view health);

/// `text` made printable, in a colour when the console has any.
[[nodiscard]] std::string painted(const Console& console, Colour colour, std::string_view text);

/// Columns as wide as their widest cell; the last one is as long as it likes.
class Table {
 public:
  struct Cell {
    Cell(std::string what, Colour in = Colour::none) : text(std::move(what)), colour(in) {}
    Cell(const char* what) : text(what) {}
    std::string text;
    Colour colour = Colour::none;
  };
  explicit Table(std::vector<std::string> heads);
  void add(std::vector<Cell> row);
  void print(Console& console) const;

 private:
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace heald
