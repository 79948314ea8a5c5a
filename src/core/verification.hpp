#pragma once
// From what was seen after an action to its verdict. A pure function of its arguments.
//
// A stable time begins with the first pass of the last condition to pass, all others standing.
// It proves healing when each condition passes once more at or after its end, with no fail
// between. A fail ends it; another may begin as long as `within` lasts. Counting passes
// instead would make the proof depend on the probe's interval, and a single look at the end
// would miss a service that flaps.

#include <optional>
#include <string>

#include "heald/observation.hpp"
#include "heald/state.hpp"
#include "heald/time.hpp"

namespace heald {

/// What the judge has to know besides the proofs.
struct Circumstances {
  /// A process service whose child is not running: nothing else needs asking.
  enum class Process : std::uint8_t { none, running, gone } process = Process::none;
  Instant grace_end{};  ///< the end of the start period: `within` counts from here
  /// How long to wait past a deadline for a first answer before it is called unknown.
  Duration patience{};
};

struct Judgement {
  std::optional<Verdict> verdict;
  Instant look_again = never;  ///< without a verdict: when time alone may bring one
  std::string evidence;
};

/// Takes one observation into the proof. Observations begun before the outcome do not count.
void prove(Proof& proof, Outcome outcome, Instant begun);

/// When the stable time in progress ends; `never`: none is in progress.
[[nodiscard]] Instant stable_until(const VerificationState& verification,
                                   const ActionState& action);

[[nodiscard]] Judgement judge(const VerificationState& verification, const ActionState& action,
                              const Circumstances& circumstances, Instant now);

}  // namespace heald
