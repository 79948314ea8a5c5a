#include "probe/judge.hpp"

#include <catch2/catch.hpp>

using namespace heald;
using namespace std::chrono_literals;

namespace {

HttpResult answer(unsigned status, std::string body = {}) {
  HttpResult result;
  result.status = status;
  result.body = std::move(body);
  result.timings.total = 120ms;
  return result;
}

HttpResult failing(NetFailureKind kind, std::string text, bool answered) {
  HttpResult result;
  result.failure = NetFailure{kind, std::move(text), answered};
  return result;
}

std::shared_ptr<const BodyCheck> contains(const std::string& text) {
  BodyAssertion assertion;
  assertion.contains = text;
  return *BodyCheck::compile(assertion);
}

RunResult ended(int code, std::string output = {}) {
  RunResult result;
  result.end = RunResult::End::ended;
  result.status = {ExitStatus::Kind::exited, code, false};
  result.output = std::move(output);
  return result;
}

}  // namespace

TEST_CASE("a status in a range passes and leaves no evidence") {
  HttpProbe rules;
  rules.status = {{200, 299}, {404, 404}};
  for (const unsigned status : {200U, 299U, 404U}) {
    const Finding judgement = judge_http(rules, nullptr, answer(status));
    CHECK(judgement.outcome == Outcome::pass);
    CHECK(judgement.answered);
    CHECK(judgement.evidence.empty());
  }
}

TEST_CASE("another status fails and says what was expected") {
  HttpProbe rules;
  CHECK(judge_http(rules, nullptr, answer(503)).evidence == "HTTP 503, expected 200-299");
  rules.status = {{200, 200}, {300, 399}};
  const Finding judgement = judge_http(rules, nullptr, answer(299));
  CHECK(judgement.outcome == Outcome::fail);
  CHECK(judgement.answered);
  CHECK(judgement.evidence == "HTTP 299, expected 200, 300-399");
}

TEST_CASE("an answer that takes too long fails") {
  HttpProbe rules;
  rules.latency_below = 120ms;
  const Finding judgement = judge_http(rules, nullptr, answer(200));
  CHECK(judgement.outcome == Outcome::fail);
  CHECK(judgement.evidence == "answered in 120 ms, expected below 120 ms");
  rules.latency_below = 121ms;
  CHECK(judge_http(rules, nullptr, answer(200)).outcome == Outcome::pass);
}

TEST_CASE("a body that lacks something in what was read says how much that was") {
  const HttpProbe rules;
  const auto body = contains("needle");
  CHECK(judge_http(rules, body.get(), answer(200, "a needle")).outcome == Outcome::pass);
  HttpResult cut = answer(200, "hay");
  cut.truncated = true;
  CHECK(judge_http(rules, body.get(), cut).evidence ==
        "body does not contain \"needle\" (only its first 3 bytes were read)");
}

TEST_CASE("a failure of the network is the target's, a failure of ours is unknown") {
  const HttpProbe rules;
  const Finding silent =
      judge_http(rules, nullptr, failing(NetFailureKind::timed_out, "no answer", false));
  CHECK(silent.outcome == Outcome::fail);
  CHECK_FALSE(silent.answered);
  CHECK(silent.evidence == "no answer");
  const Finding refused =
      judge_http(rules, nullptr, failing(NetFailureKind::refused, "refused", true));
  CHECK(refused.outcome == Outcome::fail);
  CHECK(refused.answered);
  const Finding ours =
      judge_http(rules, nullptr, failing(NetFailureKind::local, "too many open files", false));
  CHECK(ours.outcome == Outcome::unknown);
  CHECK_FALSE(ours.answered);
}

TEST_CASE("evidence is cut at 512 bytes and valid UTF-8") {
  const HttpProbe rules;
  std::string text = "x";
  for (int each = 0; each < 400; ++each) text += "é";
  const std::string evidence =
      judge_http(rules, nullptr, failing(NetFailureKind::malformed, text, true)).evidence;
  CHECK(evidence.size() <= 512);
  CHECK(evidence.size() > 500);
  CHECK(evidence == text.substr(0, evidence.size()));
  CHECK(evidence.size() % 2 == 1);  // no half of an é
  CHECK(judge_http(rules, nullptr, failing(NetFailureKind::malformed, "\xff", true)).evidence ==
        "\xef\xbf\xbd");
}

