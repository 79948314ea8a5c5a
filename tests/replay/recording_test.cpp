// What of a recording answers the new rules, and what it has lost.

#include <catch2/catch.hpp>
#include <fstream>

#include "replay/tried.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {
namespace {

using namespace std::string_literals;

TEST_CASE("rules that look less often take one look an interval") {
  const TemporaryFolder folder;
  {
    Lived life{folder.path(), Instant{100s}, web(three_fails), observed};
    life.look({}, 4);
    life.look({"web"}, 9);
    life.look({}, 5);
  }
  const Backtest result = tried(folder.path(), web("interval: 6s, failure_threshold: 2"));
  const TriedService& told = result.services.front();
  REQUIRE(timings(told) == "later");
  const TimedIncident& incident = told.incidents.front();
  // Of the looks the 1st, 4th, 7th and 10th count, of the fails the 3rd and the 6th.
  CHECK(incident.here->opened - incident.recorded->opened == 3 * 2001ms);
}

TEST_CASE("what was not recorded as the rules ask now is left out and named") {
  const TemporaryFolder folder;
  {
    Lived life{folder.path(), Instant{100s},
               "services:\n" + service("web", three_fails) + service("old", three_fails), recorded};
    life.look({}, 3);
    life.look({"web"}, 3);
    life.look({}, 10);
  }
  const Backtest result = tried(
      folder.path(),
      "services:\n  new: {external: {}}\n  web:\n    external: {restart: [\"true\"]}\n"
      "    depends_on: [new]\n    probes:\n"
      "      answers: {exec: [\"true\"], timeout: 1s, interval: 1s}\n"
      "      deeper: {exec: [\"false\"]}\n"
      "    remediation:\n      - {name: second, exec: [\"true\"], on: [deeper]}\n"
      "      - {restart: {}, attempts: 2, verify: {within: 10s, stable_for: 2s}}\n");
  CHECK(result.never_recorded == std::vector{"new"s});
  CHECK(result.not_in_rules == std::vector{"old"s});
  REQUIRE(result.services.size() == 1);
  const TriedService& told = result.services.front();
  CHECK(told.missing == std::vector{"deeper"s});
  REQUIRE(told.notes.size() == 1);
  CHECK(told.notes.front() == "probe 'answers' looks every 1s, and was recorded every 2s");
  CHECK_FALSE(told.ending.has_value());
  CHECK(timings(told) == "same");
}

TEST_CASE("other rules in the middle of the recording are followed, and new probes named") {
  const TemporaryFolder folder;
  const std::string two = "services:\n" + service("web", three_fails) + service("api", three_fails);
  {
    Lived life{folder.path(), Instant{100s}, web(three_fails), recorded};
    life.look({}, 3);
    life.reload(two);
    life.look({}, 3);
    life.look({"api"}, 3);
    life.look({}, 10);
  }
  const Backtest result = tried(folder.path(), two);
  CHECK(result.never_recorded.empty());
  CHECK(timings(of(result, "api")) == "same");
  CHECK_FALSE(of(result, "api").ending.has_value());
  CHECK_FALSE(of(result, "web").ending.has_value());
}

TEST_CASE("services that were added together have other numbers under other rules") {
  const TemporaryFolder folder;
  const auto rules = [](const std::string& first, const std::string& second) {
    return "services:\n" + service(first, three_fails) + service(second, three_fails);
  };
  {
    Lived life{folder.path(), Instant{100s}, "services: {}\n", recorded};
    life.reload(rules("b", "a"));
    life.look({}, 3);
    life.operate(Operation::restart, "a");
    life.look({}, 10);
  }
  const Backtest result = tried(folder.path(), rules("a", "b"));
  CHECK_FALSE(of(result, "a").ending.has_value());
  CHECK_FALSE(of(result, "b").ending.has_value());
  REQUIRE_FALSE(of(result, "a").decisions.empty());
  CHECK(of(result, "a").decisions.front().record.cause == Cause::operation);
  CHECK(of(result, "b").decisions.empty());
}

TEST_CASE("where the ring has lost its beginning, the rules are tried from there on") {
  const TemporaryFolder folder;
  constexpr Lived::Setup small{.recording = Lived::Recording::on, .ring = Bytes{16U << 10U}};
  {
    Lived life{folder.path(), Instant{100s}, web(three_fails), small};
    life.look({}, 3);
    life.look({"web"}, 3);
    life.look({}, 1500);
    life.look({"web"}, 3);
    life.look({}, 10);
  }
  const Backtest result = tried(folder.path(), web(three_fails));
  const TriedService& told = result.services.front();
  CHECK(timings(told) == "same");
  CHECK(told.actions.size() == 1);
  CHECK_FALSE(told.ending.has_value());
  CHECK(*result.to - *result.from < 1500 * 2s);
  CHECK(*result.to - *result.from > 500s);
  CHECK(timings(tried(folder.path(), web("interval: 2s, failure_threshold: 1")).services.front()) ==
        "earlier");
}

TEST_CASE("a torn block is a gap that is named, and so are the incidents that it falls into") {
  const TemporaryFolder folder;
  {
    Lived life{folder.path(), Instant{100s}, web(three_fails), observed};
    life.look({}, 1000);
    life.look({"web"}, 1000);
    life.look({}, 1000);
  }
  {
    std::fstream ring{ring_path(folder.path()), std::ios::in | std::ios::out | std::ios::binary};
    ring.seekp(2 * ring_block_size + 100);  // of block 2, in the failures
    ring << "torn";
  }
  const Backtest result = tried(folder.path(), web("interval: 2s, failure_threshold: 900"));
  REQUIRE(result.gaps.size() == 1);
  CHECK(result.gaps.front().what == "1 block of the recording");
  CHECK(result.gaps.front().from < result.gaps.front().to);
  const TriedService& told = result.services.front();
  REQUIRE(timings(told) == "never");
  CHECK(told.incidents.front().in_gap);
}

TEST_CASE("a life that recorded nothing is a gap") {
  const TemporaryFolder folder;
  Instant end{100s};
  {
    Lived first{folder.path(), end, web(three_fails), recorded};
    first.look({}, 3);
    end = first.now();
  }
  {
    Lived second{folder.path(), end + 5s, web(three_fails), {}};
    second.look({"web"}, 3);
    second.look({}, 5);
  }
  const Backtest result = tried(folder.path(), web(three_fails));
  REQUIRE(result.gaps.size() == 1);
  CHECK(result.gaps.front().what == "heald recorded nothing in its life 2");
  CHECK(timings(result.services.front()) == "same");
}

TEST_CASE("where nobody looked, the journal has all that there was to see") {
  const TemporaryFolder folder;
  const std::string blind =
      "services:\n  web: {external: {restart: [\"true\"]}}\n  api: {external: {}}\n";
  {
    Lived life{folder.path(), Instant{100s}, blind, recorded};
    life.look({}, 3);
    life.operate(Operation::restart, "web");
    life.look({}, 3);
  }
  const Backtest result = tried(folder.path(), blind);
  CHECK(result.from.has_value());
  CHECK(result.not_judged.empty());
  CHECK(result.gaps.empty());
  CHECK_FALSE(of(result, "web").ending.has_value());
  REQUIRE_FALSE(of(result, "web").decisions.empty());
  CHECK(of(result, "web").decisions.front().record.cause == Cause::operation);
}

TEST_CASE("where nothing was recorded nothing is judged, and it says why") {
  const TemporaryFolder folder;
  const TemporaryFolder elsewhere;
  {
    Lived life{folder.path(), Instant{100s}, web(three_fails), {}};
    life.look({"web"}, 3);
    Lived other{elsewhere.path(), Instant{100s}, web(three_fails), recorded};
    other.look({}, 2);
  }
  std::ofstream{ring_path(folder.path())} << "";
  const Backtest result = tried(folder.path(), web(three_fails));
  CHECK_FALSE(result.from.has_value());
  CHECK_THAT(result.not_judged, Catch::Contains("nothing was recorded"));
}

}  // namespace
}  // namespace heald::test
