// Telling people.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "actuate/stage.hpp"

using namespace heald;
using heald::test::Stage;
using Catch::Matchers::Contains;
using Json = nlohmann::json;

namespace {

ReceiverPolicy webhook(const std::string& name, const std::string& secret_file = {}) {
  WebhookReceiver kind;
  kind.request.url = "http://127.0.0.1:1/" + name;
  kind.secret_file = secret_file;
  return {name, kind, 10s, 1h};
}

ReceiverPolicy exec(const std::string& name, const std::string& script) {
  return {name, ExecReceiver{Stage::script(script)}, 10s, 1h};
}

Message message(std::uint64_t id, const std::string& receiver) {
  Message message;
  message.id = MessageId{id};
  message.receiver = receiver;
  message.service = "web";
  message.incident = IncidentId{7};
  message.occasion = Occasion::latched;
  message.told = Stage::now();
  message.body = "{\"id\": " + std::to_string(id) + "}";
  return message;
}

}  // namespace

TEST_CASE("a notify action posts the incident to a webhook with its secret") {
  Stage stage;
  stage.receivers = {webhook("oncall", stage.state.write("secret", "s3cret\n"))};
  stage.policy.owner = "team-storefront";
  stage.policy.runbook = "https://wiki.example/web";
  stage.policy.labels = {{"tier", "front"}};
  const auto report = stage.act(NotifyAction{{"oncall"}, "please look"});
  CHECK(report.result == ActionResult::done);
  CHECK(report.evidence == "receiver oncall: HTTP 200");
  REQUIRE(stage.requests.size() == 1);
  const auto& request = stage.requests.front();
  CHECK(request.method == "POST");
  const auto body = Json::parse(request.body);
  CHECK(body["service"] == "web");
  CHECK(body["message"] == "please look: it is down");
  CHECK(body["owner"] == "team-storefront");
  CHECK(body["severity"] == "page");
  CHECK(body["runbook"] == "https://wiki.example/web");
  CHECK(body["labels"]["tier"] == "front");
  using Header = std::pair<std::string, std::string>;
  CHECK(std::count(request.headers.begin(), request.headers.end(),
                   Header{"Authorization", "Bearer s3cret"}) == 1);
  CHECK(std::count(request.headers.begin(), request.headers.end(),
                   Header{"Content-Type", "application/json"}) == 1);
}

TEST_CASE("a notify action tells the incident that it is a rung of") {
  Stage stage;
  stage.receivers = {webhook("oncall")};
  stage.story.root = IncidentId{3};
  stage.story.attempts = {{"restart", 2}, {"notify", 1}};
  stage.story.last_verdict = Verdict::not_healed;
  stage.story.last_rung = "restart";
  stage.story.last_evidence = "'answers' still failed";
  stage.story.first_symptom = Stage::now() - 90s;
  CHECK(stage.act(NotifyAction{{"oncall"}, {}}).result == ActionResult::done);
  REQUIRE(stage.requests.size() == 1);
  const auto body = Json::parse(stage.requests.front().body);
  for (const auto& [field, value] : body.items()) {
    CAPTURE(field);
    CHECK(std::ranges::count(message_fields, field) == 1);
  }
  CHECK(body["occasion"] == "notify");
  CHECK(body["action_id"] == 1);
  CHECK(body["incident"] == 9);
  CHECK(body["explain"] == "heald explain 9");
  CHECK(body["root"] == 3);
  CHECK(body["symptom"] == "it is down");
  CHECK(body["attempts"]["restart"] == 2);
  CHECK(body["rung"] == "restart");
  CHECK(body["verdict"] == "not_healed");
  CHECK(body["evidence"] == "'answers' still failed");
  CHECK(body["since"] < body["told"]);
  CHECK(body["lasted_seconds"] >= 90.0);
}

TEST_CASE("a webhook's headers are filled in, what the message tells and the secret are not") {
  Stage stage;
  ::setenv("HEALD_TEST_TEAM", "front", 1);
  stage.receivers = {webhook("oncall", stage.state.write("secret", "a${HEALD_TEST_TEAM}"))};
  std::get<WebhookReceiver>(stage.receivers.front().kind).request.headers = {
      {"X-Team", "${HEALD_TEST_TEAM}"}};
  CHECK(stage.act(NotifyAction{{"oncall"}, "see ${HEALD_TEST_TEAM}"}).result ==
        ActionResult::done);
  REQUIRE(stage.requests.size() == 1);
  const auto& headers = stage.requests.front().headers;
  using Header = std::pair<std::string, std::string>;
  CHECK(std::count(headers.begin(), headers.end(), Header{"X-Team", "front"}) == 1);
  CHECK(std::count(headers.begin(), headers.end(),
                   Header{"Authorization", "Bearer a${HEALD_TEST_TEAM}"}) == 1);
  const auto body = Json::parse(stage.requests.front().body);
  CHECK(body["message"] == "see ${HEALD_TEST_TEAM}: it is down");
  ::unsetenv("HEALD_TEST_TEAM");
  CHECK(stage.act(NotifyAction{{"oncall"}, ""}).evidence ==
        "receiver oncall: header X-Team: the environment variable HEALD_TEST_TEAM is not set");
}

