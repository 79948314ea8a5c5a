// `heald backtest`: its arguments, its exit statuses, what it prints, its JSON.

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/terminal.hpp"
#include "journal/ring_block.hpp"
#include "replay/lived.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {

namespace {

std::string rules_with(const std::string& probe) {
  return "services:\n  web:\n    external: {restart: [\"true\"]}\n"
         "    probes: {answers: {exec: [\"true\"], timeout: 1s, interval: 2s, " + probe + "}}\n"
         "    remediation: [{restart: {}, verify: {within: 10s, stable_for: 2s}}]\n";
}

/// A state folder in which web failed once and was healed, and once failed for a moment only.
class Past {
 public:
  Past() {
    Lived life{folder.path(), Instant{std::chrono::seconds{100}},
               rules_with("failure_threshold: 3"), {.recording = Lived::Recording::on}};
    life.look({}, 3);
    life.look({"web"}, 3);
    life.look({}, 10);
    life.look({"web"}, 1);
    life.look({}, 10);
  }
  [[nodiscard]] Printed tried(const std::string& rules, std::vector<std::string> more = {}) const {
    const std::string file = folder.write("new.yaml", rules);
    std::vector<std::string> arguments{"backtest", "--rules", file, folder.path()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return heald(arguments);
  }

  TemporaryFolder folder;
};

}  // namespace

TEST_CASE("backtest with the rules of then says that they do the same") {
  const Past past;
  const Printed printed = past.tried(rules_with("failure_threshold: 3"));
  CHECK(printed.status == 0);
  CHECK(printed.err.empty());
  CHECK(contains(printed.out, "judged from "));
  CHECK(contains(printed.out, "action: restart"));
  CHECK(contains(printed.out, ": at the same time\n"));
  CHECK(contains(printed.out, "with the recording"));
  CHECK_FALSE(contains(printed.out, "divergence"));
}

TEST_CASE("backtest tells where other rules diverge, and by how much") {
  const Past past;
  const Printed printed = past.tried(rules_with("failure_threshold: 1"));
  CHECK(printed.status == 0);
  CHECK(contains(printed.out, ": 4s earlier\n"));
  CHECK(contains(printed.out, "divergence: these rules restart; then restart, 4s later\n"));
  const Printed patient = past.tried(rules_with("failure_threshold: 4"));
  CHECK(contains(patient.out, ": not opened before the claims end\n"));
  CHECK(contains(patient.out, "divergence: these rules do nothing yet; then restart\n"));
}

TEST_CASE("backtest tells tools the same as one object") {
  const Past past;
  const Printed printed = past.tried(rules_with("failure_threshold: 1"), {"-o", "json"});
  CHECK(printed.status == 0);
  const auto shape = nlohmann::json::parse(printed.out);
  CHECK(shape.at("gaps").empty());
  CHECK(shape.at("not_judged") == "");
  const auto& web = shape.at("services").at(0);
  CHECK(web.at("name") == "web");
  CHECK(web.at("counts").at("incidents").at("earlier") == 1);
  CHECK(web.at("counts").at("incidents").at("extra") == 0);
  CHECK(web.at("counts").at("actions") == 1);
  CHECK(web.at("incidents").at(0).at("later_by_seconds") == -4.002);
  CHECK(web.at("ending").at("why") == "divergence");
  CHECK(web.at("ending").at("here").at("kind") == "restart");
  CHECK(web.at("ending").at("recorded").at("after_seconds") == 4.002);
}

TEST_CASE("backtest marks what was needless") {
  const TemporaryFolder folder;
  {
    Lived life{folder.path(), Instant{std::chrono::seconds{100}},
               rules_with("failure_threshold: 3"), {.recording = Lived::Recording::on}};
    life.look({}, 3);
    life.look({"web"}, 1);
    life.look({}, 10);
  }
  const std::string file = folder.write("new.yaml", rules_with("failure_threshold: 1"));
  const Printed printed = heald({"backtest", "--rules", file, folder.path()});
  CHECK(contains(printed.out, ": opened by these rules only\n"));
  CHECK(contains(printed.out, ": it came back by itself 2s later\n"));
  const Printed json = heald({"backtest", "--rules", file, folder.path(), "-o", "json"});
  const auto action = nlohmann::json::parse(json.out).at("services").at(0).at("actions").at(0);
  CHECK(action.at("needless") == "came_back");
  CHECK(action.at("back_after_seconds") == 2.001);
}

TEST_CASE("backtest refuses what is no rule file, no journal, and a journal without a recording") {
  const Past past;
  const Printed wrong = past.tried("services: {web: {proces: {}}}\n");
  CHECK(wrong.status == 2);
  CHECK(contains(wrong.err, "new.yaml:1:"));
  CHECK(contains(wrong.err, "1 problem\n"));
  CHECK(wrong.out.empty());
  const Printed shape = past.tried("services: {web: {proces: {}}}\n", {"-o", "json"});
  CHECK(shape.status == 2);
  CHECK(nlohmann::json::parse(shape.out).at("problems").size() == 1);
  const std::string file = past.folder.write("new.yaml", rules_with("failure_threshold: 3"));
  const Printed nowhere = heald({"backtest", "--rules", file, "/nowhere"});
  CHECK(nowhere.status == 2);
  CHECK(contains(nowhere.err, "cannot replay /nowhere"));
  CHECK(heald({"backtest", "--rules", file}).status == 2);
  CHECK(heald({"backtest", past.folder.path()}).status == 2);
  std::filesystem::remove(ring_path(past.folder.path()));
  const Printed unrecorded = heald({"backtest", "--rules", file, past.folder.path()});
  CHECK(unrecorded.status == 1);
  CHECK(contains(unrecorded.err, "observations.ring"));
  CHECK(contains(unrecorded.err, "nothing to try rules on"));
}

TEST_CASE("backtest names the services that only one side knows, and fails when none is left") {
  const Past past;
  const Printed some = past.tried(rules_with("failure_threshold: 3") + "  api: {external: {}}\n");
  CHECK(some.status == 0);
  CHECK(contains(some.out, "never recorded: api\n"));
  const Printed none = past.tried("services: {api: {external: {}}}\n");
  CHECK(none.status == 1);
  CHECK(contains(none.out, "never recorded: api\n"));
  CHECK(contains(none.out, "recorded, and not in these rules: web\n"));
}

}  // namespace heald::test
