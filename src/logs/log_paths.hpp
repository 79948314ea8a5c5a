#pragma once
// Where a service's output lies.

#include <cstdint>
#include <string>

namespace heald {

/// Files of one service in a folder. The newest is appended to by the service's process itself;
/// older ones are numbered, 1 for the latest of them. Beside each lie the times of what it holds.
struct LogPaths {
  std::string folder, service;

  [[nodiscard]] std::string log(std::uint32_t number = 0) const {
    auto path = folder + "/" + service + ".log";
    return number == 0 ? path : path + "." + std::to_string(number);
  }
  /// Held while a new file is begun. Not the log itself: that one its service may lock as well.
  [[nodiscard]] std::string lock() const { return log() + ".lock"; }
  [[nodiscard]] std::string times(std::uint32_t number = 0) const {
    return log(number) + ".times";
  }
};

}  // namespace heald
