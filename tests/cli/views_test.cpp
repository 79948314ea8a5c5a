#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

#include "api/stage.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"

namespace heald::test {

namespace {

using nlohmann::json;

Printed ask(const Stage& stage, std::vector<std::string> arguments,
            Console::Paint paint = Console::Paint::plain) {
  arguments.insert(arguments.end(), {"--socket", stage.socket()});
  return heald(arguments, paint);
}

}  // namespace

TEST_CASE("status of healthy services ends with 0") {
  Stage stage;
  auto& web = stage.add("web");
  web.state.pid = 42;
  web.state.running = true;
  stage.publish(web);
  const auto printed = ask(stage, {"status"});
  CHECK(printed.status == 0);
  CHECK(contains(printed.out, "1 service, 1 healthy; 0 incidents open\n"));
  CHECK(contains(printed.out, "SERVICE  DESIRED  HEALTH   ACTIVITY  SINCE"));
  CHECK(contains(printed.out, "web      running  healthy  idle "));
  CHECK(contains(printed.out, "  42"));
}

TEST_CASE("status ends with 3 when something that should be healthy is not") {
  Stage stage;
  stage.add("web");
  auto& redis = stage.add("redis", Health::unhealthy);
  stage.open_incident(redis, "no answer");
  const auto printed = ask(stage, {"status"});
  CHECK(printed.status == 3);
  CHECK(contains(printed.out, "2 services, 1 healthy, 1 unhealthy; 1 incident open\n"));
  CHECK(contains(printed.out, "answers: no answer"));
  CHECK(ask(stage, {"status", "web"}).status == 0);
  CHECK(ask(stage, {"status", "redis"}).status == 3);
  CHECK(ask(stage, {"status", "mysql"}).status == 1);
}

TEST_CASE("a service that an operator stopped does not count against status") {
  Stage stage;
  auto& web = stage.add("web", Health::unknown);
  web.state.desired = Desired::stopped;
  stage.publish(web);
  const auto printed = ask(stage, {"status"});
  CHECK(printed.status == 0);
  CHECK(contains(printed.out, "1 service, 1 stopped; 0 incidents open"));
}

TEST_CASE("status reads all pages of many services") {
  Stage stage;
  for (int number = 0; number < 1200; ++number) stage.add("s" + std::to_string(number));
  CHECK(contains(ask(stage, {"status"}).out, "\ns1199 "));
  const auto shape = json::parse(ask(stage, {"status", "-o", "json"}).out);
  CHECK(shape["services"].size() == 1200);
  CHECK(shape["next_after"] == nullptr);
  CHECK(shape["summary"]["services"] == 1200);
}

TEST_CASE("status shows those of one health only, over all pages, and judges all") {
  Stage stage;
  for (int number = 0; number < 1100; ++number) stage.add("s" + std::to_string(number));
  stage.open_incident(stage.add("redis", Health::unhealthy), "no answer");
  const auto sick = ask(stage, {"status", "--state", "unhealthy"});
  CHECK(sick.status == 3);
  CHECK(contains(sick.out, "1101 services, 1100 healthy, 1 unhealthy; 1 incident open\n"));
  CHECK(contains(sick.out, "\nredis "));
  CHECK_FALSE(contains(sick.out, "\ns1 "));
  const auto well = ask(stage, {"status", "--state", "healthy"});
  CHECK(well.status == 3);
  CHECK(contains(well.out, "\ns1099 "));
  CHECK_FALSE(contains(well.out, "\nredis "));
  CHECK(ask(stage, {"status", "--state", "sick"}).status == 2);
  CHECK(ask(stage, {"status", "s1", "--state", "healthy"}).status == 2);
}

TEST_CASE("status says what is wrong with the daemon itself") {
  Stage stage;
  stage.daemon.rules_problem = "heald.yaml:3:5: unknown key";
  stage.daemon.journal_problem = "disk full";
  stage.daemon.oom_problem = "heald is not alone in its cgroup";
  stage.daemon.troubled_receivers = {{"oncall", 3, "receiver oncall: HTTP 503", Instant{1s}}};
  stage.daemon.state.confirmation_wanted = true;
  stage.publish(stage.daemon);
  const auto out = ask(stage, {"status"}).out;
  CHECK(contains(out, "newer rules were refused"));
  CHECK(contains(out, "a rung for 'oom' can never apply here: heald is not alone in its cgroup"));
  CHECK(contains(out, "heald.yaml:3:5: unknown key"));
  CHECK(contains(out, "the journal does not work, actions are held: disk full"));
  CHECK(contains(out, "receiver oncall takes no messages, 3 messages wait: receiver oncall: "
                      "HTTP 503"));
  CHECK(contains(out, "heald confirm"));
}

TEST_CASE("colours appear only where they are wanted") {
  Stage stage;
  stage.add("web");
  CHECK(contains(ask(stage, {"status"}, Console::Paint::coloured).out, "\x1b[32mhealthy\x1b[0m"));
  CHECK_FALSE(contains(ask(stage, {"status"}).out, "\x1b"));
}

TEST_CASE("evidence cannot steer the terminal") {
  Stage stage;
  auto& web = stage.add("web", Health::unhealthy);
  stage.open_incident(web, "\x1b]0;owned\x07 and \xc2\x9b" "2J");
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"status"}, {"explain", "web"}, {"incidents"}, {"incidents", "1"}, {"events"}}) {
    const auto printed = ask(stage, arguments);
    CHECK(contains(printed.out, "]0;owned"));
    CHECK_FALSE(contains(printed.out, "\x1b"));
    CHECK_FALSE(contains(printed.out, "\x07"));
    CHECK_FALSE(contains(printed.out, "\xc2\x9b"));
  }
}

