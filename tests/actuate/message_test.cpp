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
  return {name, kind, 10s};
}

ReceiverPolicy exec(const std::string& name, const std::string& script) {
  return {name, ExecReceiver{Stage::script(script)}, 10s};
}

TellCommand tell(std::vector<std::string> to) {
  TellCommand command;
  command.service = Stage::web;
  command.incident = IncidentId{7};
  command.occasion = Occasion::latched;
  command.to = std::move(to);
  command.text = "web is latched";
  return command;
}

}  // namespace

TEST_CASE("a notify action posts the incident to a webhook with its secret") {
  Stage stage;
  stage.receivers = {webhook("oncall", stage.state.write("secret", "s3cret\n"))};
  stage.policy.owner = "team-storefront";
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
  using Header = std::pair<std::string, std::string>;
  CHECK(std::count(request.headers.begin(), request.headers.end(),
                   Header{"Authorization", "Bearer s3cret"}) == 1);
  CHECK(std::count(request.headers.begin(), request.headers.end(),
                   Header{"Content-Type", "application/json"}) == 1);
}

TEST_CASE("a notify action gives the message to a command on standard input") {
  Stage stage;
  stage.receivers = {exec("pager", "cat > " + stage.state.file("message"))};
  stage.policy.notify.to = {"pager"};
  CHECK(stage.act(NotifyAction{}).result == ActionResult::done);
  CHECK(Json::parse(stage.state.read("message"))["message"] == "it is down");
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

TEST_CASE("a secret of several lines is not sent") {
  Stage stage;
  stage.receivers = {webhook("oncall", stage.state.write("secret", "one\r\nX-Evil: two\n"))};
  const auto report = stage.act(NotifyAction{{"oncall"}, {}});
  CHECK(report.result == ActionResult::failed);
  CHECK(stage.requests.empty());
}

TEST_CASE("a message is sent again until its receiver takes it") {
  Stage stage;
  stage.receivers = {webhook("oncall")};
  stage.replies = {{HttpReply::Kind::answered, 500, {}},
                   {HttpReply::Kind::timed_out, 0, "no answer"},
                   {HttpReply::Kind::answered, 200, {}}};
  stage.actuator->tell(tell({"oncall"}), stage.policy);
  CHECK(stage.requests.empty());
  stage.processes.until([&] { return stage.requests.size() == 3; });
  const auto body = Json::parse(stage.requests.back().body);
  CHECK(body["occasion"] == "latched");
  CHECK(body["incident"] == 7);
  CHECK(body["message"] == "web is latched");
  CHECK(stage.problems.empty());
}

TEST_CASE("a message that no attempt could deliver is said to be lost") {
  Stage stage;
  stage.receivers = {exec("pager", "exit 1")};
  stage.actuator->tell(tell({"pager"}), stage.policy);
  stage.processes.until([&] { return !stage.problems.empty(); });
  CHECK(stage.problems.front() ==
        "cannot tell pager about web: receiver pager exited with status 1");
}

TEST_CASE("a receiver that hangs delays neither actions nor other messages") {
  Stage stage;
  stage.receivers = {exec("slow", "sleep 1000"), webhook("oncall")};
  stage.actuator->tell(tell({"slow", "oncall"}), stage.policy);
  CHECK(stage.act(ExecAction{Stage::script("true")}).result == ActionResult::done);
  stage.processes.until([&] { return stage.requests.size() == 1; });
}

TEST_CASE("messages beyond what memory is kept for are said to be lost, not kept") {
  Stage stage;
  stage.receivers = {exec("slow", "sleep 1000")};
  for (int i = 0; i < 1030; ++i) stage.actuator->tell(tell({"slow"}), stage.policy);
  CHECK(stage.problems.size() == 6);
  stage.actuator.reset();
}
