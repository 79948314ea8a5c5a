#include <catch2/catch.hpp>
#include <functional>
#include <sstream>
#include <utility>

#include "api/stage.hpp"
#include "cli/terminal.hpp"

namespace heald::test {

namespace {

Printed ask(const Stage& stage, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--socket", stage.socket()});
  return heald(arguments);
}

/// What is printed, where the world goes on when something is said.
class Ear final : public std::stringbuf {
 public:
  Ear(std::string awaited, std::function<void()> then)
      : awaited_(std::move(awaited)), then_(std::move(then)) {}

 private:
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    const auto written = std::stringbuf::xsputn(text, size);
    if (then_ && contains(str(), awaited_)) std::exchange(then_, nullptr)();
    return written;
  }
  std::string awaited_;
  std::function<void()> then_;
};

/// As `ask`, but when it says so on standard error, something happens.
Printed ask_until_said(const Stage& stage, std::vector<std::string> arguments,
                       const std::string& said, std::function<void()> then) {
  arguments.insert(arguments.end(), {"--socket", stage.socket()});
  std::ostringstream out;
  Ear ear{said, std::move(then)};
  std::ostream err{&ear};
  Console console{out, err};
  Printed printed;
  printed.status = heald(arguments, console);
  printed.out = out.str();
  printed.err = ear.str();
  return printed;
}

Record of_operation(RecordKind kind, ActionId action = ActionId{7}) {
  Record record;
  record.kind = kind;
  record.action = action;
  record.action_kind = ActionKind::restart;
  record.cause = Cause::operation;
  return record;
}

}  // namespace

TEST_CASE("an accepted word ends with 0 and says how to go on") {
  Stage stage;
  stage.add("web");
  const auto printed = ask(stage, {"restart", "web", "--reason", "new key", "--with-dependents"});
  CHECK(printed.status == 0);
  CHECK(contains(printed.out, "heald explain web"));
  const auto operations = stage.commands.operations();
  REQUIRE(operations.size() == 1);
  CHECK(operations[0].operation == Operation::restart);
  CHECK(operations[0].reason == "new key");
  CHECK(operations[0].dependents == Operated::Dependents::include);
}

TEST_CASE("a refused word ends with 1 and the reason") {
  Stage stage;
  stage.add("redis");
  stage.commands.refusal = "web depends on redis; ask with --with-dependents";
  const auto printed = ask(stage, {"stop", "redis"});
  CHECK(printed.status == 1);
  CHECK(printed.err == "heald: web depends on redis; ask with --with-dependents\n");
  CHECK(ask(stage, {"stop", "mysql"}).status == 1);
}

TEST_CASE("confirm says when nothing waited for it") {
  Stage stage;
  CHECK(contains(ask(stage, {"confirm"}).out, "nothing waited for a confirmation"));
  stage.daemon.state.confirmation_wanted = true;
  stage.publish(stage.daemon);
  CHECK(contains(ask(stage, {"confirm"}).out, "confirmed: services may be started"));
}

TEST_CASE("confirm is passed on") {
  Stage stage;
  CHECK(ask(stage, {"confirm"}).status == 0);
  CHECK(stage.commands.operations().front().operation == Operation::confirm);
}

TEST_CASE("waiting for a stop ends when the service has stopped") {
  Stage stage;
  auto& web = stage.add("web");
  web.state.running = true;
  stage.publish(web);
  stage.commands.on_operate = [&](const Operated&) {
    web.state.running = false;
    web.state.desired = Desired::stopped;
    stage.publish(web);
  };
  const auto printed = ask(stage, {"stop", "web", "--wait"});
  CHECK(printed.status == 0);
  CHECK(printed.out == "web: stopped\n");
}

TEST_CASE("waiting for a restart ends with its verdict") {
  for (const auto verdict : {Verdict::healed, Verdict::not_healed, Verdict::unknown}) {
    Stage stage;
    auto& web = stage.add("web");
    stage.commands.on_operate = [&](const Operated&) {
      web.state.activity = Activity::verifying;
      web.state.action.emplace();
      stage.publish(web);
      stage.journal_record(web, of_operation(RecordKind::action_intended));
      stage.journal_record(web, of_operation(RecordKind::action_finished));
      auto record = of_operation(RecordKind::verdict);
      record.verdict = verdict;
      record.text = "evidence";
      stage.journal_record(web, record);
    };
    const auto printed = ask(stage, {"restart", "web", "--wait"});
    CHECK(printed.status == (verdict == Verdict::healed ? 0 : 1));
    CHECK(contains(verdict == Verdict::healed ? printed.out : printed.err, "evidence"));
  }
}