TEST_CASE("incidents are listed, and one is told from its first symptom on") {
  Stage stage;
  CHECK(ask(stage, {"incidents"}).out == "no incidents\n");
  auto& web = stage.add("web", Health::unhealthy);
  stage.open_incident(web, "HTTP 503");
  Record verdict;
  verdict.kind = RecordKind::verdict;
  verdict.incident = IncidentId{1};
  verdict.action_kind = ActionKind::restart;
  verdict.rung = "restart";
  verdict.cause = Cause::ladder;
  verdict.verdict = Verdict::healed;
  verdict.text = "passed for 5s";
  stage.journal_record(web, verdict);
  const auto list = ask(stage, {"incidents"});
  CHECK(contains(list.out, "ID  SERVICE  STATE  OPENED"));
  CHECK(contains(list.out, "1   web      open "));
  const auto one = ask(stage, {"incidents", "1"});
  CHECK(contains(one.out, "Incident 1 of web: open"));
  CHECK(contains(one.out, "s  incident opened: HTTP 503\n"));
  CHECK(contains(one.out, "verdict restart healed: passed for 5s\n"));
  CHECK(ask(stage, {"incidents", "9"}).status == 1);
  CHECK(contains(ask(stage, {"incidents", "9"}).err, "there is no incident 9"));
  CHECK(json::parse(ask(stage, {"incidents", "1", "-o", "json"}).out)["incident"]["id"] == 1);
}

TEST_CASE("incidents that are over are left out of --open") {
  Stage stage;
  auto& web = stage.add("web", Health::unhealthy);
  stage.open_incident(web, "HTTP 503");
  CHECK(contains(ask(stage, {"incidents", "--open"}).out, "HTTP 503"));
  stage.close_incident(web);
  CHECK(contains(ask(stage, {"incidents"}).out, "HTTP 503"));
  CHECK(ask(stage, {"incidents", "--open"}).out == "no incidents\n");
}

namespace {

/// Where `heald events -f` prints: after each answer the test has its turn.
class Listener final : public std::stringbuf {
 public:
  enum class Goes : std::uint8_t { on, away };
  explicit Listener(std::function<Goes(const std::string& heard)> turn) : turn_(std::move(turn)) {}

 private:
  int sync() override { return turn_(str()) == Goes::on ? 0 : -1; }
  std::function<Goes(const std::string&)> turn_;
};

}  // namespace

