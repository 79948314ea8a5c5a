#include "base/memory.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace heald::test {

namespace {

/// KiB of a line of /proc/self/status.
std::int64_t resident(const std::string& field) {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":")) return std::stoll(line.substr(field.size() + 1));
  }
  return -1;
}

}  // namespace

// A sanitizer has an allocator of its own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("what was freed goes back to the kernel, also from below what is still in use") {
  constexpr std::size_t count = 64 * 1024;
  std::vector<std::unique_ptr<std::string>> texts;
  for (std::size_t made = 0; made < count; ++made) {
    texts.push_back(std::make_unique<std::string>(1000, 'x'));
  }
  for (std::size_t place = 0; place + 1 < count; ++place) texts[place].reset();
  const auto before = resident("RssAnon");
  give_back_memory();
  CHECK(before - resident("RssAnon") > 32 * 1024);
  CHECK(*texts.back() == std::string(1000, 'x'));
}
#endif

TEST_CASE("code that was given back is read again when it runs") {
  const auto before = resident("RssFile");
  give_back_memory();
  CHECK(resident("RssFile") < before);
  CHECK(resident("RssFile") > 0);
}

}  // namespace heald::test
