#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "api/exposition_check.hpp"
#include "api/stage.hpp"
#include "api/wire.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {

namespace {

std::map<std::string, double> scrape(const Stage& stage) {
  const auto reply = Wire::tcp(stage.port()).get("/metrics");
  REQUIRE(reply.status == 200);
  REQUIRE(reply.whole);
  CHECK(reply.headers.at("content-type") == "text/plain; version=0.0.4; charset=utf-8");
  return read_exposition(reply.body);
}

Record judged(Cause cause, Verdict verdict) {
  Record record;
  record.kind = RecordKind::verdict;
  record.service = ServiceId{0};
  record.action_kind = ActionKind::restart;
  record.cause = cause;
  record.verdict = verdict;
  return record;
}

}  // namespace

TEST_CASE("every service has one line of health, with the state as label") {
  Stage stage;
  stage.add("web");
  stage.add("redis", Health::unhealthy);
  const auto samples = scrape(stage);
  CHECK(samples.at("heald_service_health{service=web,state=healthy}") == 1);
  CHECK(samples.at("heald_service_health{service=redis,state=unhealthy}") == 1);
  CHECK(samples.count("heald_service_health{service=redis,state=healthy}") == 0);
  CHECK(samples.at("heald_build_info{version=1.2.3}") == 1);
}

TEST_CASE("every service has one line that says what it is and whose, and nothing of its labels") {
  Stage stage;
  ServicePage& page = stage.add("web");
  ServicePolicy policy = *page.policy;
  policy.group = "front";
  policy.owner = "team \"front\"";
  policy.severity = Severity::ticket;
  policy.labels = {{"tier", "front"}};
  policy.runtime = ProcessRuntime{};
  page.policy = std::make_shared<ServicePolicy>(policy);
  stage.publish(page);
  const auto text = Wire::tcp(stage.port()).get("/metrics").body;
  CHECK(text.find("heald_service_info{service=\"web\",group=\"front\",runtime=\"process\","
                  "owner=\"team \\\"front\\\"\",severity=\"ticket\"} 1\n") !=
        std::string::npos);
  CHECK(text.find("tier") == std::string::npos);
  CHECK(scrape(stage).size() > 2);  // which checks the format of the whole
}

TEST_CASE("a probe that never ran or is unknown has no success, neither 0 nor 1") {
  Stage stage;
  stage.add("web");
  const std::string success = "heald_probe_success{service=web,probe=answers}";
  const std::string duration = "heald_probe_duration_seconds{service=web,probe=answers}";
  CHECK(scrape(stage).count(success) == 0);
  ProbeReading reading{Outcome::pass, stage.clock.now(), std::chrono::milliseconds{250}};
  stage.board.publish(ServiceId{0}, ProbeIndex{0}, reading);
  CHECK(scrape(stage).at(success) == 1);
  CHECK(scrape(stage).at(duration) == 0.25);
  reading.outcome = Outcome::fail;
  stage.board.publish(ServiceId{0}, ProbeIndex{0}, reading);
  CHECK(scrape(stage).at(success) == 0);
  reading.outcome = Outcome::unknown;
  stage.board.publish(ServiceId{0}, ProbeIndex{0}, reading);
  CHECK(scrape(stage).count(success) == 0);
  CHECK(scrape(stage).count(duration) == 1);
}

TEST_CASE("verdicts of remedies are counted, those of operators and convergence are not") {
  Stage stage;
  const auto& page = stage.add("web");
  stage.metrics.on_record(judged(Cause::ladder, Verdict::healed), page.policy.get());
  stage.metrics.on_record(judged(Cause::slow_retry, Verdict::healed), page.policy.get());
  stage.metrics.on_record(judged(Cause::ladder, Verdict::not_healed), page.policy.get());
  stage.metrics.on_record(judged(Cause::operation, Verdict::healed), page.policy.get());
  stage.metrics.on_record(judged(Cause::convergence, Verdict::healed), page.policy.get());
  const auto samples = scrape(stage);
  const std::string base = "heald_remediations_total{service=web,action=restart,verdict=";
  CHECK(samples.at(base + "healed}") == 2);
  CHECK(samples.at(base + "not_healed}") == 1);
}

TEST_CASE("holds are counted by guard, until the service is removed") {
  Stage stage;
  const auto& page = stage.add("web");
  Record record;
  record.kind = RecordKind::held;
  record.service = page.id;
  record.hold.guard = Guard::storm;
  stage.metrics.on_record(record, page.policy.get());
  record.kind = RecordKind::would_act;
  record.hold = {};
  stage.metrics.on_record(record, page.policy.get());
  record.kind = RecordKind::held;
  record.hold.guard = Guard::observe;
  stage.metrics.on_record(record, page.policy.get());
  CHECK(scrape(stage).at("heald_suppressed_total{service=web,guard=storm}") == 1);
  CHECK(scrape(stage).at("heald_suppressed_total{service=web,guard=observe}") == 1);
  record.kind = RecordKind::service_removed;
  stage.metrics.on_record(record, page.policy.get());
  CHECK(scrape(stage).count("heald_suppressed_total{service=web,guard=storm}") == 0);
}

TEST_CASE("detection and recovery are measured from the first symptom") {
  Stage stage;
  const auto& page = stage.add("web");
  Record record;
  record.service = page.id;
  record.kind = RecordKind::health_changed;
  record.text = "unhealthy";
  record.took = std::chrono::milliseconds{1500};
  stage.metrics.on_record(record, page.policy.get());
  record.text = "healthy";
  stage.metrics.on_record(record, page.policy.get());
  record.kind = RecordKind::incident_closed;
  record.closing = Closing::healed;
  record.took = std::chrono::seconds{4};
  stage.metrics.on_record(record, page.policy.get());
  record.closing = Closing::removed;
  stage.metrics.on_record(record, page.policy.get());
  const auto samples = scrape(stage);
  CHECK(samples.at("heald_detection_seconds_count") == 1);
  CHECK(samples.at("heald_detection_seconds_sum") == 1.5);
  CHECK(samples.at("heald_recovery_seconds_count") == 1);
  CHECK(samples.at("heald_recovery_seconds_sum") == 4);
}