TEST_CASE("a restart is not taken for done by what was shown before it") {
  Stage stage;
  auto& web = stage.add("web");  // healthy, and its page stays so
  stage.commands.on_operate = [&](const Operated&) {
    stage.journal_record(web, of_operation(RecordKind::action_intended));
    auto record = of_operation(RecordKind::verdict);
    record.verdict = Verdict::not_healed;
    stage.journal_record(web, record);
  };
  CHECK(ask(stage, {"restart", "web", "--wait"}).status == 1);
}

TEST_CASE("a verdict from before the command does not end the waiting") {
  Stage stage;
  auto& web = stage.add("web");
  auto old = of_operation(RecordKind::verdict);
  old.verdict = Verdict::not_healed;
  stage.journal_record(web, old);
  stage.commands.on_operate = [&](const Operated&) {
    web.state.action.emplace();
    stage.publish(web);
    stage.journal_record(web, of_operation(RecordKind::action_intended));
    auto record = of_operation(RecordKind::verdict);
    record.verdict = Verdict::healed;
    stage.journal_record(web, record);
  };
  CHECK(ask(stage, {"restart", "web", "--wait"}).status == 0);
}

TEST_CASE("the verdict that our word puts an end to is not the one that is waited for") {
  Stage stage;
  auto& web = stage.add("web");
  stage.commands.on_operate = [&](const Operated&) {
    web.state.action.emplace();
    stage.publish(web);
    auto abandoned = of_operation(RecordKind::verdict, ActionId{6});
    abandoned.verdict = Verdict::unknown;
    stage.journal_record(web, abandoned);
    stage.journal_record(web, of_operation(RecordKind::action_intended));
    auto record = of_operation(RecordKind::verdict);
    record.verdict = Verdict::healed;
    stage.journal_record(web, record);
  };
  const auto printed = ask(stage, {"start", "web", "--wait"});
  CHECK(printed.err.empty());
  CHECK(printed.status == 0);
}

TEST_CASE("while a guard holds it back, waiting tells what the guard saw and waits for") {
  Stage stage;
  auto& redis = stage.add("redis");
  stage.commands.on_operate = [&](const Operated&) {
    redis.state.hold = {Guard::start_order, "a stop goes in reverse order",
                        "'web' depends on it and still runs", "'web' stopped", never};
    redis.state.action.emplace();
    stage.publish(redis);
    stage.journal_record(redis, of_operation(RecordKind::action_intended));
  };
  const auto fail = [&] {
    auto record = of_operation(RecordKind::action_finished);
    record.result = ActionResult::failed;
    stage.journal_record(redis, record);
  };
  const auto printed = ask_until_said(stage, {"stop", "redis", "--wait"}, "'web' stopped", fail);
  CHECK(contains(printed.err, "'web' depends on it and still runs; waits for: 'web' stopped\n"));
}

TEST_CASE("waiting for a stop that fails ends with 1 and the evidence") {
  Stage stage;
  auto& web = stage.add("web");
  stage.commands.on_operate = [&](const Operated&) {
    web.state.action.emplace();
    stage.publish(web);
    stage.journal_record(web, of_operation(RecordKind::action_intended));
    auto record = of_operation(RecordKind::action_finished);
    record.result = ActionResult::failed;
    record.text = "exit status 5";
    stage.journal_record(web, record);
  };
  const auto printed = ask(stage, {"stop", "web", "--wait"});
  CHECK(printed.status == 1);
  CHECK(contains(printed.err, "exit status 5"));
}

TEST_CASE("a service that still runs is not called stopped, whatever it should be") {
  for (const auto desired : {Desired::running, Desired::stopped}) {
    Stage stage;
    auto& web = stage.add("web");
    web.state.running = true;
    stage.publish(web);
    stage.commands.on_operate = [&](const Operated&) {
      web.state.desired = desired;
      stage.publish(web);
      stage.journal_record(web, of_operation(RecordKind::action_intended));
      auto record = of_operation(RecordKind::action_finished);
      record.action_kind = ActionKind::stop;
      record.result = ActionResult::failed;
      record.text = "exit status 5";
      stage.journal_record(web, record);
    };
    const auto printed = ask(stage, {"stop", "web", "--wait"});
    CHECK(printed.status == 1);
    CHECK(printed.out.empty());
    CHECK(contains(printed.err, "exit status 5"));
  }
}

