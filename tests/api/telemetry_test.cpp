#include <catch2/catch.hpp>

#include "api/stage.hpp"
#include "api/wire.hpp"

namespace heald::test {

TEST_CASE("livez answers when the control strand turns") {
  Stage stage;
  const auto reply = Wire::tcp(stage.port()).get("/livez");
  CHECK(reply.status == 200);
  CHECK(reply.body == "live\n");
}

TEST_CASE("livez fails when the control strand stands still") {
  StageOptions options;
  options.strand = StageOptions::Strand::stands_still;
  options.heartbeat = std::chrono::milliseconds{20};
  Stage stage{options};
  const auto reply = Wire::tcp(stage.port()).get("/livez");
  CHECK(reply.status == 503);
  CHECK(reply.body == "the control strand did not answer within 20 ms\n");
}

TEST_CASE("readyz tells what is missing, and never asks for the services' health") {
  Stage stage;
  stage.add("web", Health::unhealthy);
  const auto wire = Wire::tcp(stage.port());
  CHECK(wire.get("/readyz").status == 200);

  DaemonPage page;
  stage.publish(page);
  CHECK(wire.get("/readyz").status == 503);
  CHECK(wire.get("/readyz").body == "no rules are loaded yet\n");
  page.revision = "r1";
  stage.publish(page);
  CHECK(wire.get("/readyz").body == "adoption has not finished: heald still looks at what runs\n");
  page.journal_problem = "disk full";
  stage.publish(page);
  CHECK(wire.get("/readyz").body == "the journal does not work: disk full\n");
}

TEST_CASE("healthz of a service gives its health with a reason of one line") {
  Stage stage;
  stage.add("web");
  auto& redis = stage.add("redis", Health::unhealthy);
  redis.state.conditions.front().evidence = "no answer\nwithin \x1b[31m1s";
  redis.state.activity = Activity::held;
  redis.state.hold = Hold{Guard::storm, {}, "3 of 4 unhealthy", {}, never};
  stage.publish(redis);
  const auto wire = Wire::tcp(stage.port());
  CHECK(wire.get("/healthz/web").status == 200);
  CHECK(wire.get("/healthz/web").body == "healthy\n");
  CHECK(wire.get("/healthz/redis").status == 503);
  CHECK(wire.get("/healthz/redis").body ==
        "unhealthy: answers: no answer within  [31m1s; held by storm (3 of 4 unhealthy)\n");
  CHECK(wire.get("/healthz/mysql").status == 404);
}

TEST_CASE("a service whose name needs encoding is found by healthz") {
  Stage stage;
  stage.add("web/1 ä");
  CHECK(Wire::tcp(stage.port()).get("/healthz/web%2F1%20%C3%A4").status == 200);
}

TEST_CASE("a removed service is no longer found") {
  Stage stage;
  auto& page = stage.add("web");
  page.policy = nullptr;
  stage.publish(page);
  CHECK(Wire::tcp(stage.port()).get("/healthz/web").status == 404);
}

TEST_CASE("the telemetry listener only reads") {
  Stage stage;
  const auto reply = Wire::tcp(stage.port()).post("/livez", "");
  CHECK(reply.status == 405);
  CHECK(reply.headers.at("allow") == "GET, HEAD");
  CHECK(Wire::tcp(stage.port()).get("/v1/status").status == 404);
}

TEST_CASE("HEAD gives the header alone") {
  Stage stage;
  const auto wire = Wire::tcp(stage.port());
  REQUIRE(wire.send("HEAD /readyz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
  const auto text = wire.rest();
  CHECK(text.rfind("HTTP/1.1 200 OK\r\n", 0) == 0);
  CHECK(text.find("Content-Length: 6\r\n") != std::string::npos);
  CHECK(text.substr(text.size() - 4) == "\r\n\r\n");
}

}  // namespace heald::test