TEST_CASE("who follows the events hears each one once, until nobody listens") {
  for (const auto& format : std::vector<std::vector<std::string>>{{}, {"-o", "json"}}) {
    Stage stage;
    auto& web = stage.add("web", Health::unhealthy);
    auto& redis = stage.add("redis", Health::unhealthy);
    stage.open_incident(web, "of web");
    Listener listener{[&](const std::string& heard) {
      if (contains(heard, "of redis")) return Listener::Goes::away;
      if (!redis.state.incident) stage.open_incident(redis, "of redis");
      return Listener::Goes::on;
    }};
    std::ostream out{&listener};
    std::ostringstream err;
    Console console{out, err};
    std::vector<std::string> arguments{"events", "-f", "--socket", stage.socket()};
    arguments.insert(arguments.end(), format.begin(), format.end());
    CHECK(heald(arguments, console) == 0);
    const auto heard = listener.str();
    CAPTURE(heard, err.str());
    CHECK(contains(heard, "of redis"));
    CHECK(contains(heard, "of web"));
    CHECK(heard.find("of web") == heard.rfind("of web"));
  }
}

TEST_CASE("who follows the events of a time in which nothing happened hears none of before") {
  Stage stage;
  auto& web = stage.add("web", Health::unhealthy);
  Record old;
  old.kind = RecordKind::held;
  old.text = "long ago";
  stage.journal_record(web, old, std::chrono::minutes{60});
  int turns = 0;
  Listener listener{[&](const std::string& heard) {
    if (++turns == 1) stage.open_incident(web, "now");
    return contains(heard, "now") ? Listener::Goes::away : Listener::Goes::on;
  }};
  std::ostream out{&listener};
  std::ostringstream err;
  Console console{out, err};
  CHECK(heald({"events", "-f", "--since", "1m", "--socket", stage.socket()}, console) == 0);
  CHECK(contains(listener.str(), "now"));
  CHECK_FALSE(contains(listener.str(), "long ago"));
}

TEST_CASE("events can be had of one service only") {
  Stage stage;
  auto& web = stage.add("web", Health::unhealthy);
  auto& redis = stage.add("redis", Health::unhealthy);
  stage.open_incident(web, "one");
  stage.open_incident(redis, "two");
  CHECK(contains(ask(stage, {"events"}).out, "web  incident opened: one  (incident 1)"));
  const auto filtered = ask(stage, {"events", "--service", "redis"}).out;
  CHECK(contains(filtered, "two"));
  CHECK_FALSE(contains(filtered, "one"));
}

TEST_CASE("the history of a service that there is not is no empty one") {
  Stage stage;
  stage.add("web");
  CHECK(ask(stage, {"incidents", "--service", "web"}).status == 0);
  for (const auto* verb : {"incidents", "events"}) {
    const auto printed = ask(stage, {verb, "--service", "wbe"});
    CHECK(printed.status == 1);
    CHECK(printed.err == "heald: there is no service 'wbe'\n");
    CHECK(printed.out.empty());
  }
  CHECK(ask(stage, {"events", "-f", "--service", "wbe"}).status == 1);
}

TEST_CASE("a line of the history says nothing twice") {
  RecordAnswer closed;
  closed.kind = "incident_closed";
  closed.closing = closed.text = "healed";
  CHECK(told(closed) == "incident closed healed");
  RecordAnswer held;
  held.kind = "held";
  held.text = "'ping' is being looked at";
  held.hold = {"dependency", "depends_on: redis", held.text, "a fresh look", {}};
  CHECK(told(held) ==
        "held by dependency: 'ping' is being looked at; rule: depends_on: redis; "
        "wants: a fresh look");
  held.kind = "released";
  held.text.clear();
  CHECK(told(held) == "released by dependency");
}

TEST_CASE("explain names the file of what the service prints") {
  Stage stage;
  auto& web = stage.add("web", Health::unhealthy);
  CHECK_FALSE(contains(ask(stage, {"explain", "web"}).out, "What it prints"));
  stage.daemon.logs = "/var/lib/heald/logs";
  stage.publish(stage.daemon);
  auto policy = std::make_shared<ServicePolicy>(*web.policy);
  policy->runtime = ProcessRuntime{};
  web.policy = policy;
  web.state.last_exit = ExitStatus{ExitStatus::Kind::signaled, 9};
  stage.publish(web);
  const auto printed = ask(stage, {"explain", "web"});
  CHECK(contains(printed.out, "What it prints is in /var/lib/heald/logs/web.log\n"));
  CHECK(contains(printed.out, "It last ended by itself: killed by signal 9.\n"));
}

