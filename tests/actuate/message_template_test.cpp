#include "actuate/message_template.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace heald;
using Json = nlohmann::json;

namespace {

constexpr const char* latched =
    R"({"service": "web", "occasion": "latched", "incident": 7, "message": "it is \"down\"",
        "owner": "", "labels": {"tier": "front"}, "reminder": false})";
constexpr const char* recovered = R"({"service": "web", "occasion": "recovered", "incident": 7})";

WebhookReceiver with_body(std::string body) {
  WebhookReceiver webhook;
  webhook.body = std::move(body);
  return webhook;
}

Json made(const WebhookReceiver& webhook, const std::string& message = latched) {
  const ReadSecret secret = [] { return Result<std::string>{Error{"nobody asked for it"}}; };
  return Json::parse(body_for(webhook, message, secret).value());
}

}  // namespace

TEST_CASE("a receiver without a template gets the message as it is") {
  CHECK(made({}) == Json::parse(latched));
}

TEST_CASE("placeholders in strings are filled in, however deep they stand") {
  const auto webhook =
      with_body(R"({"text": "${service}: ${message}", "blocks": [{"id": "${incident}!"}]})");
  CHECK(made(webhook) ==
        Json::parse(R"({"text": "web: it is \"down\"", "blocks": [{"id": "7!"}]})"));
}

TEST_CASE("a placeholder that stands alone becomes the value that it is") {
  const auto body = made(with_body(R"({"n": "${incident}", "labels": "${labels}",
                                       "flag": "${reminder}", "in": "x ${labels}"})"));
  CHECK(body["n"] == 7);
  CHECK(body["labels"] == Json{{"tier", "front"}});
  CHECK(body["flag"] == false);
  CHECK(body["in"] == R"(x {"tier":"front"})");
}

TEST_CASE("what a message does not have is null, nothing, or the default") {
  const auto body = made(with_body(
      R"({"a": "${rung}", "b": "rung ${rung}.", "c": "${rung:-none}", "d": "${owner:-nobody}"})"));
  CHECK(body == Json::parse(R"({"a": null, "b": "rung .", "c": "none", "d": "nobody"})"));
}

TEST_CASE("names within the body are filled in as well") {
  CHECK(made(with_body(R"({"${service}": {"incident ${incident}": "${incident}"}})")) ==
        Json::parse(R"({"web": {"incident 7": 7}})"));
}

TEST_CASE("an escaped secret is none") {
  CHECK_FALSE(body_has_secret(with_body(R"({"text": "$${secret}"})")));
  CHECK(body_has_secret(with_body(R"({"text": "$${x} ${secret:-none}"})")));
}

TEST_CASE("an escaped placeholder and other values stay") {
  CHECK(made(with_body(R"({"text": "$${service}", "n": 3, "no": null, "yes": true})")) ==
        Json::parse(R"({"text": "${service}", "n": 3, "no": null, "yes": true})"));
}

TEST_CASE("the end of an incident has a template of its own where one is given") {
  auto webhook = with_body(R"({"action": "trigger", "key": "heald-${incident}"})");
  CHECK(made(webhook, recovered)["action"] == "trigger");
  webhook.recovered_body = R"({"action": "resolve", "key": "heald-${incident}"})";
  CHECK(made(webhook, recovered) == Json{{"action", "resolve"}, {"key", "heald-7"}});
  CHECK(made(webhook)["action"] == "trigger");
}

TEST_CASE("the secret is asked for where it is used, and its error is the answer") {
  const auto webhook = with_body(R"({"key": "${secret}"})");
  CHECK(body_has_secret(webhook));
  CHECK_FALSE(body_has_secret(with_body(R"({"key": "${service}"})")));
  const auto good = body_for(webhook, latched, [] {
    return Result<std::string>{boost::system::in_place_value, "k"};
  });
  CHECK(good.value() == R"({"key":"k"})");
  const auto bad = body_for(webhook, latched, [] { return Result<std::string>{Error{"no file"}}; });
  CHECK(bad.error().message == "no file");
}

TEST_CASE("the environment of a program has what is a text, a number or a flag") {
  const auto environment = environment_of(latched);
  CHECK(environment.at("HEALD_SERVICE") == "web");
  CHECK(environment.at("HEALD_INCIDENT") == "7");
  CHECK(environment.at("HEALD_REMINDER") == "false");
  CHECK(environment.count("HEALD_LABELS") == 0);
  CHECK(environment_of(R"({"message": "a ${b} $${c}"})").at("HEALD_MESSAGE") == "a $${b} $$${c}");
}