TEST_CASE("a notify action gives the message to a command on standard input") {
  Stage stage;
  stage.receivers = {exec("pager", "cat > " + stage.state.file("message"))};
  stage.policy.notify.to = {"pager"};
  CHECK(stage.act(NotifyAction{}).result == ActionResult::done);
  CHECK(Json::parse(stage.state.read("message"))["message"] == "it is down");
}

TEST_CASE("a command is told in its environment what the message is about") {
  Stage stage;
  stage.receivers = {exec("pager", R"(echo "$HEALD_SERVICE|$HEALD_MESSAGE|$HEALD_OWNER" > )" +
                                       stage.state.file("told"))};
  auto& pager = std::get<ExecReceiver>(stage.receivers.front().kind);
  pager.exec.environment.own()["HEALD_OWNER"] = "me";
  stage.policy.owner = "team";
  CHECK(stage.act(NotifyAction{{"pager"}, "see ${HOME} and $${x}"}).result ==
        ActionResult::done);
  CHECK(stage.state.read("told") == "web|see ${HOME} and $${x}: it is down|me\n");
}

TEST_CASE("a URL out of a file is asked, and told to nobody") {
  Stage stage;
  stage.receivers = {webhook("oncall")};
  auto& kind = std::get<WebhookReceiver>(stage.receivers.front().kind);
  kind.url_file = stage.state.write("url", "http://127.0.0.1:1/s3cret\n");
  stage.replies = {{HttpReply::Kind::failed, 0, "cannot use http://127.0.0.1:1/s3cret: oh"}};
  const auto report = stage.act(NotifyAction{{"oncall"}, "look"});
  REQUIRE(stage.requests.size() == 1);
  CHECK(stage.requests.front().url == "http://127.0.0.1:1/s3cret");
  CHECK_THAT(report.evidence, Contains("cannot use what is in its url_file: oh"));
  CHECK_THAT(report.evidence, !Contains("s3cret"));
}

TEST_CASE("a webhook with a body gets that, and the secret where it says") {
  Stage stage;
  stage.receivers = {webhook("oncall", stage.state.write("secret", "k3y\n"))};
  auto& kind = std::get<WebhookReceiver>(stage.receivers.front().kind);
  kind.body = R"({"routing_key": "${secret}", "summary": "${service}: ${message}"})";
  CHECK(stage.act(NotifyAction{{"oncall"}, "look"}).result == ActionResult::done);
  REQUIRE(stage.requests.size() == 1);
  const auto& request = stage.requests.front();
  CHECK(Json::parse(request.body) ==
        Json{{"routing_key", "k3y"}, {"summary", "web: look: it is down"}});
  CHECK(std::ranges::none_of(request.headers, [](const auto& header) {
    return header.first == "Authorization";
  }));
}

TEST_CASE("a notify action fails when one of its receivers does, and says which") {
  Stage stage;
  stage.receivers = {webhook("oncall"), exec("pager", "echo no line; exit 1"),
                     webhook("locked", stage.state.file("no-such-secret"))};
  const auto report = stage.act(NotifyAction{{"oncall", "pager", "locked", "gone"}, {}});
  CHECK(report.result == ActionResult::failed);
  CHECK_THAT(report.evidence, Contains("receiver oncall: HTTP 200"));
  CHECK_THAT(report.evidence, Contains("receiver pager exited with status 1: no line"));
  CHECK_THAT(report.evidence, Contains("no-such-secret: No such file or directory"));
  CHECK_THAT(report.evidence, Contains("receiver gone does not exist"));
}

TEST_CASE("a notify action without receivers is unsupported") {
  Stage stage;
  CHECK(stage.act(NotifyAction{}).result == ActionResult::unsupported);
}

TEST_CASE("a secret that is too long to be read whole is not sent") {
  Stage stage;
  stage.receivers = {webhook("oncall", stage.state.write("secret", std::string(5000, 'x')))};
  const auto report = stage.act(NotifyAction{{"oncall"}, {}});
  CHECK(report.result == ActionResult::failed);
  CHECK_THAT(report.evidence, Contains("too long"));
  CHECK(stage.requests.empty());
}

TEST_CASE("a secret of several lines is not sent") {
  Stage stage;
  stage.receivers = {webhook("oncall", stage.state.write("secret", "one\r\nX-Evil: two\n"))};
  const auto report = stage.act(NotifyAction{{"oncall"}, {}});
  CHECK(report.result == ActionResult::failed);
  CHECK(stage.requests.empty());
}

