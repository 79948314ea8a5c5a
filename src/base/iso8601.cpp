#include "base/iso8601.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace heald {

std::string iso8601(WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 8> fraction{};
  const auto milliseconds = static_cast<int>((time - whole).count());
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ", milliseconds);
  return std::string{text.data(), size} + fraction.data();
}

}  // namespace heald
