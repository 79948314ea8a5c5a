// Actions that run commands or send requests.

#include <catch2/catch.hpp>

#include "actuate/stage.hpp"

using namespace heald;
using heald::test::own_children;
using heald::test::runs;
using heald::test::Stage;
using Catch::Matchers::Contains;

TEST_CASE("an exec action is done when its command exits with 0") {
  Stage stage;
  const auto good = stage.act(ExecAction{Stage::script("echo cleaned")});
  CHECK(good.result == ActionResult::done);
  CHECK(good.evidence == "exec for web exited with status 0: cleaned");
  const auto bad = stage.act(ExecAction{Stage::script("echo nope >&2; exit 2")});
  CHECK(bad.result == ActionResult::failed);
  CHECK(bad.evidence == "exec for web exited with status 2: nope");
}

TEST_CASE("an exec action that does not end is dead with its whole group at its timeout") {
  Stage stage;
  const auto report = stage.act(
      ExecAction{Stage::script("trap '' TERM; sleep 1000 & echo $! > " +
                               stage.state.file("worker") + "; wait; sleep 1000")},
      500ms);
  CHECK(report.result == ActionResult::timed_out);
  CHECK_FALSE(runs(stage.pid_from("worker")));
  CHECK(own_children().empty());
}

TEST_CASE("evidence is the end of the output, valid UTF-8, at most 512 bytes") {
  Stage stage;
  const auto report = stage.act(ExecAction{
      Stage::script("i=0; while [ $i -lt 500 ]; do printf '\\303\\244'; i=$((i+1)); done; "
                    "printf '\\377 the reason'")});
  CHECK(report.evidence.size() <= 512);
  CHECK_THAT(report.evidence, Contains(": …\xC3\xA4"));
  CHECK_THAT(report.evidence, Contains("\xEF\xBF\xBD the reason"));
}

TEST_CASE("the exit of the process during another action is reported") {
  Stage stage;
  stage.runs_script("exec sleep 1000");
  const pid_t pid = stage.started();
  stage.act(ExecAction{Stage::script("kill -9 " + std::to_string(pid))});
  stage.processes.until([&] { return !stage.exited.empty(); });
  CHECK(stage.exited.front().generation == Generation{1});
}

TEST_CASE("an external service is acted on through the commands of its rules") {
  Stage stage;
  const auto log = stage.state.file("log");
  stage.external().start = Stage::script("echo start >> " + log);
  stage.external().stop = Stage::script("echo stop >> " + log);
  stage.external().reload = Stage::script("echo reload >> " + log);
  CHECK(stage.act(StartAction{}).result == ActionResult::done);
  CHECK(stage.act(ReloadAction{}).result == ActionResult::done);
  CHECK(stage.act(RestartAction{}).result == ActionResult::done);
  CHECK(stage.act(StopAction{}).result == ActionResult::done);
  CHECK(stage.state.read("log") == "start\nreload\nstop\nstart\nstop\n");
  stage.external().restart = Stage::script("echo restart >> " + log);
  CHECK(stage.act(RestartAction{}).result == ActionResult::done);
  CHECK(stage.act(ReprovisionAction{Stage::script("echo build >> " + log)}).result ==
        ActionResult::done);
  CHECK(stage.state.read("log") ==
        "start\nreload\nstop\nstart\nstop\nrestart\nstop\nbuild\nstart\n");
}

TEST_CASE("what the start of an external service leaves in its group lives on") {
  Stage stage;
  stage.external().start =
      Stage::script("sleep 1000 & echo $! > " + stage.state.file("pid"));
  CHECK(stage.act(StartAction{}).result == ActionResult::done);
  CHECK(test::runs(stage.pid_from("pid")));
}

TEST_CASE("what the rules have no command for is unsupported, and nothing is done") {
  Stage stage;
  stage.external().stop = Stage::script("touch " + stage.state.file("stopped"));
  const auto restart = stage.act(RestartAction{});
  CHECK(restart.result == ActionResult::unsupported);
  CHECK(restart.evidence == "the rules have no command to start web");
  CHECK_FALSE(std::filesystem::exists(stage.state.file("stopped")));
  CHECK(stage.act(ReloadAction{}).result == ActionResult::unsupported);
  CHECK(stage.act(SignalAction{}).result == ActionResult::unsupported);
}

TEST_CASE("a restart of two commands does not start what did not stop") {
  Stage stage;
  stage.external().stop = Stage::script("exit 1");
  stage.external().start = Stage::script("touch " + stage.state.file("started"));
  CHECK(stage.act(RestartAction{}).result == ActionResult::failed);
  CHECK_FALSE(std::filesystem::exists(stage.state.file("started")));
}

TEST_CASE("the headers of an http action are filled in from heald's environment") {
  Stage stage;
  ::setenv("HEALD_TEST_KEY", "k1", 1);
  HttpAction action;
  action.request.url = "http://127.0.0.1:1/drain";
  action.request.headers = {{"X-Key", "${HEALD_TEST_KEY}"}};
  CHECK(stage.act(action).result == ActionResult::done);
  ::unsetenv("HEALD_TEST_KEY");
  REQUIRE(stage.requests.size() == 1);
  CHECK(stage.requests.front().headers.at(0).second == "k1");
  CHECK(stage.act(action).result == ActionResult::failed);
}

TEST_CASE("an http action is judged by the status of the answer") {
  Stage stage;
  HttpAction action;
  action.request.url = "http://127.0.0.1:1/drain";
  action.request.method = "POST";
  stage.replies = {{HttpReply::Kind::answered, 204, {}},
                   {HttpReply::Kind::answered, 503, {}},
                   {HttpReply::Kind::failed, 0, "connection refused"},
                   {HttpReply::Kind::timed_out, 0, "no answer"}};
  const auto good = stage.act(action);
  CHECK(good.result == ActionResult::done);
  CHECK(good.evidence == "POST http://127.0.0.1:1/drain: HTTP 204");
  const auto bad = stage.act(action);
  CHECK(bad.result == ActionResult::failed);
  CHECK_THAT(bad.evidence, Contains("HTTP 503, expected 200-299"));
  const auto refused = stage.act(action);
  CHECK(refused.result == ActionResult::failed);
  CHECK_THAT(refused.evidence, Contains("connection refused"));
  CHECK(stage.act(action, 5s).result == ActionResult::timed_out);
  CHECK(stage.timeouts.back() <= 5s);
}

TEST_CASE("commands in flight are dead soon after their actuator is gone, and nobody is told") {
  Stage stage;
  stage.begin(ExecAction{Stage::script("echo $$ > " + stage.state.file("pid") + "; sleep 1000")});
  const pid_t pid = stage.pid_from("pid");
  stage.actuator.reset();
  stage.processes.until([&] { return own_children().empty(); });
  CHECK_FALSE(runs(pid));
  CHECK(stage.finished.empty());
}
