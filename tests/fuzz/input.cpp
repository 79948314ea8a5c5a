#include "fuzz/input.hpp"

#include <cstdio>
#include <cstdlib>

namespace heald::fuzz {

void require(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: this must hold: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

std::uint8_t Input::byte() { return static_cast<std::uint8_t>(number(1)); }

std::uint64_t Input::number(std::size_t octets) {
  std::uint64_t value = 0;
  const std::string_view taken = take(octets);
  for (std::size_t i = taken.size(); i-- > 0;) {
    value = value << 8U | static_cast<unsigned char>(taken[i]);
  }
  return value;
}

std::string_view Input::take(std::size_t octets) {
  const std::string_view taken = rest_.substr(0, octets);
  rest_.remove_prefix(taken.size());
  return taken;
}

std::string_view Input::section() {
  constexpr std::string_view border = "\n===\n";
  const std::size_t end = rest_.find(border);
  const std::string_view taken = take(end);
  if (end != std::string_view::npos) take(border.size());
  return taken;
}

}  // namespace heald::fuzz

// libFuzzer's entry, and the standalone driver's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  heald::fuzz::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