TEST_CASE("who waits is told what holds, and what would change it") {
  Stage stage;
  auto& web = stage.add("web");
  stage.commands.on_operate = [&](const Operated&) {
    web.state.activity = Activity::held;
    web.state.hold = {Guard::max_concurrent, "1 at a time in shop", "redis is being restarted",
                      "the end of that restart", never};
    stage.publish(web);
    stage.journal_record(web, of_operation(RecordKind::action_intended));
  };
  const auto heal = [&] {
    auto record = of_operation(RecordKind::verdict);
    record.verdict = Verdict::healed;
    stage.journal_record(web, record);
  };
  const auto printed =
      ask_until_said(stage, {"restart", "web", "--wait"}, "end of that restart", heal);
  CHECK(printed.status == 0);
  CHECK(printed.err == "web: held by max_concurrent: redis is being restarted; waits for: "
                       "the end of that restart\n");
}

TEST_CASE("what holds it for less than a second is not worth telling") {
  Stage stage;
  auto& web = stage.add("web");
  stage.commands.on_operate = [&](const Operated&) {
    web.state.activity = Activity::held;
    web.state.hold = {Guard::start_order, "depends_on: redis", "'redis' is starting",
                      "'redis' healthy", never};
    stage.publish(web);
    stage.journal_record(web, of_operation(RecordKind::action_intended));
    auto record = of_operation(RecordKind::verdict);
    record.verdict = Verdict::healed;
    stage.journal_record(web, record);
  };
  const auto printed = ask(stage, {"restart", "web", "--wait"});
  CHECK(printed.status == 0);
  CHECK(printed.err.empty());
}

TEST_CASE("starting what runs and is healthy is done at once") {
  Stage stage;
  stage.add("web");
  const auto printed = ask(stage, {"start", "web", "--wait"});
  CHECK(printed.status == 0);
  CHECK(printed.out == "web: healthy\n");
}

TEST_CASE("a reload tells which rules are in force, and what it could not change") {
  Stage stage;
  stage.rules.reloaded.revision = "r2";
  stage.rules.reloaded.remarks = {"telemetry changes with the next start only"};
  const auto printed = ask(stage, {"reload"});
  CHECK(printed.status == 0);
  CHECK(printed.out == "rules r2 are in force\n");
  CHECK(printed.err == "heald: telemetry changes with the next start only\n");
}

TEST_CASE("a refused file ends a reload with 2 and its mistakes") {
  Stage stage;
  stage.rules.reloaded.mistakes = {{"heald.yaml", 3, 5, "no key \x1b"}, {"b.yaml", 0, 0, "gone"}};
  const auto printed = ask(stage, {"reload"});
  CHECK(printed.status == 2);
  CHECK(printed.out.empty());
  CHECK(printed.err == "heald.yaml:3:5: no key \\x1b\nb.yaml: gone\n2 problems\n"
                       "The old rules stay in force.\n");
  const auto as_json = ask(stage, {"reload", "-o", "json"});
  CHECK(as_json.status == 2);
  CHECK(contains(as_json.out, R"("line":3)"));
}

TEST_CASE("a reload that nobody hears ends with 4") {
  CHECK(heald({"reload", "--socket", "/nowhere/heald.sock"}).status == 4);
}

