#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "api/stage.hpp"
#include "api/wire.hpp"

namespace heald::test {

namespace {

using nlohmann::json;

Wire api_of(const Stage& stage) {
  auto wire = Wire::unix_socket(stage.socket());
  REQUIRE(wire);
  return std::move(*wire);
}

json get(const Stage& stage, const std::string& target, int status = 200) {
  const auto reply = api_of(stage).get(target);
  CHECK(reply.status == status);
  CHECK(reply.headers.at("content-type") == "application/json");
  return json::parse(reply.body);
}

json post(const Stage& stage, const std::string& target, const std::string& body, int status) {
  const auto reply = api_of(stage).post(target, body);
  CHECK(reply.status == status);
  return json::parse(reply.body);
}

std::vector<std::string> names(const json& shape) {
  std::vector<std::string> all;
  for (const auto& one : shape["services"]) all.push_back(one["name"]);
  return all;
}

}  // namespace

TEST_CASE("status lists the services with a summary") {
  Stage stage;
  stage.add("web");
  auto& redis = stage.add("redis", Health::unhealthy);
  redis.state.pid = 42;
  redis.state.running = true;
  stage.open_incident(redis, "no answer");
  auto& batch = stage.add("batch", Health::unknown);
  batch.state.desired = Desired::stopped;
  stage.publish(batch);
  const auto shape = get(stage, "/v1/status");
  CHECK(shape["summary"]["services"] == 3);
  CHECK(shape["summary"]["healthy"] == 1);
  CHECK(shape["summary"]["unhealthy"] == 1);
  CHECK(shape["summary"]["stopped"] == 1);
  CHECK(shape["summary"]["lacking_health"] == 1);
  CHECK(shape["summary"]["incidents_open"] == 1);
  CHECK(shape["daemon"]["ready"] == true);
  CHECK(shape["daemon"]["version"] == "1.2.3");
  CHECK(shape["next_after"] == nullptr);
  const auto& row = shape["services"][1];
  CHECK(row["name"] == "redis");
  CHECK(row["health"] == "unhealthy");
  CHECK(row["pid"] == 42);
  CHECK(row["lacks_health"] == true);
  CHECK(row["incident_id"] == 2);
  CHECK(row["reason"] == "answers: no answer");
  CHECK(row["severity"] == "page");
  CHECK(row["owner"] == "");
  CHECK(row["labels"] == nlohmann::json::object());
  CHECK(shape["services"][2]["lacks_health"] == false);
}

TEST_CASE("status says of each service whose it is, how urgent, and its labels") {
  Stage stage;
  ServicePage& page = stage.add("web");
  ServicePolicy policy = *page.policy;
  policy.owner = "team-front";
  policy.severity = Severity::ticket;
  policy.labels = {{"tier", "front"}};
  page.policy = std::make_shared<ServicePolicy>(policy);
  stage.publish(page);
  for (const auto& row : {get(stage, "/v1/status")["services"][0],
                          get(stage, "/v1/services/web")}) {
    CHECK(row["owner"] == "team-front");
    CHECK(row["severity"] == "ticket");
    CHECK(row["labels"]["tier"] == "front");
  }
}

TEST_CASE("status can be filtered and read in pages") {
  Stage stage;
  for (const auto* name : {"a", "b", "c"}) stage.add(name);
  stage.add("d", Health::unhealthy);
  CHECK(names(get(stage, "/v1/status?service=b")) == std::vector<std::string>{"b"});
  CHECK(names(get(stage, "/v1/status?state=unhealthy")) == std::vector<std::string>{"d"});
  const auto first = get(stage, "/v1/status?limit=2");
  CHECK(names(first) == std::vector<std::string>{"a", "b"});
  const auto next = std::to_string(first["next_after"].get<int>());
  const auto second = get(stage, "/v1/status?limit=2&after=" + next);
  CHECK(names(second) == std::vector<std::string>{"c", "d"});
  CHECK(second["next_after"] == nullptr);
}

TEST_CASE("wrong questions are answered with what is wrong") {
  Stage stage;
  stage.add("web");
  CHECK(get(stage, "/v1/status?limit=0", 400)["error"] ==
        "'limit' has to be a number from 1 to 1000");
  CHECK(get(stage, "/v1/status?limt=1", 400)["error"] == "there is no parameter 'limt' here");
  CHECK(get(stage, "/v1/status?state=ill", 400)["error"] == "there is no such state");
  CHECK(get(stage, "/v1/status?service=mysql", 404)["error"] == "there is no service 'mysql'");
  CHECK(get(stage, "/v1/services/mysql", 404)["error"] == "there is no service 'mysql'");
  CHECK(get(stage, "/v1/services/web/jump", 404).contains("error"));
  CHECK(get(stage, "/v1/services/web/stop", 405).contains("error"));
  CHECK(get(stage, "/v1/confirm", 405).contains("error"));
  CHECK(get(stage, "/v2/status", 404).contains("error"));
  CHECK(get(stage, "/", 404).contains("error"));
  CHECK(get(stage, "/v1/incidents/one", 400).contains("error"));
  CHECK(get(stage, "/v1/incidents/7", 404)["error"] == "there is no incident 7");
  CHECK(get(stage, "/v1/incidents?open=maybe", 400)["error"] == "'open' has to be true or false");
  CHECK(get(stage, "/v1/events?wait=31", 400).contains("error"));
  CHECK(post(stage, "/v1/status", "{}", 405).contains("error"));
}

TEST_CASE("a service is told in detail") {
  Stage stage;
  auto& page = stage.add("web", Health::unhealthy);
  page.state.activity = Activity::verifying;
  page.state.action.emplace();
  page.state.action->kind = ActionKind::restart;
  page.state.action->intended = stage.clock.now();
  page.state.last_exit = ExitStatus{ExitStatus::Kind::signaled, 9, false};
  page.next = {"the verification ends", stage.clock.now() + std::chrono::seconds{10}};
  stage.publish(page);
  const auto shape = get(stage, "/v1/services/web");
  CHECK(shape["activity"] == "verifying");
  CHECK(shape["action"]["action"] == "restart");
  CHECK(shape["action"]["result"] == nullptr);
  CHECK(shape["last_exit"]["text"] == "killed by signal 9");
  CHECK(shape["conditions"][0]["name"] == "answers");
  CHECK(shape["conditions"][0]["failure_threshold"] == 3);
  CHECK(shape["probes"][0]["outcome"] == nullptr);
  CHECK(shape["next"]["what"] == "the verification ends");
  CHECK(shape["next"]["when"].get<std::string>().size() == 24);
}

TEST_CASE("explain adds the ladder, the guards as the engine sees them and the timeline") {
  Stage stage;
  auto& page = stage.add("web", Health::unhealthy);
  stage.open_incident(page, "HTTP 503");
  stage.commands.inspection.guards = {{Guard::budget, "5 per 10m", "5 spent", "one less", never}};
  const auto shape = get(stage, "/v1/services/web/explain");
  CHECK(shape["service"]["name"] == "web");
  CHECK(shape["ladder"][0]["rung"] == "restart");
  CHECK(shape["ladder"][0]["attempts"] == 3);
  CHECK(shape["guards"][0]["guard"] == "budget");
  CHECK(shape["guards"][0]["until"] == nullptr);
  CHECK(shape["incident"]["symptom"] == "HTTP 503");
  CHECK(shape["timeline"][0]["kind"] == "incident_opened");
}

TEST_CASE("explain tells the incident from its beginning to its end") {
  Stage stage;
  auto& page = stage.add("web", Health::unhealthy);
  stage.open_incident(page, "HTTP 503");
  Record verdict;
  verdict.kind = RecordKind::verdict;
  verdict.incident = IncidentId{1};
  stage.journal_record(page, verdict);
  stage.close_incident(page);
  const auto shape = get(stage, "/v1/services/web/explain");
  REQUIRE(shape["timeline"].size() == 3);
  CHECK(shape["timeline"][0]["kind"] == "incident_opened");
  CHECK(shape["timeline"][1]["kind"] == "verdict");
  CHECK(shape["timeline"][2]["kind"] == "incident_closed");
}

TEST_CASE("explain of a strand that stands still ends with an error") {
  StageOptions options;
  options.answer = std::chrono::milliseconds{20};
  Stage stage{options};
  stage.add("web");
  stage.commands.mode = ScriptedPort::Mode::keeps;
  CHECK(get(stage, "/v1/services/web/explain", 503)["error"] ==
        "the control strand does not answer");
  stage.commands.release();  // the late answer finds nobody, and harms nothing
  CHECK(get(stage, "/v1/services/web").contains("name"));
}

TEST_CASE("an operator's word arrives with who and why, and tells where its effects begin") {
  Stage stage;
  const auto& web = stage.add("web");
  stage.journal_record(web, {});
  stage.commands.mode = ScriptedPort::Mode::answers_later;
  const auto shape =
      post(stage, "/v1/services/web/stop", R"({"reason":"upgrade","dependents":"include"})", 202);
  CHECK(shape["accepted"] == true);
  CHECK(shape["after"] == get(stage, "/v1/events")["latest"]);
  const auto operations = stage.commands.operations();
  REQUIRE(operations.size() == 1);
  CHECK(operations[0].operation == Operation::stop);
  CHECK(operations[0].service == ServiceId{0});
  CHECK(operations[0].dependents == Operated::Dependents::include);
  CHECK(operations[0].reason == "upgrade");
  CHECK(operations[0].by.find("uid " + std::to_string(::geteuid())) != std::string::npos);
}

TEST_CASE("each word reaches the engine as itself") {
  Stage stage;
  stage.add("web");
  post(stage, "/v1/services/web/start", "", 202);
  post(stage, "/v1/services/web/restart", "{}", 202);
  post(stage, "/v1/confirm", "{}", 202);
  const auto operations = stage.commands.operations();
  REQUIRE(operations.size() == 3);
  CHECK(operations[0].operation == Operation::start);
  CHECK(operations[0].dependents == Operated::Dependents::refuse);
  CHECK(operations[1].operation == Operation::restart);
  CHECK(operations[2].operation == Operation::confirm);
  CHECK_FALSE(operations[2].service);
}

TEST_CASE("a refusal is a conflict with its reason") {
  Stage stage;
  stage.add("redis");
  stage.commands.refusal = "web depends on it";
  CHECK(post(stage, "/v1/services/redis/stop", "", 409)["error"] == "web depends on it");
}

TEST_CASE("a command that is not understood is not passed on") {
  Stage stage;
  stage.add("web");
  for (const auto* body : {"[", "[]", R"({"reason":1})", R"({"resaon":""})",
                           R"({"dependents":"some"})"}) {
    CAPTURE(body);
    CHECK(post(stage, "/v1/services/web/stop", body, 400).contains("error"));
  }
  CHECK(post(stage, "/v1/services/mysql/stop", "", 404).contains("error"));
  CHECK(stage.commands.operations().empty());
}

TEST_CASE("evidence goes out in ASCII, whatever bytes it has") {
  Stage stage;
  auto& page = stage.add("web", Health::unhealthy);
  page.state.conditions.front().evidence = "caf\xc3\xa9 \xff \x1b[2J \xc2\x9b";
  stage.publish(page);
  const auto body = api_of(stage).get("/v1/services/web").body;
  for (const char c : body) CHECK((c == '\n' || (c >= 0x20 && c < 0x7f)));
  CHECK(json::parse(body)["conditions"][0]["evidence"] ==
        "caf\xc3\xa9 \xef\xbf\xbd \x1b[2J \xc2\x9b");
}

TEST_CASE("a reload is answered with the revision that is in force") {
  Stage stage;
  stage.rules.reloaded.revision = "r2";
  stage.rules.reloaded.remarks = {"state_dir changes with the next start only"};
  const auto shape = post(stage, "/v1/reload", "", 200);
  CHECK(shape["revision"] == "r2");
  CHECK(shape["remarks"] == json{"state_dir changes with the next start only"});
  CHECK(stage.rules.asked_by.find("uid") != std::string::npos);
}

TEST_CASE("the mistakes of a refused file come back to whoever asked") {
  Stage stage;
  stage.rules.reloaded.mistakes = {{"heald.yaml", 3, 5, "there is no key 'prcoess'"},
                                   {"other.yaml", 0, 0, "cannot be read"}};
  const auto shape = post(stage, "/v1/reload", "", 422);
  CHECK(shape["error"] == "the rules are wrong");
  REQUIRE(shape["problems"].size() == 2);
  CHECK(shape["problems"][0] == json{{"file", "heald.yaml"},
                                     {"line", 3},
                                     {"column", 5},
                                     {"message", "there is no key 'prcoess'"}});
}

TEST_CASE("a reload is refused with its reason, and told apart from silence") {
  StageOptions options;
  options.answer = std::chrono::milliseconds{5};
  Stage stage{options};
  stage.rules.reloaded.refusal = "heald is ending";
  CHECK(post(stage, "/v1/reload", "", 409)["error"] == "heald is ending");
  CHECK(post(stage, "/v1/reload", "{}", 400)["error"] == "a reload has no body");
  CHECK(get(stage, "/v1/reload", 405)["error"] == "only POST is understood here");
  stage.rules.silent = true;
  post(stage, "/v1/reload", "", 503);
}

TEST_CASE("a plan is passed on, for the daemon's own file or another one") {
  Stage stage;
  stage.rules.planned.json = "{\"untouched\":3}\n";
  CHECK(post(stage, "/v1/plan", "", 200)["untouched"] == 3);
  CHECK(stage.rules.asked_for.empty());
  post(stage, "/v1/plan", R"({"file":"/etc/new.yaml"})", 200);
  CHECK(stage.rules.asked_for == "/etc/new.yaml");
  for (const char* body : {"[]", "{}", R"({"file":3})", R"({"file":"new.yaml"})",
                           R"({"file":"/a","more":1})"}) {
    post(stage, "/v1/plan", body, 400);
  }
  stage.rules.planned.mistakes = {{"/etc/new.yaml", 1, 2, "wrong"}};
  CHECK(post(stage, "/v1/plan", "", 422)["problems"][0]["column"] == 2);
  stage.rules.planned.mistakes.clear();
  stage.rules.planned.refusal = "heald is ending";
  CHECK(post(stage, "/v1/plan", "", 409)["error"] == "heald is ending");
}

TEST_CASE("a pause takes a time, a word of action dependents, and neither the other's") {
  Stage stage;
  stage.add("web");
  post(stage, "/v1/services/web/pause", R"({"for_seconds":1.5,"reason":"disk"})", 202);
  post(stage, "/v1/freeze", R"({"for_seconds":60})", 202);
  post(stage, "/v1/services/web/resume", "{}", 202);
  post(stage, "/v1/thaw", "", 202);
  const auto words = stage.commands.operations();
  REQUIRE(words.size() == 4);
  CHECK(words[0].lasting == std::chrono::milliseconds{1500});
  CHECK(words[0].reason == "disk");
  CHECK(words[1].lasting == std::chrono::minutes{1});
  for (const char* body :
       {R"({"for_seconds":0})", R"({"for_seconds":-1})", R"({"for_seconds":"1h"})",
        R"({"for_seconds":1e300})", R"({"dependents":"include"})", R"({"reason":1})"}) {
    post(stage, "/v1/services/web/pause", body, 400);
    post(stage, "/v1/freeze", body, 400);
  }
  post(stage, "/v1/services/web/stop", R"({"for_seconds":60})", 400);
  post(stage, "/v1/services/web/resume", R"({"for_seconds":60})", 400);
  post(stage, "/v1/thaw", R"({"for_seconds":60})", 400);
  get(stage, "/v1/freeze", 405);
  CHECK(stage.commands.operations().size() == 4);
}

TEST_CASE("a look on demand goes to the named probe and comes back beside its condition") {
  Stage stage;
  auto& web = stage.add("web");
  ProbeOrder asked;
  stage.on_examine = [&](const ProbeOrder& order) {
    asked = order;
    Examination seen;
    seen.service = "web";
    seen.probe = "answers";
    seen.kind = "http";
    seen.took = std::chrono::milliseconds{250};
    seen.phases = {{"connected", std::chrono::milliseconds{1}, "127.0.0.1:80"}};
    seen.checks = {{"status", "200", "503", false}};
    seen.outcome = Outcome::fail;
    seen.evidence = "HTTP 503, expected 200";
    return seen;
  };
  const auto shape = post(stage, "/v1/services/web/probes/answers", "", 200);
  CHECK(asked.service == web.id);
  CHECK(asked.probe == ProbeIndex{0});
  CHECK(shape["outcome"] == "fail");
  CHECK(shape["took_seconds"] == 0.25);
  CHECK(shape["phases"][0]["phase"] == "connected");
  CHECK(shape["checks"][0]["held"] == false);
  CHECK(shape["condition"]["name"] == "answers");
}

TEST_CASE("a look on demand that cannot be taken is answered with why") {
  StageOptions options;
  options.answer = std::chrono::milliseconds{50};
  Stage stage{options};
  auto& web = stage.add("web");
  auto policy = *web.policy;
  policy.probes[0].timeout = std::chrono::milliseconds{1};
  web.policy = std::make_shared<const ServicePolicy>(policy);
  stage.publish(web);
  CHECK(post(stage, "/v1/services/web/probes/answers", "", 503)["error"] ==
        "the look did not come to an end");
  CHECK(post(stage, "/v1/services/web/probes/nothing", "", 404)["error"] ==
        "there is no probe 'nothing' of 'web'");
  CHECK(post(stage, "/v1/services/web/probes/answers", "{}", 400)["error"] ==
        "a look takes no body");
  get(stage, "/v1/services/web/probes/answers", 405);
}

TEST_CASE("what a service printed is answered with its times, and followed") {
  Stage stage;
  auto& web = stage.add("web");
  auto policy = *web.policy;
  policy.runtime = ProcessRuntime{};
  web.policy = std::make_shared<const ServicePolicy>(policy);
  stage.publish(web);
  stage.daemon.logs = stage.folder.path();
  stage.publish(stage.daemon);
  static_cast<void>(stage.folder.write("web.log", "one\ntwo\nthr"));
  const auto last = get(stage, "/v1/services/web/logs?lines=2");
  CHECK(last["lines"][0]["text"] == "two");
  CHECK(last["lines"][0]["position"] == 4);
  CHECK(last["lines"][0]["at"] == nullptr);
  CHECK(last["lines"][1]["whole"] == false);
  CHECK(last["next"] == 8);
  CHECK(get(stage, "/v1/services/web/logs?after=8&wait=0")["lines"].empty());
  static_cast<void>(stage.folder.write("web.log", "one\ntwo\nthree\n"));
  const auto next = get(stage, "/v1/services/web/logs?after=8&wait=20");
  CHECK(next["lines"][0]["text"] == "three");
  CHECK(next["next"] == 14);
  get(stage, "/v1/services/web/logs?lines=x", 400);
}

TEST_CASE("a service whose output is elsewhere says where") {
  Stage stage;
  auto& web = stage.add("web");
  const auto says = [&](const Runtime& runtime) {
    auto policy = *web.policy;
    policy.runtime = runtime;
    web.policy = std::make_shared<const ServicePolicy>(policy);
    stage.publish(web);
    return get(stage, "/v1/services/web/logs", 409)["error"].get<std::string>();
  };
  ProcessRuntime process;
  CHECK(says(ExternalRuntime{}) == "'web' is external: whoever runs it has its output");
  CHECK(says(process) == "'web' prints to heald's own output");  // there is no folder
  process.output = Output::journald;
  CHECK(says(process) == "'web' prints to systemd's journal: journalctl -t web");
}

}  // namespace heald::test
