// `heald replay` and `heald explain INCIDENT`: what people and tools get to see, and the statuses.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/terminal.hpp"
#include "journal/recovery.hpp"
#include "replay/lived.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {

namespace {

using nlohmann::json;

Printed explain(const std::string& folder, const std::string& incident,
                std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"explain", incident, "--journal", folder};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return heald(arguments);
}

std::string content(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream{file, std::ios::binary}.rdbuf();
  return text.str();
}

/// The place of each text is after that of the one before it.
bool in_order(const std::string& text, const std::vector<std::string>& parts) {
  std::size_t from = 0;
  for (const std::string& part : parts) {
    const std::size_t found = text.find(part, from);
    if (found == std::string::npos) {
      UNSCOPED_INFO("missing: " << part << " in\n" << text);
      return false;
    }
    from = found + part.size();
  }
  return true;
}

}  // namespace

TEST_CASE("replay says that a journal is identical, of a folder and of a file") {
  const TemporaryFolder folder;
  live_twice(folder.path());
  const Printed printed = heald({"replay", folder.path()});
  CHECK(printed.status == 0);
  CHECK(printed.err.empty());
  CHECK(in_order(printed.out, {"identical: ", " decisions over 2 lives of heald\n"}));
  CHECK(heald({"replay", journal_path(folder.path())}).out == printed.out);

  const Printed tools = heald({"replay", folder.path(), "-o", "json"});
  CHECK(tools.status == 0);
  const json shape = json::parse(tools.out);
  CHECK(shape.at("identical") == true);
  CHECK(shape.at("whole") == true);
  CHECK(shape.at("difference").is_null());
  REQUIRE(shape.at("lives").size() == 2);
  const json& second = shape.at("lives").at(1);
  CHECK(second.at("start") == 2);
  CHECK(second.at("not_replayed") == "");
  CHECK(second.at("first_event") == shape.at("lives").at(0).at("last_event").get<int>() + 1);
  CHECK(shape.at("decisions") == second.at("last_event"));
}

TEST_CASE("replay names the first difference, and ends with 1") {
  const TemporaryFolder folder;
  live_twice(folder.path());
  change(folder.path(), "UPDATE records SET text = 'by magic' WHERE kind = 'verdict'");
  const Printed printed = heald({"replay", folder.path()});
  CHECK(printed.status == 1);
  CHECK(in_order(printed.out, {"different at event ", "): probe answers passed\n",
                               "  service   web\n", "  what      record 1 (verdict): text\n",
                               "  expected  by magic\n", "  got       'answers' passed for 2s\n"}));
  CHECK_FALSE(contains(printed.out, "identical"));
  const Printed tools = heald({"replay", folder.path(), "-o", "json"});
  CHECK(tools.status == 1);
  const json shape = json::parse(tools.out);
  CHECK(shape.at("identical") == false);
  const json& difference = shape.at("difference");
  CHECK(difference.at("service") == "web");
  CHECK(difference.at("what") == "record 1 (verdict): text");
  CHECK(difference.at("expected") == "by magic");
  CHECK(difference.at("event").get<int>() > 1);
}

TEST_CASE("replay says what it could not replay; nothing at all is a failure") {
  const TemporaryFolder folder;
  live_twice(folder.path());
  change(folder.path(), "DELETE FROM events WHERE seq < 4");
  const Printed part = heald({"replay", folder.path()});
  CHECK(part.status == 0);
  CHECK(in_order(part.out, {"life 1 of heald, events 4 to ", ": not replayed: its beginning was",
                            "identical: ", " over 1 life of heald\n"}));
  change(folder.path(), "DELETE FROM snapshots");
  const Printed nothing = heald({"replay", folder.path()});
  CHECK(nothing.status == 1);
  CHECK(in_order(nothing.out, {"life 1", "life 2", "nothing was replayed\n"}));
  const json shape = json::parse(heald({"replay", folder.path(), "-o", "json"}).out);
  CHECK(shape.at("identical") == false);
  CHECK(shape.at("whole") == false);
  CHECK(shape.at("difference").is_null());
}

TEST_CASE("replay ends with 2 for what is no journal, or is damaged") {
  const TemporaryFolder folder;
  const auto refuses = [](const std::string& path, const std::string& why) {
    const Printed printed = heald({"replay", path});
    CHECK(printed.status == 2);
    CHECK(printed.out.empty());
    CHECK(contains(printed.err, "heald: cannot re"));
    CHECK(contains(printed.err, path));
    CHECK(contains(printed.err, why));
  };
  refuses(folder.path(), "unable to open database file");
  refuses(folder.file("nowhere"), "unable to open database file");
  folder.write("letter", "Dear operator, this is no database, and long enough to be sure of it");
  refuses(folder.file("letter"), "file is not a database");
  folder.write("empty", "");
  refuses(folder.file("empty"), "it is not a journal of heald");
  CHECK(content(folder.file("empty")).empty());
  live_twice(folder.path());
  change(folder.path(), "UPDATE events SET payload = '{' WHERE seq = 6");
  refuses(folder.path(), "cannot read the journal");
  change(folder.path(), "PRAGMA user_version = 1");
  refuses(folder.path(), "its format is 1, and this heald replays format 2");
  CHECK(heald({"replay"}).status == 2);
}