TEST_CASE("a message says what it is about, and who is to care") {
  Stage stage;
  stage.policy.owner = "team-storefront";
  stage.policy.runbook = "https://wiki.example/web";
  stage.policy.labels = {{"tier", "front"}};
  TellCommand news;
  news.text = "it is down";
  news.policy = std::make_shared<const ServicePolicy>(stage.policy);
  news.story.id = IncidentId{7};
  news.story.attempts = {{"restart", 2}};
  news.story.last_verdict = Verdict::not_healed;
  news.story.last_rung = "restart";
  news.story.last_evidence = "'answers' still failed";
  news.sick_dependents = {"shop"};
  Message latched = message(3, "oncall");
  news.story.first_symptom = latched.told - 90s;
  const auto wall_of = [&](Instant at) {
    using std::chrono::milliseconds;
    return WallTime{std::chrono::duration_cast<milliseconds>(at - latched.told) + 100s};
  };
  const auto body = Json::parse(LiveActuator::message_body(latched, news, wall_of));
  CHECK(body["since"] == "1970-01-01T00:00:10.000Z");
  CHECK(body["told"] == "1970-01-01T00:01:40.000Z");
  for (const auto& [field, value] : body.items()) {
    CAPTURE(field);
    CHECK(std::ranges::count(message_fields, field) == 1);
  }
  CHECK(body["group"] == "all");
  CHECK(body["lasted_seconds"] == 90.0);
  CHECK(body["attempts"]["restart"] == 2);
  CHECK(body["rung"] == "restart");
  CHECK(body["action"] == "restart");
  CHECK(body["verdict"] == "not_healed");
  CHECK(body["evidence"] == "'answers' still failed");
  CHECK(body["sick_dependents"] == Json::array({"shop"}));
  CHECK(body["explain"] == "heald explain 7");
  CHECK_FALSE(body.contains("ended"));
  CHECK(body["id"] == 3);
  CHECK(body["occasion"] == "latched");
  CHECK(body["incident"] == 7);
  CHECK(body["reminder"] == false);
  CHECK(body["message"] == "it is down");
  CHECK(body["owner"] == "team-storefront");
  CHECK(body["runbook"] == "https://wiki.example/web");
  CHECK(body["labels"]["tier"] == "front");
}

TEST_CASE("a message is sent again until its receiver takes it") {
  Stage stage;
  stage.receivers = {webhook("oncall")};
  stage.replies = {{HttpReply::Kind::answered, 500, {}},
                   {HttpReply::Kind::answered, 429, {}},
                   {HttpReply::Kind::timed_out, 0, "no answer"},
                   {HttpReply::Kind::answered, 200, {}}};
  stage.actuator->send({message(1, "oncall")});
  CHECK(stage.requests.empty());
  stage.processes.until([&] { return !stage.ended.empty(); });
  CHECK(stage.requests.size() == 4);
  CHECK(stage.requests.back().body == stage.requests.front().body);
  CHECK(stage.ended.front().second ==
        MessageOutcome{MessageId{1}, MessageEnd::delivered, 4, ""});
}

TEST_CASE("while a receiver fails, its trouble is told with the reason") {
  Stage stage;
  stage.receivers = {exec("pager", "test -e " + stage.state.file("up") + " || exit 1")};
  stage.actuator->send({message(1, "pager")});
  stage.processes.until([&] { return !stage.troubled.empty(); });
  const auto trouble = stage.troubled.front();
  CHECK(trouble.receiver == "pager");
  CHECK(trouble.waiting == 1);
  CHECK(trouble.problem == "receiver pager exited with status 1");
  CHECK(stage.ended.empty());
  stage.state.write("up", "");
  stage.processes.until([&] { return !stage.ended.empty(); });
  CHECK(stage.ended.front().second.end == MessageEnd::delivered);
  CHECK(stage.troubled.empty());
}

TEST_CASE("what a receiver refuses is not sent again") {
  Stage stage;
  stage.receivers = {webhook("oncall")};
  stage.replies = {{HttpReply::Kind::answered, 403, {}}};
  stage.actuator->send({message(1, "oncall"), message(2, "oncall")});
  stage.processes.until([&] { return stage.ended.size() == 2; });
  CHECK(stage.ended.front().second ==
        MessageOutcome{MessageId{1}, MessageEnd::refused, 1,
                       "receiver oncall: HTTP 403, expected 200-299"});
  CHECK(stage.ended.back().second.end == MessageEnd::delivered);
}

TEST_CASE("a receiver that hangs delays neither actions nor other messages") {
  Stage stage;
  stage.receivers = {exec("slow", "sleep 1000"), webhook("oncall")};
  stage.actuator->send({message(1, "slow"), message(2, "oncall")});
  CHECK(stage.act(ExecAction{Stage::script("true")}).result == ActionResult::done);
  stage.processes.until([&] { return stage.requests.size() == 1; });
}
