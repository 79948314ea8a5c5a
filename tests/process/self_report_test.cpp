#include "process/self_report.hpp"

#include <catch2/catch.hpp>

using namespace heald;
using namespace std::chrono_literals;

namespace {

constexpr pid_t self = 42;
constexpr Moment start{1h};

SelfReport begun() { return begin_report(SelfReport::Stage::starting, start); }

Told say(SelfReport& report, std::string_view text, Moment when = start + 1s) {
  return fold(report, parse_notice(text), self, when);
}

}  // namespace

TEST_CASE("a process that has said nothing is starting, and there is nothing to tell of it") {
  CHECK(begun().stage == SelfReport::Stage::starting);
  CHECK(describe(begun()).empty());
}

TEST_CASE("its stage and its own words are told") {
  SelfReport report = begun();
  CHECK(say(report, "READY=1\nSTATUS=12 workers") == Told::news);
  CHECK(describe(report) == "ready: 12 workers");
  CHECK(say(report, "STATUS=11 workers") == Told::news);
  CHECK(say(report, "STATUS=11 workers") == Told::nothing_new);
  CHECK(describe(report) == "ready: 11 workers");
  say(report, "RELOADING=1");
  CHECK(report.stage == SelfReport::Stage::reloading);
  say(report, "STOPPING=1\nSTATUS=");
  CHECK(describe(report) == "stopping");
}

TEST_CASE("keep-alives are heard, and are no news") {
  SelfReport report = begun();
  CHECK(report.heard == start);
  CHECK(say(report, "WATCHDOG=1", start + 5s) == Told::nothing_new);
  CHECK(report.heard == start + 5s);
  say(report, "READY=1", start + 7s);
  CHECK(report.heard == start + 7s);
  say(report, "STATUS=busy", start + 9s);
  CHECK(report.heard == start + 7s);
}

TEST_CASE("who called for the end is not well again by one more keep-alive") {
  SelfReport report = begun();
  CHECK(say(report, "WATCHDOG=trigger") == Told::news);
  say(report, "WATCHDOG=1");
  CHECK(report.watchdog == SelfReport::Watchdog::triggered);
  CHECK(describe(report) == "it asked for its own restart");
}

TEST_CASE("time that it asks for runs from its word on") {
  SelfReport report = begun();
  say(report, "EXTEND_TIMEOUT_USEC=2000000", start + 3s);
  CHECK(report.extended_to == start + 5s);
}

TEST_CASE("another main process is refused, and its own number is none") {
  SelfReport report = begun();
  CHECK(say(report, "MAINPID=42") == Told::nothing_new);
  CHECK(say(report, "READY=1\nMAINPID=43") == Told::news);
  CHECK(describe(report) ==
        "ready; its MAINPID=43 is ignored: a service stays in the foreground");
}
