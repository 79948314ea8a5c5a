// Rules in several files.

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "policy/support.hpp"
#include "support/temporary_folder.hpp"

using namespace heald;
using namespace heald::test;

using Lines = std::vector<std::string>;

namespace {

Lines problems_in(const std::string& path) { return lines_of(load_rules(path).problems); }

}  // namespace

TEST_CASE("included files are read in the order of their names, after the file itself") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.file("conf.d"));
  folder.write("conf.d/b.yaml", "services: {b: {external: {}, depends_on: [a], group: g}}");
  folder.write("conf.d/a.yaml", "services: {a: {external: {}}}\ngroups: {g: {}}");
  folder.write("conf.d/c.txt", "not: read");
  const std::string main = folder.write(
      "main.yaml", "include: [conf.d/*.yaml, more.json]\nservices: {m: {external: {}}}");
  folder.write("more.json", "{\"receivers\":{\"r\":{\"webhook\":\"http://a/\"}}}");
  const Loaded loaded = load_rules(main);
  REQUIRE(lines_of(loaded.problems).empty());
  std::vector<std::string> names;
  for (const auto& service : loaded.policy->services) names.push_back(service->name);
  CHECK(names == std::vector<std::string>{"m", "a", "b"});
  CHECK(loaded.policy->receivers.size() == 1);
  CHECK(loaded.policy->groups.size() == 2);
}

TEST_CASE("a change in an included file changes the revision") {
  const TemporaryFolder folder;
  const std::string main = folder.write("main.yaml", "include: [a.yaml]");
  folder.write("a.yaml", "services: {}");
  const std::string before = load_rules(main).policy->revision;
  CHECK(load_rules(main).policy->revision == before);
  folder.write("a.yaml", "services: {} # changed");
  CHECK(load_rules(main).policy->revision != before);
}

TEST_CASE("problems name the file in which they stand") {
  const TemporaryFolder folder;
  const std::string main = folder.write(
      "main.yaml", "include: [a.yaml]\nservices: {x: {external: {}}, y: {}}\n");
  const std::string included = folder.write(
      "a.yaml", "services:\n  x: {external: {}, depends_on: [z]}\nheald: {state_dir: /s}\n");
  CHECK(problems_in(main) ==
        Lines{main + ":2:34: service needs one of process or external",
              included + ":2:3: service 'x' is declared twice, first at " + main + ":2:12",
              included + ":2:34: there is no service 'z'; known here: x or y",
              included + ":3:8: the block 'heald' belongs into the main file"});
}

TEST_CASE("a file that is named but missing is a problem where it is named") {
  const TemporaryFolder folder;
  const std::string main = folder.write("main.yaml", "include:\n  - none.yaml\n  - none/*.yaml\n");
  CHECK(problems_in(main) == Lines{main + ":2:5: cannot read " + folder.file("none.yaml") +
                                   ": No such file or directory"});
  CHECK(problems_in(folder.file("gone.yaml")) ==
        Lines{folder.file("gone.yaml") + ": cannot read " + folder.file("gone.yaml") +
              ": No such file or directory"});
}

TEST_CASE("a path cannot break a problem into lines, nor command the terminal") {
  const TemporaryFolder folder;
  const std::string main = folder.write("main.yaml", "include: [\"a\\nb\\e]2J.yaml\"]");
  const std::string shown = folder.file("a\\nb\\x1b]2J.yaml");
  CHECK(problems_in(main) ==
        Lines{main + ":1:11: cannot read " + shown + ": No such file or directory"});
}

TEST_CASE("what is not a regular file is refused without waiting for it") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  for (const std::string& path : {folder.path(), folder.file("pipe"), std::string{"/dev/zero"}}) {
    CHECK(problems_in(path) ==
          Lines{path + ": cannot read " + path + ": not a regular file"});
  }
}

TEST_CASE("a file that includes itself, however far around, is a cycle") {
  const TemporaryFolder folder;
  const std::string a = folder.write("a.yaml", "include: [b.yaml]\nservices: {}");
  const std::string b = folder.write("b.yaml", "include: [link.yaml]");
  std::filesystem::create_symlink(a, folder.file("link.yaml"));
  CHECK(problems_in(a) ==
        Lines{b + ":1:11: include cycle: " + a + " -> " + b + " -> " + folder.file("link.yaml")});
}

TEST_CASE("a file that several patterns match counts once") {
  const TemporaryFolder folder;
  folder.write("a.yaml", "services: {a: {external: {}}}");
  const std::string main =
      folder.write("main.yml", "include: ['*.yaml', a.yaml, './a.*']\nservices: {}");
  const Loaded loaded = load_rules(main);
  REQUIRE(lines_of(loaded.problems).empty());
  CHECK(loaded.policy->services.size() == 1);
}

TEST_CASE("an included file may be empty, the main file may not") {
  const TemporaryFolder folder;
  folder.write("a.yaml", "# nothing here today\n");
  CHECK(problems_in(folder.write("main.yml", "include: ['*.yaml']")).empty());
  CHECK(problems_in(folder.file("a.yaml")).size() == 1);
}

TEST_CASE("all files together have one limit") {
  const TemporaryFolder folder;
  const std::string main = folder.write("main.yml", "include: [a.yaml]");
  folder.write("a.yaml", "");
  std::filesystem::resize_file(folder.file("a.yaml"), largest_rules);
  CHECK(problems_in(main) == Lines{main + ":1:11: cannot read " + folder.file("a.yaml") +
                                   ": with it the rules are larger than 64 MiB"});
}

TEST_CASE("rules that are no file cannot include any") {
  CHECK(problems_of("include: [a.yaml]\nservices: {}") ==
        Lines{"r:1:11: cannot include 'a.yaml': these rules are no file"});
}
