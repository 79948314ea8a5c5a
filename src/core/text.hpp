#pragma once
// How the core words spans of time and counts for people.

#include <cstddef>
#include <string>
#include <string_view>

#include "heald/time.hpp"

namespace heald {

/// "500ms", "1.5s", "12s", "3m 12s", "2h 5m", "4d 1h": two units at most.
[[nodiscard]] std::string describe(Duration span);

/// "1 action", "3 actions".
[[nodiscard]] std::string count_of(std::size_t count, std::string_view noun);

/// "'a', 'b' and 'c'".
template <class Range>
[[nodiscard]] std::string quoted_list(const Range& names) {
  std::string text;
  std::size_t place = 0;
  for (const auto& name : names) {
    if (place > 0) text += place + 1 == std::size(names) ? " and " : ", ";
    text += '\'';
    text += name;
    text += '\'';
    ++place;
  }
  return text;
}

}  // namespace heald
