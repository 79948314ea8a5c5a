#pragma once
// What every fuzz target stands on: the bytes, taken apart, and what must hold whatever they are.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace heald::fuzz {

/// One file of tests/fuzz defines it for its binary: runs the code under test on one input. Equal
/// bytes must do the same again. Whatever they are, it returns, and the input is no error.
void run(std::string_view bytes);

/// Ends the program with a sentence when `holds` is false; the fuzzer then keeps the input.
void require(bool holds, std::string_view what);

/// Takes an input apart from the front. What has run out reads as zeroes and empty texts, so that
/// every input is a whole one.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  std::uint8_t byte();
  /// 0 to one less than `count`, which is 256 at most.
  std::size_t below(std::size_t count) { return byte() % count; }
  bool one_in(std::size_t count) { return below(count) == 0; }
  /// Little-endian, of `octets` bytes.
  std::uint64_t number(std::size_t octets);
  std::string_view take(std::size_t octets);
  /// Up to the next line that is nothing but `===`, which is dropped, or the end.
  std::string_view section();
  std::string_view rest() { return take(rest_.size()); }

 private:
  std::string_view rest_;
};

}  // namespace heald::fuzz
