// A rule file and what it includes. The input is the files of a folder, each after a line `===`:
// main.yaml, then a.yaml, b.yaml and conf.d/c.yaml.

#include <array>
#include <filesystem>
#include <string>

#include "fuzz/input.hpp"
#include "policy/load.hpp"
#include "support/temporary_folder.hpp"

namespace heald::fuzz {

namespace {

/// A pattern that leaves the folder would read what is not the input's.
bool stays_inside(std::string_view bytes) {
  for (std::size_t at = bytes.find('/'); at != std::string_view::npos;
       at = bytes.find('/', at + 1)) {
    const std::string_view before = bytes.substr(0, at);
    if (!before.ends_with("conf.d") && !before.ends_with('.')) return false;
  }
  return bytes.find("..") == std::string_view::npos && bytes.find('\\') == std::string_view::npos;
}

}  // namespace

void run(std::string_view bytes) {
  static const test::TemporaryFolder folder;
  constexpr std::array names{"main.yaml", "a.yaml", "b.yaml", "conf.d/c.yaml"};
  static const bool made = std::filesystem::create_directory(folder.file("conf.d"));
  require(made, "the folder can be made");
  if (!stays_inside(bytes)) return;
  Input input{bytes};
  for (const char* name : names) folder.write(name, std::string{input.section()});
  const Loaded loaded = load_rules(folder.file("main.yaml"));
  require(loaded.policy.has_value() == loaded.problems.empty(), "a policy, or problems");
  for (const Problem& problem : loaded.problems) {
    require(!problem.file.empty(), "a problem names its file");
    require(problem.message.find('\n') == std::string::npos, "a problem is one line");
  }
}

}  // namespace heald::fuzz
