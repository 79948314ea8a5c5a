#include "process/env_file.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "process/processes.hpp"
#include "support/temporary_folder.hpp"

using namespace heald;
using heald::test::Processes;
using heald::test::TemporaryFolder;
using Catch::Matchers::Contains;

namespace {

Environment variables_of(std::string_view text) {
  Environment found;
  const auto added = add_variables(text, "f", found);
  INFO((added ? std::string{} : added.error().message));
  REQUIRE(added.has_value());
  return found;
}

std::string complaint_about(std::string_view text) {
  Environment found;
  const auto added = add_variables(text, "f", found);
  return added ? std::string{} : added.error().message;
}

}  // namespace

TEST_CASE("a file of variables is lines of KEY=VALUE") {
  CHECK(variables_of("A=1\n\n# no\n; nor this\n  B = two words \nC=\nD==x=y\r\nE='a # b'\n"
                     "_F1=$A") ==
        Environment{{"A", "1"}, {"B", "two words"}, {"C", ""}, {"D", "=x=y"}, {"E", "a # b"},
                    {"_F1", "$A"}});
  CHECK(variables_of("A=1\nA=2\n") == Environment{{"A", "2"}});
  CHECK(variables_of("").empty());
}

TEST_CASE("quotes keep blanks, and double quotes have escapes") {
  CHECK(variables_of(R"(A=" x "
B="a\"b\\c\$d\`e\n"
C='a\b"c'
D=it's
E="")") == Environment{{"A", " x "}, {"B", "a\"b\\c$d`e\\n"}, {"C", "a\\b\"c"}, {"D", "it's"},
                       {"E", ""}});
}

TEST_CASE("a line that is no variable is named by its number, and not shown") {
  for (const auto* line : {"hunter2", "export A=hunter2", "1A=hunter2", "=hunter2", "A='hunter2",
                           "A=\"hunter2", "A=\"hunter2\" x", "A='hunter2' x", "A-B=hunter2"}) {
    CAPTURE(line);
    CHECK(complaint_about(std::string{"OK=1\n\n"} + line) ==
          "cannot use f: line 3 is not KEY=VALUE, or its quotes do not match");
  }
}

TEST_CASE("the later file counts more, and one led by '-' may be missing") {
  const TemporaryFolder folder;
  const auto first = folder.write("first", "A=1\nB=1\n");
  const auto second = folder.write("second", "B=2\n");
  Environment found;
  REQUIRE(add_env_files({first, "-" + folder.file("none"), second}, found).has_value());
  CHECK(found == Environment{{"A", "1"}, {"B", "2"}});
  CHECK(add_env_files({folder.file("none")}, found).error().message ==
        "cannot open " + folder.file("none") + ": No such file or directory");
  CHECK(add_env_files({folder.path()}, found).error().message ==
        "cannot read " + folder.path() + ": not a regular file");
  CHECK_FALSE(add_env_files({"-" + folder.path()}, found).has_value());
}

TEST_CASE("a secret is the whole content of its file, less the line end") {
  const TemporaryFolder folder;
  Environment found;
  REQUIRE(add_secret_files({{"A", folder.write("a", "two\nlines =#\n\n")},
                            {"B", folder.write("b", "")}},
                           found)
              .has_value());
  CHECK(found == Environment{{"A", "two\nlines =#"}, {"B", ""}});
  const auto nul = folder.write("nul", std::string{"a\0b", 3});
  CHECK(add_secret_files({{"A", nul}}, found).error().message ==
        "variable A: cannot use " + nul + ": it holds a NUL, which ends a variable");
  const auto large = folder.write("large", std::string((1U << 20U) + 1, 'x'));
  CHECK_FALSE(add_secret_files({{"A", large}}, found).has_value());
}

TEST_CASE("what waits for a writer does not hang the start") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  Environment found;
  CHECK_FALSE(add_env_files({folder.file("pipe")}, found).has_value());
}

TEST_CASE("a child gets what its files say, and the rules' own variables count more") {
  const TemporaryFolder folder;
  Processes processes;
  auto request = Processes::request({"env"});
  const auto secret = folder.write("secret", "hunter2\n");
  request.exec.env_files = {folder.write("env", "A=file\nB=file\n")};
  request.exec.secret_files = {{"PASSWORD", secret}};
  request.exec.environment = {{"B", "rules"}};
  const auto output = "\n" + processes.output_of(request);
  CHECK_THAT(output, Contains("\nA=file\n"));
  CHECK_THAT(output, Contains("\nB=rules\n"));
  CHECK_THAT(output, Contains("\nPASSWORD=hunter2\n"));
  // The next child has none of it.
  CHECK_THAT(processes.output_of(Processes::request({"env"})), !Contains("hunter2"));
  folder.write("secret", "rotated\n");
  CHECK_THAT(processes.output_of(request), Contains("PASSWORD=rotated\n"));
  std::filesystem::remove(secret);
  const auto failed = spawn(request);
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().message == "cannot start web: variable PASSWORD: cannot open " + secret +
                                      ": No such file or directory");
}
