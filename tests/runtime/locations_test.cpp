#include "runtime/locations.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>

#include "support/temporary_folder.hpp"

namespace heald::test {
namespace {

Surroundings surroundings(uid_t user, std::map<std::string, std::string> variables = {}) {
  Surroundings result;
  result.user = user;
  result.home = "/home/alice";
  result.variable = [variables = std::move(variables)](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string{} : found->second;
  };
  return result;
}

TEST_CASE("root's heald lives in the system's folders") {
  const auto root = surroundings(0);
  CHECK(config_file({}, root) == "/etc/heald/heald.yaml");
  const auto places = locate({}, {}, root);
  CHECK(places.state_dir == "/var/lib/heald");
  CHECK(places.socket == "/run/heald/heald.sock");
  CHECK(places.telemetry == "127.0.0.1:4325");
}

TEST_CASE("a user's heald lives in the user's folders") {
  const auto alice = surroundings(1000, {{"XDG_RUNTIME_DIR", "/run/user/1000"}});
  CHECK(config_file({}, alice) == "/home/alice/.config/heald/heald.yaml");
  CHECK(locate({}, {}, alice).state_dir == "/home/alice/.local/state/heald");
  CHECK(locate({}, {}, alice).socket == "/run/user/1000/heald/heald.sock");
  CHECK(locate({}, {}, surroundings(1000)).socket ==
        "/home/alice/.local/state/heald/heald.sock");
}

TEST_CASE("a relative XDG folder counts as none") {
  const auto alice = surroundings(1000, {{"XDG_STATE_HOME", "state"}});
  CHECK(locate({}, {}, alice).state_dir == "/home/alice/.local/state/heald");
}

TEST_CASE("a flag beats the environment, which beats the rule file") {
  DaemonPolicy rules;
  rules.state_dir = "/rules";
  rules.socket = "/rules.sock";
  rules.telemetry = "off";
  const auto plain = surroundings(0);
  const auto told = surroundings(0, {{"HEALD_STATE_DIR", "/variable"},
                                     {"HEALD_SOCKET", "/variable.sock"},
                                     {"HEALD_TELEMETRY", "127.0.0.1:1"},
                                     {"HEALD_CONFIG", "/variable.yaml"}});
  LocationFlags flags;
  flags.state_dir = "/flag";
  flags.config = "/flag.yaml";
  CHECK(locate({}, rules, plain).state_dir == "/rules");
  CHECK_FALSE(locate({}, rules, plain).telemetry);
  CHECK(locate({}, rules, told).state_dir == "/variable");
  CHECK(locate({}, rules, told).socket == "/variable.sock");
  CHECK(locate({}, rules, told).telemetry == "127.0.0.1:1");
  CHECK(locate(flags, rules, told).state_dir == "/flag");
  CHECK(config_file({}, told) == "/variable.yaml");
  CHECK(config_file(flags, told) == "/flag.yaml");
}

TEST_CASE("state_dir none keeps nothing") {
  DaemonPolicy rules;
  rules.state_dir = "none";
  CHECK(locate({}, rules, surroundings(0)).state_dir.empty());
}

TEST_CASE("a missing state folder is made for its owner alone") {
  const TemporaryFolder folder;
  const std::string path = folder.file("deep/er/state");
  REQUIRE(prepare_state_dir(path).has_value());
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0700);
  CHECK(prepare_state_dir(path).has_value());  // and is used again
}

TEST_CASE("a state folder that others can write to is refused") {
  const TemporaryFolder folder;
  const std::string path = folder.file("state");
  REQUIRE(::mkdir(path.c_str(), 0700) == 0);
  REQUIRE(::chmod(path.c_str(), 0770) == 0);
  const auto prepared = prepare_state_dir(path);
  REQUIRE_FALSE(prepared.has_value());
  CHECK(prepared.error().message.find(path) != std::string::npos);
}

TEST_CASE("a state folder that is a file is refused") {
  const TemporaryFolder folder;
  const auto prepared = prepare_state_dir(folder.write("state", ""));
  REQUIRE_FALSE(prepared.has_value());
  CHECK(prepared.error().message.find("not a folder") != std::string::npos);
}

}  // namespace
}  // namespace heald::test
