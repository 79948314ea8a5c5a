#include "actuate/evidence.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace heald {
namespace {

constexpr std::size_t evidence_limit = 512;
constexpr std::size_t output_shown = 320;  ///< leaves room for what stands before it

/// The end of what a command wrote: that is where the reason stands.
std::string last_words(std::string_view output) {
  constexpr std::string_view blank = " \t\r\n";
  const auto end = output.find_last_not_of(blank);
  if (end == std::string_view::npos) return {};
  output = output.substr(0, end + 1);
  std::string before;
  if (output.size() > output_shown) {
    output.remove_prefix(output.size() - output_shown);
    before = "…";
    // The cut may have gone through a character.
    while (!output.empty() && (static_cast<unsigned char>(output.front()) & 0xC0U) == 0x80U) {
      output.remove_prefix(1);
    }
  }
  return ": " + before + std::string{output};
}

}  // namespace

StepResult judge_command(const std::string& what, const RunResult& run) {
  const auto words = last_words(run.output);
  switch (run.end) {
    case RunResult::End::not_started: return {ActionResult::failed, run.error};
    case RunResult::End::canceled: return {ActionResult::failed, what + " was canceled"};
    case RunResult::End::timed_out:
      return {ActionResult::timed_out, what + " did not end in time and was killed" + words};
    case RunResult::End::ended: break;
  }
  const bool good = run.status.kind == ExitStatus::Kind::exited && run.status.code == 0;
  return {good ? ActionResult::done : ActionResult::failed,
          what + " " + describe(run.status) + words};
}

std::string describe(const std::vector<StatusRange>& ranges) {
  std::string text;
  for (const auto& range : ranges) {
    if (!text.empty()) text += ", ";
    text += std::to_string(range.first);
    if (range.last != range.first) text += "-" + std::to_string(range.last);
  }
  return text;
}

StepResult judge_reply(const std::string& what, const HttpReply& reply,
                       const std::vector<StatusRange>& good) {
  switch (reply.kind) {
    case HttpReply::Kind::failed: return {ActionResult::failed, what + ": " + reply.error};
    case HttpReply::Kind::timed_out: return {ActionResult::timed_out, what + ": " + reply.error};
    case HttpReply::Kind::answered: break;
  }
  const auto status = what + ": HTTP " + std::to_string(reply.status);
  const bool accepted = std::any_of(good.begin(), good.end(), [&](const StatusRange& range) {
    return reply.status >= range.first && reply.status <= range.last;
  });
  if (accepted) return {ActionResult::done, status};
  return {ActionResult::failed, status + ", expected " + describe(good)};
}

std::string as_evidence(std::string_view text) { return valid_utf8(text, evidence_limit); }

}  // namespace heald
