#include "probe/body_check.hpp"

#include <catch2/catch.hpp>

using namespace heald;

namespace {

std::shared_ptr<const BodyCheck> compiled(const BodyAssertion& assertion) {
  const auto check = BodyCheck::compile(assertion);
  REQUIRE(check.has_value());
  return *check;
}

std::string json_complaint(const std::string& pointer, const std::string& equals,
                           std::string_view body) {
  BodyAssertion assertion;
  assertion.json = BodyAssertion::JsonEquals{pointer, equals};
  return compiled(assertion)->complaint(body).value_or("");
}

}  // namespace

TEST_CASE("a body contains a text or the complaint shows it") {
  BodyAssertion assertion;
  assertion.contains = "ok";
  const auto check = compiled(assertion);
  CHECK_FALSE(check->complaint("it is ok"));
  CHECK(check->complaint("it is not") == "body does not contain \"ok\"");
}

TEST_CASE("a regular expression may match anywhere") {
  BodyAssertion assertion;
  assertion.matches = "version [0-9]+";
  const auto check = compiled(assertion);
  CHECK_FALSE(check->complaint("this is version 12, really"));
  CHECK(check->complaint("no version") == "body does not match \"version [0-9]+\"");
  CHECK(check->complaint("\xff\xfe"));
}

TEST_CASE("every assertion given must hold") {
  BodyAssertion assertion;
  assertion.contains = "status";
  assertion.matches = "up";
  assertion.json = BodyAssertion::JsonEquals{"/status", "\"up\""};
  const auto check = compiled(assertion);
  CHECK_FALSE(check->complaint(R"({"status": "up"})"));
  CHECK(check->complaint(R"({"state": "up"})"));
  CHECK(check->complaint(R"({"status": "down"})"));
  CHECK(check->complaint(R"({"status": "not up"})"));
}

TEST_CASE("values of JSON are compared, not their spelling") {
  CHECK(json_complaint("/a/0/b", R"({"x": 1, "y": [2]})",
                       R"({"a": [{"b": {"y" : [ 2 ], "x":1.0}}]})")
            .empty());
  CHECK(json_complaint("", "3", " 3\n").empty());
  CHECK(json_complaint("/a~1b", "true", R"({"a/b": true})").empty());
}

TEST_CASE("a JSON value that is another, missing or no JSON is told apart") {
  CHECK(json_complaint("/status", "\"ok\"", R"({"status": "down"})") ==
        "the body's /status is \"down\", expected \"ok\"");
  CHECK(json_complaint("/status", "\"ok\"", "{}") ==
        "the body's /status is missing, expected \"ok\"");
  CHECK(json_complaint("/status/deep", "1", R"({"status": 3})") ==
        "the body's /status/deep is missing, expected 1");
  CHECK(json_complaint("/list/x", "1", R"({"list": [1]})") ==
        "the body's /list/x is missing, expected 1");
  CHECK(json_complaint("/list/9", "1", R"({"list": [1]})") ==
        "the body's /list/9 is missing, expected 1");
  CHECK(json_complaint("/status", "1", "<html>") == "body is not JSON");
  CHECK(json_complaint("/status", "1", "") == "body is not JSON");
}

TEST_CASE("JSON that is nested without end neither overflows nor throws") {
  const std::string deep(1U << 20U, '[');
  CHECK(json_complaint("/status", "1", deep) == "body is not JSON");
  const std::string closed = std::string(1U << 19U, '[') + std::string(1U << 19U, ']');
  CHECK(json_complaint("/status", "1", closed) == "the body's /status is missing, expected 1");
  CHECK(json_complaint("", "1", closed) == "the body is nested too deeply to show, expected 1");
}

TEST_CASE("rules that cannot be read are refused") {
  BodyAssertion regex;
  regex.matches = "(";
  CHECK(BodyCheck::compile(regex).has_error());
  BodyAssertion pointer;
  pointer.json = BodyAssertion::JsonEquals{"no-slash", "1"};
  CHECK(BodyCheck::compile(pointer).has_error());
  BodyAssertion value;
  value.json = BodyAssertion::JsonEquals{"/a", "ok"};
  CHECK(BodyCheck::compile(value).has_error());
}
