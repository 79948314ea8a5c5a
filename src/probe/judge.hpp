#pragma once
// What was seen, held against the rules. Pure: tables of what came in and what it means.

#include <vector>

#include "heald/examination.hpp"
#include "heald/policy.hpp"
#include "net/http_client.hpp"
#include "probe/body_check.hpp"
#include "probe/finding.hpp"
#include "process/run.hpp"
#include "process/self_report.hpp"

namespace heald {

/// `body` may be null: nothing is asserted about it.
[[nodiscard]] Finding judge_http(const HttpProbe& rules, const BodyCheck* body,
                                   const HttpResult& result);

/// A program that could not be started is the prober's own failure. One that was killed at its
/// timeout gave no answer.
[[nodiscard]] Finding judge_exec(const ExecProbe& rules, Duration timeout,
                                   const RunResult& result);

/// What a process says of itself; null: it was given nowhere to say it, which is not its failure.
/// While it asked to be waited for, a fail is none yet.
[[nodiscard]] Finding judge_notify(const SelfReport* report, Duration start_period, Moment now);
[[nodiscard]] Finding judge_watchdog(const WatchdogProbe& rules, const SelfReport* report,
                                     Moment now);

/// What the judges above ask of what came, one by one; they hold exactly when the finding is a
/// pass. Nothing is asked of what did not come.
[[nodiscard]] std::vector<LookCheck> checks_of(const HttpProbe& rules, const BodyCheck* body,
                                               const HttpResult& result);
[[nodiscard]] std::vector<LookCheck> checks_of(const ExecProbe& rules, const RunResult& result);

}  // namespace heald