TEST_CASE("a plan is told in words, with its order, its limits and what is in progress") {
  Stage stage;
  stage.rules.planned.json = R"({"in_force":"r1","revision":"r2","untouched":7,"whole":true,
    "start_concurrency":32,"keys":[{"key":"heald.socket","change":"changed"}],
    "groups":[{"name":"front","max_concurrent":1,"min_healthy":0.5}],
    "actions":[{"after_seconds":0,"service":"old","action":"stop","group":"","waited":null},
               {"after_seconds":10.001,"service":"web","action":"restart","group":"front",
                "waited":{"guard":"max_concurrent","rule":"group 'front': max_concurrent 1",
                          "value":"1","wanted":"a free place"}}],
    "services":[{"name":"web","change":"changed","runtime":"process","actions":["restart"],
                 "keys":[{"key":"process.command","change":"changed"},
                         {"key":"probes.slow","change":"added"}],
                 "waits":null,"left_running":false,"in_flight":"reload",
                 "incident":{"id":4,"closes":false,"unlatched":true,
                             "attempts_forgotten":["kick"]}},
                {"name":"old","change":"removed","runtime":"process","actions":["stop"],"keys":[],
                 "waits":null,"left_running":false,"in_flight":null,"incident":null}]})";
  const auto printed = ask(stage, {"plan"});
  CHECK(printed.status == 0);
  for (const char* part :
       {"0 added, 1 changed, 1 removed, 7 untouched",
        "web      changed  restart  process.command, +probes.slow", "at once  stop     old",
        "restart  web      group 'front': max_concurrent 1",
        "Limits: start_concurrency 32; group front: max_concurrent 1, min_healthy 50%",
        "web: reload ends, and is judged, under the rules of before",
        "web: incident 4 goes on, with the attempts it used",
        "web: incident 4 is no longer latched: its ladder is tried again",
        "web: incident 4 has no rung kick any more",
        "heald.socket: with the next start of heald only"}) {
    INFO(part);
    CHECK(contains(printed.out, part));
  }
  CHECK(ask(stage, {"plan", "-o", "json"}).out == stage.rules.planned.json);
  stage.rules.planned.json = "{}";
  CHECK(ask(stage, {"plan"}).status == 1);
}

TEST_CASE("pause and freeze are passed on with how long and why, and say so") {
  Stage stage;
  stage.add("web");
  const auto paused = ask(stage, {"pause", "web", "--for", "90m", "--reason", "new disk"});
  CHECK(paused.out == "web is paused for 1h 30m\n");
  CHECK(ask(stage, {"resume", "web"}).out == "web is not paused\n");
  CHECK(ask(stage, {"freeze"}).out == "everything is frozen for 1h\n");
  CHECK(ask(stage, {"thaw", "--reason", "done"}).out == "nothing is frozen\n");
  const auto words = stage.commands.operations();
  REQUIRE(words.size() == 4);
  CHECK(words[0].operation == Operation::pause);
  CHECK(words[0].service == ServiceId{0});
  CHECK(words[0].lasting == std::chrono::minutes{90});
  CHECK(words[0].reason == "new disk");
  CHECK(words[1].operation == Operation::resume);
  CHECK(words[2].operation == Operation::freeze);
  CHECK_FALSE(words[2].service);
  CHECK_FALSE(words[2].lasting);
  CHECK(words[3].operation == Operation::thaw);
  CHECK(words[3].reason == "done");
}

TEST_CASE("what makes no sense of a pause is refused before it is asked") {
  Stage stage;
  stage.add("web");
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
           {"pause"}, {"pause", "web", "--for", "90"}, {"freeze", "web"},
           {"resume", "web", "--for", "1h"}, {"thaw", "--for", "1h"}}) {
    CHECK(ask(stage, wrong).status == 2);
  }
  CHECK(ask(stage, {"pause", "nobody"}).status == 1);
  CHECK(stage.commands.operations().empty());
}

TEST_CASE("status and explain tell until when, who and why") {
  Stage stage;
  auto& web = stage.add("web");
  // Half a minute more, so that the span that is told hangs on no clock.
  const Instant now = stage.clock.now() + std::chrono::seconds{30};
  web.state.pause = Pause{now + std::chrono::minutes{50}, "alice (uid 7)", "disk"};
  stage.publish(web);
  stage.daemon.state.freeze =
      Pause{now + std::chrono::minutes{20}, "bob (uid 8)", "move"};
  stage.publish(stage.daemon);
  const auto status = ask(stage, {"status"}).out;
  INFO(status);
  CHECK(contains(status, "everything is frozen by bob (uid 8): move; until 2"));
  CHECK(contains(status, ", in 20m "));
  CHECK(contains(status, "paused by alice (uid 7): disk; paused until 2"));
  CHECK(contains(status, ", in 50m "));
  const auto explanation = ask(stage, {"explain", "web"}).out;
  CHECK(contains(explanation, "Everything is frozen by bob (uid 8): move; over by itself, in 20m"));
  CHECK(contains(explanation, "Paused by alice (uid 7): disk; over by itself, in 50m "));
}

}  // namespace heald::test
