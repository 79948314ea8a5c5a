#pragma once
// Random choices that a seed repeats.

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

#include "heald/time.hpp"

namespace heald::campaign {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : generator_(seed) {}
  /// 0 to one less than `count`.
  std::size_t below(std::size_t count) { return generator_() % count; }
  bool one_in(std::size_t count) { return below(count) == 0; }
  template <class Value, std::size_t Size>
  Value of(const Value (&values)[Size]) {
    return values[below(Size)];
  }
  /// Evenly between none and so long, in milliseconds.
  Duration up_to(Duration most) {
    const auto all = std::chrono::duration_cast<std::chrono::milliseconds>(most).count();
    return std::chrono::milliseconds{below(static_cast<std::size_t>(all) + 1)};
  }

 private:
  std::mt19937_64 generator_;
};

}  // namespace heald::campaign