TEST_CASE("an exit status is held against the rule, with the last line as evidence") {
  ExecProbe rules;
  CHECK(judge_exec(rules, 1s, ended(0, "noise\n")).outcome == Outcome::pass);
  CHECK(judge_exec(rules, 1s, ended(0, "noise\n")).evidence.empty());
  CHECK(judge_exec(rules, 1s, ended(2, "checking\nreplication lag 90 s\n\n")).evidence ==
        "exited with status 2: replication lag 90 s");
  CHECK(judge_exec(rules, 1s, ended(1)).evidence == "exited with status 1");
  rules.success = {0, 1};
  CHECK(judge_exec(rules, 1s, ended(1)).outcome == Outcome::pass);
}

TEST_CASE("a program killed by a signal fails, even where 9 would be a good status") {
  ExecProbe rules;
  rules.success = {9};
  RunResult result = ended(9);
  result.status.kind = ExitStatus::Kind::signaled;
  const Finding judgement = judge_exec(rules, 1s, result);
  CHECK(judgement.outcome == Outcome::fail);
  CHECK(judgement.evidence == "killed by signal 9");
}

TEST_CASE("a program killed at its timeout fails without an answer") {
  RunResult result = ended(9, "still waiting\n");
  result.end = RunResult::End::timed_out;
  const Finding judgement = judge_exec(ExecProbe{}, 500ms, result);
  CHECK(judgement.outcome == Outcome::fail);
  CHECK_FALSE(judgement.answered);
  CHECK(judgement.evidence == "not ended within 500 ms, killed: still waiting");
}

TEST_CASE("a program that cannot be started is the prober's own failure") {
  RunResult result;
  result.error = "cannot start probe lag: /nonexistent: No such file or directory";
  const Finding judgement = judge_exec(ExecProbe{}, 1s, result);
  CHECK(judgement.outcome == Outcome::unknown);
  CHECK(judgement.evidence == result.error);
}

namespace {

constexpr Moment started{1h};

SelfReport saying(SelfReport::Stage stage) { return begin_report(stage, started); }

}  // namespace

TEST_CASE("READY=1 passes, and nothing else that a process says of its stage does") {
  const auto judged = [](SelfReport::Stage stage) {
    const SelfReport report = saying(stage);
    return judge_notify(&report, 90s, started + 1s);
  };
  CHECK(judged(SelfReport::Stage::ready).outcome == Outcome::pass);
  CHECK(judged(SelfReport::Stage::starting).outcome == Outcome::fail);
  CHECK(judged(SelfReport::Stage::reloading).evidence ==
        "it says RELOADING=1, and not READY=1 since");
  CHECK(judged(SelfReport::Stage::stopping).evidence == "it says STOPPING=1");
}

TEST_CASE("whether a process was ready that was taken over is not known, for its start period") {
  const SelfReport report = saying(SelfReport::Stage::untold);
  CHECK(judge_notify(&report, 90s, started + 89s).outcome == Outcome::unknown);
  CHECK(judge_notify(&report, 90s, started + 90s).outcome == Outcome::pass);
}

TEST_CASE("a process may ask for more time") {
  SelfReport report = saying(SelfReport::Stage::starting);
  report.extended_to = started + 10s;
  CHECK(judge_notify(&report, 90s, started + 9s).outcome == Outcome::unknown);
  CHECK(judge_notify(&report, 90s, started + 10s).outcome == Outcome::fail);
}

TEST_CASE("a process without a socket cannot be heard") {
  CHECK(judge_notify(nullptr, 90s, started).outcome == Outcome::unknown);
  CHECK(judge_watchdog({}, nullptr, started).outcome == Outcome::unknown);
}

TEST_CASE("whoever spoke and was not believed is named") {
  SelfReport report = saying(SelfReport::Stage::starting);
  report.stranger = 77;
  CHECK(judge_notify(&report, 90s, started).evidence ==
        "it has not said READY=1; process 77 spoke, and is none of its own");
}

TEST_CASE("a watchdog fails after too long a silence, and at once when it is triggered") {
  const WatchdogProbe rules{5s};
  SelfReport report = saying(SelfReport::Stage::ready);
  report.heard = started + 1s;
  CHECK(judge_watchdog(rules, &report, started + 6s).outcome == Outcome::pass);
  CHECK(judge_watchdog(rules, &report, started + 7s).evidence ==
        "no WATCHDOG=1 for 6 s, expected every 5 s");
  report.watchdog = SelfReport::Watchdog::triggered;
  CHECK(judge_watchdog(rules, &report, started + 2s).evidence == "it says WATCHDOG=trigger");
}
