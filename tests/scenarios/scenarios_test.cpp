// Each scenario plays as it is written down. HEALD_REWRITE_SCENARIOS=1 writes them down anew: read
// the difference before it is committed.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "cli/terminal.hpp"

namespace heald::test {

namespace {

std::vector<std::filesystem::path> scenarios() {
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::directory_iterator{HEALD_SCENARIOS}) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

std::string played(const std::filesystem::path& folder) {
  const Printed printed = heald({"simulate", "--faults", (folder / "faults.yaml").string(),
                                 (folder / "rules.yaml").string()});
  return printed.err + printed.out + "Exit status " + std::to_string(printed.status) + ".\n";
}

std::string content(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The first line that differs, with its number, for a message that shows the point.
std::string first_difference(const std::string& expected, const std::string& found) {
  std::size_t line = 1;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < std::min(expected.size(), found.size()); ++at) {
    if (expected[at] != found[at]) break;
    if (expected[at] != '\n') continue;
    ++line;
    begin = at + 1;
  }
  const auto from = [&](const std::string& text) {
    return text.substr(begin, text.find('\n', begin) - begin);
  };
  return "line " + std::to_string(line) + "\nexpected: " + from(expected) +
         "\nfound:    " + from(found);
}

}  // namespace

TEST_CASE("every scenario plays as it is written down") {
  const bool rewrite = std::getenv("HEALD_REWRITE_SCENARIOS") != nullptr;
  REQUIRE(scenarios().size() >= 10);
  for (const auto& folder : scenarios()) {
    const std::string found = played(folder);
    const auto file = folder / "expected.txt";
    if (rewrite) std::ofstream{file, std::ios::trunc} << found;
    const std::string expected = content(file);
    INFO(folder.filename().string() << ", " << first_difference(expected, found));
    CHECK(expected == found);
  }
}

}  // namespace heald::test
