#include "text.hpp"

#include <array>
#include <cstdint>

namespace heald {
namespace {

struct Unit {
  std::string_view word;
  std::int64_t seconds;
};
constexpr std::array<Unit, 4> units{{{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}};

std::string below_a_minute(Duration span) {
  const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
  if (whole < 1000) return std::to_string(whole) + "ms";
  const auto tenths = whole % 1000 / 100;
  std::string text = std::to_string(whole / 1000);
  if (tenths != 0) text += "." + std::to_string(tenths);
  return text + "s";
}

}  // namespace

std::string describe(Duration span) {
  if (span < Duration::zero()) return "-" + describe(-span);
  if (span < std::chrono::minutes{1}) return below_a_minute(span);
  auto left = std::chrono::duration_cast<std::chrono::seconds>(span).count();
  std::string text;
  int used = 0;
  for (const auto& [word, seconds] : units) {
    if (used == 2 || left == 0) break;
    const auto count = left / seconds;
    if (count == 0 && used == 0) continue;
    ++used;
    if (count == 0) continue;
    if (!text.empty()) text += ' ';
    text += std::to_string(count);
    text += word;
    left -= count * seconds;
  }
  return text;
}

std::string count_of(std::size_t count, std::string_view noun) {
  std::string text = std::to_string(count) + ' ';
  text += noun;
  if (count != 1) text += 's';
  return text;
}

}  // namespace heald
