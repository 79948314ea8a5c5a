#pragma once
// What came of a step, in words. Private to this room.

#include <string>
#include <string_view>

#include "actuate/http_call.hpp"
#include "heald/actuator.hpp"
#include "process/run.hpp"

namespace heald {

/// How one step of an action ended.
struct StepResult {
  ActionResult result = ActionResult::done;
  std::string evidence;
};

/// `what` names the command in messages: "web's exec".
[[nodiscard]] StepResult judge_command(const std::string& what, const RunResult& run);

/// Judges an answer by the status codes that count as good.
[[nodiscard]] StepResult judge_reply(const std::string& what, const HttpReply& reply,
                                     const std::vector<StatusRange>& good);

/// "200-299, 304".
[[nodiscard]] std::string describe(const std::vector<StatusRange>& ranges);

/// Made fit for a report: valid UTF-8, at most 512 bytes.
[[nodiscard]] std::string as_evidence(std::string_view text);

}  // namespace heald