TEST_CASE("explain reads as an account of why, what, why not and what next") {
  Stage stage;
  auto& web = stage.add("web", Health::unhealthy);
  web.state.activity = Activity::held;
  web.state.hold = {Guard::storm, "storm: 50% within 1m", "3 of 4 unhealthy", "the cool-down's end",
                    stage.clock.now() + std::chrono::minutes{3}};
  web.state.conditions.front().fails = 3;
  web.next = {"the storm's cool-down ends", stage.clock.now() + std::chrono::minutes{3}};
  stage.commands.inspection.guards = {web.state.hold,
                                      {Guard::budget, "5 per 10m", "5 spent", "one less", never}};
  stage.open_incident(web, "HTTP 503, expected 200-299");
  const auto printed = ask(stage, {"explain", "web"});
  CAPTURE(printed.out, printed.err);
  CHECK(printed.status == 0);
  CHECK(contains(printed.out, "web is unhealthy for "));
  CHECK(contains(printed.out, "answers: fail"));
  CHECK(contains(printed.out, "3 failures in a row of 3 needed; it said: HTTP 503"));
  CHECK(contains(printed.out, "Incident 1, open, began with: HTTP 503"));
  CHECK(contains(printed.out, "s  incident opened: HTTP 503, expected 200-299\n"));
  CHECK(contains(printed.out, "storm, by the rule: storm: 50% within 1m"));
  CHECK(contains(printed.out, "it saw: 3 of 4 unhealthy"));
  CHECK(contains(printed.out, "what would change it: the cool-down's end"));
  CHECK(contains(printed.out, "budget, by the rule: 5 per 10m"));
  CHECK(contains(printed.out, "the storm's cool-down ends, in "));
  CHECK(contains(printed.out, "Ladder: restart (0 of 3 attempts used)"));
}

TEST_CASE("explain of a healthy service says that nothing is amiss") {
  Stage stage;
  stage.add("web");
  const auto printed = ask(stage, {"explain", "web"});
  CHECK(contains(printed.out, "Nothing: there is no incident on record."));
  CHECK(contains(printed.out, "no guard stands in the way"));
  CHECK(json::parse(ask(stage, {"explain", "web", "-o", "json"}).out)["incident"] == nullptr);
}

TEST_CASE("events can be had of some kinds, of one incident, and of the last while only") {
  Stage stage;
  auto& web = stage.add("web", Health::unhealthy);
  stage.open_incident(web, "no answer");
  const auto lines = [&](const std::vector<std::string>& filter) {
    std::vector<std::string> arguments{"events"};
    arguments.insert(arguments.end(), filter.begin(), filter.end());
    const auto out = ask(stage, arguments).out;
    return std::count(out.begin(), out.end(), '\n');
  };
  const auto all = lines({});
  REQUIRE(all > 0);
  CHECK(lines({"--kind", "incident_opened"}) == 1);
  CHECK(lines({"--kind", "incident_opened,latched"}) == 1);
  CHECK(lines({"--kind", "latched"}) == 0);
  CHECK(lines({"--incident", "999"}) == 0);
  CHECK(lines({"--since", "1h"}) == all);
  const auto wrong = ask(stage, {"events", "--kind", "open"});
  CHECK(wrong.status == 1);
  CHECK(contains(wrong.err, "there is no kind 'open' of records"));
  CHECK(contains(ask(stage, {"incidents", "--since", "1h"}).out, "no answer"));
}

TEST_CASE("explain says of each line what it is known from, when asked why") {
  Stage stage;
  auto& web = stage.add("web", Health::unhealthy);
  stage.open_incident(web, "no answer");
  const auto plain = ask(stage, {"explain", "web"}).out;
  CHECK_FALSE(contains(plain, "from "));
  const auto out = ask(stage, {"explain", "web", "--why"}).out;
  CHECK(contains(out, "from its probe: heald probe web/answers"));
  CHECK(contains(out, "from the journal: heald incidents 1"));
  CHECK(contains(out, "from the engine, record "));
}

TEST_CASE("explain does not say that nothing stands in the way of what is paused") {
  Stage stage;
  auto& web = stage.add("web");
  web.state.pause = Pause{never, "alice", "maintenance"};
  stage.publish(web);
  CHECK(contains(ask(stage, {"explain", "web"}).out,
                 "Nothing was to be done; what is said above would hold it back."));
}

}  // namespace heald::test
