#include "runtime/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "base/fd.hpp"

namespace heald::test {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error{"cannot make a pipe"};
    reading = Fd{ends[0]};
    writing = Fd{ends[1]};
    ::fcntl(reading.get(), F_SETFL, O_NONBLOCK);
  }
  std::string read_all() const {
    std::string result;
    std::array<char, 4096> buffer{};
    ssize_t got = 0;
    while ((got = ::read(reading.get(), buffer.data(), buffer.size())) > 0) {
      result.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return result;
  }
  Fd reading, writing;
};

Record opened() {
  Record record;
  record.kind = RecordKind::incident_opened;
  record.service = ServiceId{0};
  record.incident = IncidentId{3};
  record.text = "HTTP 503,\nexpected 200 \x1b[31m";
  return record;
}

ServicePolicy web() {
  ServicePolicy policy;
  policy.name = "web";
  return policy;
}

TEST_CASE("a record is one JSON object with its fields") {
  const Pipe pipe;
  Log log{{pipe.writing.get(), LogFormat::json, LogLevel::info}};
  const auto policy = web();
  log.on_record(opened(), &policy);
  const std::string text = pipe.read_all();
  REQUIRE(text.find('\n') == text.size() - 1);
  const auto line = nlohmann::json::parse(text);
  CHECK(line["level"] == "warning");
  CHECK(line["event"] == "incident_opened");
  CHECK(line["service"] == "web");
  CHECK(line["incident"] == 3);
  CHECK(line["text"] == opened().text);
  CHECK(line["time"].get<std::string>().size() == std::string{"2026-01-01T00:00:00.000Z"}.size());
}

TEST_CASE("no evidence breaks the line or steers the terminal") {
  const Pipe pipe;
  Log log{{pipe.writing.get(), LogFormat::text, LogLevel::info}};
  const auto policy = web();
  log.on_record(opened(), &policy);
  const std::string text = pipe.read_all();
  CHECK(text.find("warning web: incident opened: HTTP 503, expected 200") != std::string::npos);
  CHECK(text.find("(incident 3)") != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find('\n') == text.size() - 1);
}

TEST_CASE("an action's line tells which one, how it ended and what for") {
  const Pipe pipe;
  Log log{{pipe.writing.get(), LogFormat::text, LogLevel::info}};
  const auto policy = web();
  Record finished;
  finished.kind = RecordKind::action_finished;
  finished.incident = IncidentId{3};
  finished.action = ActionId{7};
  finished.rung = "restart";
  finished.result = ActionResult::done;
  finished.text = "pid 4711";
  log.on_record(finished, &policy);
  CHECK(pipe.read_all().ends_with(
      "info web: action finished restart done: pid 4711 (incident 3, action 7)\n"));
}

TEST_CASE("evidence that is not UTF-8 is still logged") {
  const Pipe pipe;
  Log log{{pipe.writing.get(), LogFormat::json, LogLevel::info}};
  log.say(LogLevel::error, "caf\xe9");
  CHECK(nlohmann::json::parse(pipe.read_all())["level"] == "error");
}

TEST_CASE("lines below the level are left out") {
  const Pipe pipe;
  Log log{{pipe.writing.get(), LogFormat::json, LogLevel::error}};
  log.on_record(opened(), nullptr);
  log.say(LogLevel::warning, "no");
  CHECK(pipe.read_all().empty());
}

TEST_CASE("a reader that sleeps is never waited for, and learns what it missed") {
  const Pipe pipe;
  Log log{{pipe.writing.get(), LogFormat::json, LogLevel::info}};
  const std::string text(1000, 'x');
  for (int i = 0; i < 1000; ++i) log.say(LogLevel::info, text);
  CHECK(log.dropped() > 0);
  CHECK_FALSE(pipe.read_all().empty());
  log.say(LogLevel::info, "again");
  const std::string rest = pipe.read_all();
  CHECK(rest.find(R"("event":"log_dropped","lines":)" + std::to_string(log.dropped())) !=
        std::string::npos);
  CHECK(rest.find("again") != std::string::npos);
}

TEST_CASE("every level has its word") {
  CHECK(log_level("debug") == LogLevel::debug);
  CHECK(log_level("off") == LogLevel::off);
  CHECK_FALSE(log_level("loud"));
}

}  // namespace
}  // namespace heald::test
