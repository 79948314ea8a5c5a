// Questions about the past, and those who follow what comes.

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "api/api_handler.hpp"
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

json get(const Stage& stage, const std::string& target) {
  const auto reply = api_of(stage).get(target);
  CHECK(reply.status == 200);
  return json::parse(reply.body);
}

}  // namespace

TEST_CASE("incidents are listed, and one is told with its timeline") {
  Stage stage;
  auto& web = stage.add("web", Health::unhealthy);
  auto& redis = stage.add("redis", Health::unhealthy);
  stage.open_incident(web, "HTTP 503");
  stage.open_incident(redis, "refused");
  const auto list = get(stage, "/v1/incidents");
  REQUIRE(list["incidents"].size() == 2);
  CHECK(list["incidents"][0]["service"] == "redis");
  CHECK(list["incidents"][0]["closed"] == nullptr);
  CHECK(get(stage, "/v1/incidents?service=web")["incidents"].size() == 1);
  const auto page = get(stage, "/v1/incidents?limit=1");
  CHECK(page["next_before"] == 2);
  CHECK(get(stage, "/v1/incidents?limit=1&before=2")["incidents"][0]["service"] == "web");
  const auto one = get(stage, "/v1/incidents/1");
  CHECK(one["incident"]["symptom"] == "HTTP 503");
  CHECK(one["timeline"].size() == 1);
}

TEST_CASE("events come from the end, or after a sequence") {
  Stage stage;
  const auto& web = stage.add("web");
  for (const auto* text : {"one", "two", "three"}) {
    Record record;
    record.kind = RecordKind::health_changed;
    record.text = text;
    stage.journal_record(web, record);
  }
  const auto end = get(stage, "/v1/events?limit=2");
  REQUIRE(end["events"].size() == 2);
  CHECK(end["events"][0]["text"] == "two");
  CHECK(end["events"][1]["text"] == "three");
  CHECK(end["latest"] == end["events"][1]["sequence"]);
  const auto after = std::to_string(end["events"][0]["sequence"].get<int>());
  CHECK(get(stage, "/v1/events?after=" + after)["events"].size() == 1);
  CHECK(get(stage, "/v1/events?service=redis")["events"].empty());
  CHECK(get(stage, "/v1/events?after=0&limit=1")["events"][0]["text"] == "one");
}

TEST_CASE("a follower gets what happens while it waits") {
  Stage stage;
  const auto& web = stage.add("web");
  const auto wire = api_of(stage);
  REQUIRE(wire.send("GET /v1/events?after=0&wait=30 HTTP/1.1\r\nHost: h\r\n\r\n"));
  // Answered on the same thread after the follower was taken in: the follower is waiting by now.
  (void)get(stage, "/v1/status");
  Record record;
  record.kind = RecordKind::latched;
  stage.journal_record(web, record);
  const auto shape = json::parse(wire.reply().body);
  CHECK(shape["events"][0]["kind"] == "latched");
}

TEST_CASE("incidents that are over can be left out") {
  Stage stage;
  auto& web = stage.add("web", Health::unhealthy);
  auto& redis = stage.add("redis", Health::unhealthy);
  stage.open_incident(web, "HTTP 503");
  stage.open_incident(redis, "refused");
  stage.close_incident(redis);
  CHECK(get(stage, "/v1/incidents")["incidents"].size() == 2);
  CHECK(get(stage, "/v1/incidents?open=false")["incidents"].size() == 2);
  const auto open = get(stage, "/v1/incidents?open=true");
  REQUIRE(open["incidents"].size() == 1);
  CHECK(open["incidents"][0]["service"] == "web");
}

TEST_CASE("a follower that hung up is looked for no more, whatever happens later") {
  Stage stage;
  const auto& web = stage.add("web");
  boost::asio::io_context context;
  const auto back = std::make_shared<ReturnPath>(context);
  ApiHandler handler{{stage.board, stage.commands, stage.rules, *stage.history, stage.clock,
                      "1.2.3"},
                     *back, context, std::chrono::seconds{20}};
  ServerRequest request;
  request.method = "GET";
  request.path = {"v1", "events"};
  request.query = {{"after", "0"}, {"wait", "30"}};
  bool hung_up = false;
  request.gone = [&] { return hung_up; };
  bool answered = false;
  handler.handle(std::move(request), [&](const ServerReply&) { answered = true; });

  hung_up = true;
  stage.journal_record(web, {});
  context.run();  // returns when nobody waits for anything any more
  CHECK_FALSE(answered);
}

}  // namespace heald::test