TEST_CASE("replay reads the journal of a heald that goes on, and changes nothing in it") {
  const TemporaryFolder folder;
  Lived life{folder.path(), Instant{100s}};
  life.look(Outcome::pass, 3);
  life.look(Outcome::fail, 3);
  life.settle();
  const std::string database = content(journal_path(folder.path()));
  const std::string log = content(journal_path(folder.path()) + "-wal");
  REQUIRE_FALSE(log.empty());
  const Printed printed = heald({"replay", folder.path()});
  CHECK(printed.status == 0);
  CHECK(contains(printed.out, "identical"));
  CHECK(content(journal_path(folder.path())) == database);
  CHECK(content(journal_path(folder.path()) + "-wal") == log);
  life.look(Outcome::pass, 5);
  life.settle();
  CHECK(heald({"replay", folder.path()}).status == 0);
}

TEST_CASE("explain tells the story of an incident that was healed, without a daemon") {
  const TemporaryFolder folder;
  live_twice(folder.path());
  const Printed printed = explain(folder.path(), "1");
  CHECK(printed.status == 0);
  CHECK(in_order(printed.out,
                 {"incident 1 of web, healed, 1 relapse; ",
                  "+0.000s  web: probe answers failed: exited with status 1 (1 of 3 failures)\n",
                  "+4.002s  web: probe answers failed: exited with status 1 (3 of 3 failures)\n",
                  "    condition answers: fail: exited with status 1\n",
                  "        rule: failure_threshold: 3, interval: 2s\n", "    incident opened: ",
                  "    action 1: restart (rung restart)\n",
                  "        rule: remediation: rung restart, attempts: 2\n",
                  "    verdict healed: 'answers' passed for 2s\n",
                  "        rule: verify: within: 10s, stable_for: 2s\n",
                  "    incident closed as healed\n", "(1 of 3 failures)\n", "(2 of 3 failures)\n",
                  "    incident relapsed: ", "    incident closed as healed\n",
                  "\nReplayed: every decision of this story came out the same.\n"}));
  CHECK_FALSE(contains(printed.out, "forgotten"));
  CHECK(heald({"explain", "1", "--state-dir", folder.path()}).out == printed.out);
  const json shape = json::parse(explain(folder.path(), "1", {"-o", "json"}).out);
  CHECK(shape.at("incident_id") == 1);
  CHECK(shape.at("service") == "web");
  CHECK(shape.at("closing") == "healed");
  CHECK(shape.at("relapses") == 1);
  CHECK(shape.at("proven") == true);
  CHECK(shape.at("beginning_kept") == true);
  CHECK(shape.at("steps").front().at("progress") == "1 of 3 failures");
  CHECK(shape.at("steps").back().at("decisions").back().at("kind") == "incident_closed");
}

TEST_CASE("explain tells of an open incident what holds it and what would change that") {
  const TemporaryFolder folder;
  live_unhealed(folder.path());
  const Printed printed = explain(folder.path(), "1");
  CHECK(printed.status == 0);
  CHECK(in_order(printed.out, {"incident 1 of web, open; ", "verdict not_healed: ",
                               "    latched: ", "        what would change it: "}));
  CHECK_FALSE(contains(printed.out, "incident closed"));
}

TEST_CASE("explain tells one story over a restart of heald in its middle") {
  const TemporaryFolder folder;
  live_over_a_restart(folder.path());
  const Printed printed = explain(folder.path(), "1");
  CHECK(printed.status == 0);
  CHECK(in_order(printed.out, {"incident 1 of web, healed; ", "incident opened: ",
                               "s  heald came back\n\n", "verdict healed: ", "incident closed",
                               "Replayed: every decision of this story came out the same."}));
}

TEST_CASE("explain says when it cannot prove a story, or knows only its end") {
  const TemporaryFolder folder;
  live_over_a_restart(folder.path());
  change(folder.path(), "DELETE FROM events WHERE seq <= "
                        "(SELECT event FROM records WHERE kind = 'incident_opened')");
  const Printed end = explain(folder.path(), "1");
  CHECK(end.status == 0);
  CHECK(in_order(end.out, {"incident 1 of web, healed; ", "What it began with was forgotten.\n",
                           "Not proven by a replay: its beginning was forgotten"}));
  CHECK_FALSE(contains(end.out, "incident opened"));
  const json shape = json::parse(explain(folder.path(), "1", {"-o", "json"}).out);
  CHECK(shape.at("beginning_kept") == false);
  CHECK(shape.at("proven") == false);
  CHECK(contains(shape.at("not_proven"), "its beginning was forgotten"));
}

TEST_CASE("explain of what it does not know says so") {
  const TemporaryFolder folder;
  const Printed none = explain(folder.path(), "1");
  CHECK(none.status == 2);
  CHECK(contains(none.err, "heald: cannot replay " + folder.path()));
  live_twice(folder.path());
  const Printed unknown = explain(folder.path(), "99");
  CHECK(unknown.status == 1);
  CHECK(unknown.out.empty());
  CHECK(contains(unknown.err, "tells of no incident 99: there was none, or it was forgotten"));
  CHECK(heald({"explain", "1", "--journal", "a", "--state-dir", "b"}).status == 2);
  const Printed nowhere = heald({"explain", "1", "--state-dir", "none"});
  CHECK(nowhere.status == 2);
  CHECK(nowhere.err == "heald: there is no journal, since the state folder is none\n");
}

}  // namespace heald::test
