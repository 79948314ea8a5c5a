// `heald simulate`: its arguments, its exit statuses, its JSON.

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/terminal.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {

namespace {

class Files {
 public:
  Files() {
    write("rules.yaml",
          "services:\n  web:\n    process: {command: [web]}\n"
          "    probes: {answers: {tcp: \"127.0.0.1:1\"}}\n");
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream{folder_.file(name)} << text;
  }
  [[nodiscard]] Printed simulate(std::vector<std::string> more) const {
    std::vector<std::string> arguments{"simulate", folder_.file("rules.yaml")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return heald(arguments);
  }
  [[nodiscard]] Printed with(const std::string& script, std::vector<std::string> more = {}) const {
    write("faults.yaml", script);
    more.insert(more.end(), {"--faults", folder_.file("faults.yaml")});
    return simulate(more);
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("simulate without a script tries some of everything, and tells what came of it") {
  const Printed printed = Files{}.simulate({});
  CHECK(printed.status == 0);
  CHECK(contains(printed.out, "4 faults of 1 service in 3h"));
  CHECK(contains(printed.out, "healed by restart"));
}

TEST_CASE("simulate ends with 3 when something was not healed, and with 2 when files are wrong") {
  const Files files;
  const Printed sick = files.with("faults: [{hang: {}, service: web, cured_by: []}]");
  CHECK(sick.status == 3);
  CHECK(contains(sick.out, "Not healed: web, hang at 0ms: no rung healed it"));
  const Printed wrong = files.with("faults: [{hang: {}, service: wep}]");
  CHECK(wrong.status == 2);
  CHECK(contains(wrong.err, "faults.yaml:1:30: the rules have no service 'wep'"));
  CHECK(wrong.out.empty());
  CHECK(files.simulate({"--faults", "/nowhere"}).status == 2);
  CHECK(files.simulate({"--for", "5"}).status == 2);
  files.write("rules.yaml", "services: {web: {proces: {}}}\n");
  CHECK(files.simulate({}).status == 2);
}

TEST_CASE("simulate tells tools the same as one object") {
  const Printed printed = Files{}.with("faults: [{at: 1m, crash: {}}]",
                                       {"-o", "json", "--seed", "9", "--for", "10m"});
  CHECK(printed.status == 0);
  const auto shape = nlohmann::json::parse(printed.out);
  CHECK(shape.at("seed") == 9);
  CHECK(shape.at("for_seconds") == 600.0);
  const auto& fault = shape.at("faults").at(0);
  CHECK(fault.at("script") == "{at: 1m, crash: {status: 1, again_after: 1s}}");
  CHECK(fault.at("began_seconds") == 60.0);
  CHECK(fault.at("detected_after_seconds") == 0.0);
  CHECK(fault.at("healthy_after_seconds") > 10.0);
  CHECK(fault.at("ending") == "healed");
  CHECK(fault.at("cured_by") == "restart");
  CHECK(shape.at("sick").empty());
  CHECK(shape.at("breaches").empty());
  CHECK_FALSE(shape.at("timeline").empty());
  const Printed wrong = Files{}.with("faults: 3", {"-o", "json"});
  CHECK(nlohmann::json::parse(wrong.out).at("problems").size() == 1);
}

TEST_CASE("equal seeds play alike") {
  const Files files;
  CHECK(files.simulate({"--seed", "3"}).out == files.simulate({"--seed", "3"}).out);
  CHECK(files.simulate({"--seed", "3"}).out != files.simulate({"--seed", "4"}).out);
}

}  // namespace heald::test