TEST_CASE("the daemon's state, journal, loop and process are told") {
  Stage stage;
  auto& page = stage.add("web", Health::unhealthy);
  stage.open_incident(page, "HTTP 503");
  stage.metrics.on_loop_lag(std::chrono::milliseconds{3});
  stage.daemon.rules_problem = "heald.yaml:1:1: wrong";
  stage.daemon.rules_loaded = WallTime{std::chrono::seconds{1'700'000'000}};
  stage.daemon.reloads_loaded = 2;
  stage.daemon.reloads_refused = 1;
  stage.publish(stage.daemon);
  const auto samples = scrape(stage);
  CHECK(samples.at("heald_incidents_open") == 1);
  CHECK(samples.at("heald_journal_entries_total") == 1);
  CHECK(samples.at("heald_journal_works") == 1);
  CHECK(samples.at("heald_ready") == 1);
  CHECK(samples.at("heald_rules_refused") == 1);
  CHECK(samples.at("heald_rules_info{revision=r1}") == 1);
  CHECK(samples.at("heald_rules_loaded_timestamp_seconds") == 1'700'000'000);
  CHECK(samples.at("heald_rules_reloads_total{outcome=loaded}") == 2);
  CHECK(samples.at("heald_rules_reloads_total{outcome=refused}") == 1);
  CHECK(samples.at("heald_loop_lag_seconds_count") == 1);
  CHECK(samples.at("process_resident_memory_bytes") > 1e6);
  CHECK(samples.at("process_open_fds") > 3);
  CHECK(samples.count("process_cpu_seconds_total") == 1);
  CHECK(samples.at("process_start_time_seconds") > 1.6e9);
}

TEST_CASE("the recorder's counts are told when there is one") {
  Stage stage;
  const auto& page = stage.add("web");
  CHECK(scrape(stage).count("heald_recorder_observations_total") == 0);
  const TemporaryFolder folder;
  const auto recorder = open_recorder(folder.path(), {Bytes{1ULL << 20U}, 0, {}});
  REQUIRE(recorder.has_value());
  stage.metrics.watch(**recorder);
  REQUIRE_FALSE(page.policy->probes.empty());
  (*recorder)->record(Observation{}, Instant{1s}, page.policy);
  const auto samples = scrape(stage);
  CHECK(samples.at("heald_recorder_observations_total") == 1);
  CHECK(samples.at("heald_recorder_lost_observations_total") == 1);
}

TEST_CASE("messages are counted by receiver and outcome, and those that wait in vain") {
  Stage stage;
  Message message;
  message.receiver = "oncall";
  stage.metrics.on_told(message, {MessageId{1}, MessageEnd::delivered, 1, ""});
  stage.metrics.on_told(message, {MessageId{2}, MessageEnd::delivered, 3, ""});
  stage.metrics.on_told(message, {MessageId{3}, MessageEnd::expired, 9, "HTTP 503"});
  CHECK(scrape(stage).count("heald_receiver_waiting_messages{receiver=oncall}") == 0);
  stage.daemon.troubled_receivers = {{"oncall", 4, "HTTP 503", Instant{1s}}};
  stage.publish(stage.daemon);
  const auto samples = scrape(stage);
  CHECK(samples.at("heald_messages_total{outcome=delivered,receiver=oncall}") == 2);
  CHECK(samples.at("heald_messages_total{outcome=expired,receiver=oncall}") == 1);
  CHECK(samples.at("heald_receiver_waiting_messages{receiver=oncall}") == 4);
}

TEST_CASE("strange names are escaped in labels") {
  Stage stage;
  const std::string name = "a\"b\\c\nd{},= ä";
  stage.add(name);
  CHECK(scrape(stage).count("heald_service_health{service=" + name + ",state=healthy}") == 1);
}

TEST_CASE("the text of many services comes in pieces and is whole") {
  Stage stage;
  for (int number = 0; number < 1000; ++number) stage.add("s" + std::to_string(number));
  const auto wire = Wire::tcp(stage.port());
  const auto reply = wire.get("/metrics");
  REQUIRE(reply.whole);
  CHECK(reply.headers.at("transfer-encoding") == "chunked");
  CHECK(read_exposition(reply.body).count("heald_service_health{service=s999,state=healthy}") == 1);
  CHECK(wire.get("/metrics").whole);  // and the connection goes on
}

TEST_CASE("a client of HTTP/1.0 gets the metrics without chunks") {
  Stage stage;
  stage.add("web");
  const auto reply = Wire::tcp(stage.port()).ask("GET /metrics HTTP/1.0\r\n\r\n");
  CHECK(reply.headers.count("transfer-encoding") == 0);
  CHECK(read_exposition(reply.body).count("heald_service_health{service=web,state=healthy}") == 1);
}

TEST_CASE("promtool finds nothing wrong with the metrics, where it is installed") {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) return;
  Stage stage;
  auto& page = stage.add("a\"b\\c");
  stage.board.publish(page.id, ProbeIndex{0}, {Outcome::pass, stage.clock.now(), {}});
  stage.metrics.on_record(judged(Cause::ladder, Verdict::healed), page.policy.get());
  const auto text = Wire::tcp(stage.port()).get("/metrics").body;
  const auto file = stage.folder.write("metrics", text);
  CHECK(std::system(("promtool check metrics < " + file).c_str()) == 0);
}

}  // namespace heald::test
