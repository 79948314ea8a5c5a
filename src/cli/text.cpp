#include "cli/text.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <ostream>
#include <utility>

#include "policy/wording.hpp"

namespace heald {

using namespace std::chrono_literals;

namespace {

struct Decoded {
  char32_t point = 0;
  std::size_t size = 0;  ///< 0: no UTF-8
};

Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  if (byte(0) < 0x80) return {byte(0), 1};
  const std::size_t size = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < size) return {};
  char32_t point = byte(0) & (0x7fU >> size);
  for (std::size_t at = 1; at < size; ++at) {
    if ((byte(at) & 0xc0U) != 0x80U) return {};
    point = (point << 6U) | (byte(at) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  if (point < smallest.at(size) || point > 0x10ffff || surrogate) return {};
  return {point, size};
}

bool steers(char32_t point) {
  const bool control = point < 0x20 || (point >= 0x7f && point <= 0x9f);
  const bool reorders = point == 0x061c || point == 0x200e || point == 0x200f ||
                        (point >= 0x2028 && point <= 0x202e) ||
                        (point >= 0x2066 && point <= 0x2069);
  return control || reorders;
}

std::string formatted(const char* format, unsigned value) {
  std::array<char, 16> text{};
  const int size = std::snprintf(text.data(), text.size(), format, value);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string visible(char32_t point) {
  if (point == '\n') return "\\n";
  if (point == '\t') return "\\t";
  if (point == '\r') return "\\r";
  return formatted(point < 0x100 ? "\\x%02x" : "\\u%04x", static_cast<unsigned>(point));
}

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  }));
}

std::string_view code_of(Colour colour) {
  switch (colour) {
    case Colour::green: return "\x1b[32m";
    case Colour::yellow: return "\x1b[33m";
    case Colour::red: return "\x1b[31m";
    case Colour::dim: return "\x1b[2m";
    case Colour::bold: return "\x1b[1m";
    case Colour::none: break;
  }
  return "";
}

std::string two_units(std::int64_t large, const char* large_unit, std::int64_t small,
                      const char* small_unit) {
  auto text = std::to_string(large) + large_unit;
  if (small != 0) text.append(" ").append(std::to_string(small)).append(small_unit);
  return text;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto [point, size] = decode(text);
    if (size == 0) {
      result.append(formatted("\\x%02x", static_cast<unsigned char>(text.front())));
      text.remove_prefix(1);
      continue;
    }
    if (steers(point)) {
      result.append(visible(point));
    } else {
      result.append(text.substr(0, size));
    }
    text.remove_prefix(size);
  }
  return result;
}

std::string humanise(Duration duration) {
  using std::chrono::duration_cast;
  if (duration < Duration::zero()) return "0ms";
  if (duration < 1s) {
    return std::to_string(duration_cast<std::chrono::milliseconds>(duration).count()) + "ms";
  }
  const auto seconds = duration_cast<std::chrono::seconds>(duration).count();
  if (duration < 10s) {
    const auto tenths = duration_cast<std::chrono::milliseconds>(duration).count() / 100 % 10;
    return std::to_string(seconds) + (tenths != 0 ? "." + std::to_string(tenths) : "") + "s";
  }
  constexpr std::int64_t minute = 60;
  constexpr std::int64_t hour = 60 * minute;
  constexpr std::int64_t day = 24 * hour;
  if (seconds < minute) return std::to_string(seconds) + "s";
  if (seconds < hour) return two_units(seconds / minute, "m", seconds % minute, "s");
  if (seconds < day) return two_units(seconds / hour, "h", seconds % hour / minute, "m");
  return two_units(seconds / day, "d", seconds % day / hour, "h");
}

std::string utc_time(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

std::string local_time(WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts)};
}

std::string offset(WallTime from, WallTime to) {
  const auto passed = to - from;
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%+.3fs",
                                 std::chrono::duration<double>(passed).count());
  return {text.data(), static_cast<std::size_t>(size)};
}

std::optional<WallTime> parse_iso8601(std::string_view text) {
  const std::string owned{text};
  std::tm parts{};
  int milliseconds = 0;
  int used = 0;
  const int read = std::sscanf(owned.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &parts.tm_year,
                               &parts.tm_mon, &parts.tm_mday, &parts.tm_hour, &parts.tm_min,
                               &parts.tm_sec, &milliseconds, &used);
  if (read != 7 || static_cast<std::size_t>(used) != owned.size()) return std::nullopt;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  const auto seconds = std::chrono::sys_seconds{std::chrono::seconds{::timegm(&parts)}};
  return seconds + std::chrono::milliseconds{milliseconds};
}

WallTime wall_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string since(const std::optional<WallTime>& time, WallTime now) {
  return time ? humanise(now - *time) : "-";
}

std::function<std::string(const std::string&)> one_of(std::vector<std::string_view> words) {
  return [words = std::move(words)](const std::string& word) {
    const bool known = std::find(words.begin(), words.end(), word) != words.end();
    return known ? std::string{} : "'" + word + "' is not " + listed(words);
  };
}

std::string counted(std::size_t count, std::string_view one) {
  return std::to_string(count) + " " + std::string{one} + (count == 1 ? "" : "s");
}

Colour colour_of_health(std::string_view health) {
  if (health == "healthy") return Colour::green;
  return health == "unhealthy" ? Colour::red : Colour::yellow;
}

std::string painted(const Console& console, Colour colour, std::string_view text) {
  auto shown = printable(text);
  if (console.paint == Console::Paint::plain || colour == Colour::none) return shown;
  return std::string{code_of(colour)} + shown + "\x1b[0m";
}

Table::Table(std::vector<std::string> heads) {
  auto& row = rows_.emplace_back();
  for (auto& head : heads) row.emplace_back(std::move(head), Colour::bold);
}

void Table::add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }

void Table::print(Console& console) const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (std::size_t at = 0; at < row.size(); ++at) {
      widths[at] = std::max(widths[at], width(printable(row[at].text)));
    }
  }
  for (const auto& row : rows_) {
    std::string gap;
    for (std::size_t at = 0; at < row.size(); ++at) {
      const auto& cell = row[at];
      if (!cell.text.empty()) console.out << gap << painted(console, cell.colour, cell.text);
      if (cell.text.empty()) {
        gap.append(widths[at] + 2, ' ');
      } else {
        gap.assign(widths[at] - width(printable(cell.text)) + 2, ' ');
      }
    }
    console.out << '\n';
  }
}

bool reader_is_gone() {
  pollfd output{STDOUT_FILENO, 0, 0};
  return ::poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0;
}

}  // namespace heald
