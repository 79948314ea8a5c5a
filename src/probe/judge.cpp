#include "probe/judge.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace heald {
namespace {

std::string to_text(const std::vector<StatusRange>& ranges) {
  std::string text;
  for (const StatusRange& range : ranges) {
    if (!text.empty()) text += ", ";
    text += std::to_string(range.first);
    if (range.last != range.first) text += "-" + std::to_string(range.last);
  }
  return text;
}

bool expected(const HttpProbe& rules, unsigned status) {
  return std::any_of(rules.status.begin(), rules.status.end(), [&](const StatusRange& range) {
    return status >= range.first && status <= range.last;
  });
}

bool fast_enough(const HttpProbe& rules, const HttpResult& result) {
  return !rules.latency_below || result.timings.total < *rules.latency_below;
}

bool succeeded(const ExecProbe& rules, const ExitStatus& status) {
  return status.kind == ExitStatus::Kind::exited &&
         std::find(rules.success.begin(), rules.success.end(), status.code) !=
             rules.success.end();
}

std::string_view last_line(std::string_view text) {
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end + 1);
  const std::size_t newline = text.find_last_of("\r\n");
  return newline == std::string_view::npos ? text : text.substr(newline + 1);
}

std::string with_last_line(std::string text, std::string_view output) {
  const std::string_view line = last_line(output);
  return line.empty() ? text : text.append(": ").append(line);
}

Finding no_socket() {
  return could_not_look("its process was given no NOTIFY_SOCKET; it gets one with the next start");
}

std::string with_stranger(std::string text, const SelfReport& report) {
  if (report.stranger == 0) return text;
  return text.append("; process ")
      .append(std::to_string(report.stranger))
      .append(" spoke, and is none of its own");
}

std::string not_ready(const SelfReport& report) {
  switch (report.stage) {
    case SelfReport::Stage::reloading: return "it says RELOADING=1, and not READY=1 since";
    case SelfReport::Stage::stopping: return "it says STOPPING=1";
    default: return with_stranger("it has not said READY=1", report);
  }
}

}  // namespace

Finding judge_notify(const SelfReport* report, Duration start_period, Moment now) {
  if (report == nullptr) return no_socket();
  if (report->stage == SelfReport::Stage::ready) return {};
  if (report->stage == SelfReport::Stage::untold) {
    // Its word may have been lost. Once it has had its time, its other probes have to do.
    if (now - report->since >= start_period) return {};
    return could_not_look("it was taken over, and may have said READY=1 before");
  }
  if (now < report->extended_to) return could_not_look("it asked for more time");
  return failed(not_ready(*report));
}

Finding judge_watchdog(const WatchdogProbe& rules, const SelfReport* report, Moment now) {
  if (report == nullptr) return no_socket();
  if (report->watchdog == SelfReport::Watchdog::triggered) {
    return failed("it says WATCHDOG=trigger");
  }
  const Duration silence = now - report->heard;
  if (silence <= rules.within) return {};
  return failed(with_stranger("no WATCHDOG=1 for " + duration_text(silence) + ", expected every " +
                                  duration_text(rules.within), *report));
}

Finding judge_http(const HttpProbe& rules, const BodyCheck* body, const HttpResult& result) {
  if (result.failure) return judge_failure(*result.failure);
  if (!expected(rules, result.status)) {
    return failed("HTTP " + std::to_string(result.status) + ", expected " +
                  to_text(rules.status));
  }
  if (!fast_enough(rules, result)) {
    return failed("answered in " + duration_text(result.timings.total) + ", expected below " +
                  duration_text(*rules.latency_below));
  }
  if (body == nullptr) return {};
  auto complaint = body->complaint(result.body);
  if (!complaint) return {};
  if (result.truncated) *complaint += " (only its first " + std::to_string(result.body.size()) +
                                      " bytes were read)";
  return failed(*complaint);
}

Finding judge_exec(const ExecProbe& rules, Duration timeout, const RunResult& result) {
  switch (result.end) {
    case RunResult::End::not_started: return could_not_look(result.error);
    case RunResult::End::canceled: return could_not_look("the look was called off");
    case RunResult::End::timed_out:
      return silent(
          with_last_line("not ended within " + duration_text(timeout) + ", killed", result.output));
    case RunResult::End::ended: break;
  }
  if (succeeded(rules, result.status)) return {};
  return failed(with_last_line(describe(result.status), result.output));
}

std::vector<LookCheck> checks_of(const HttpProbe& rules, const BodyCheck* body,
                                 const HttpResult& result) {
  if (result.failure) return {};
  std::vector<LookCheck> checks;
  checks.push_back({"status", to_text(rules.status), std::to_string(result.status),
                    expected(rules, result.status)});
  if (rules.latency_below) {
    checks.push_back({"latency", "below " + duration_text(*rules.latency_below),
                      duration_text(result.timings.total), fast_enough(rules, result)});
  }
  if (body == nullptr) return checks;
  for (LookCheck& check : body->checks(result.body)) checks.push_back(std::move(check));
  return checks;
}

std::vector<LookCheck> checks_of(const ExecProbe& rules, const RunResult& result) {
  if (result.end != RunResult::End::ended) return {};
  std::string wanted;
  for (const int status : rules.success) {
    wanted.append(wanted.empty() ? "" : ", ").append(std::to_string(status));
  }
  return {{"exit status", wanted, describe(result.status), succeeded(rules, result.status)}};
}

}  // namespace heald
