// The verdict, case by case.

#include <catch2/catch.hpp>

#include "core/verification.hpp"
#include "rules.hpp"

using namespace heald;

namespace {

constexpr Duration grace = 5s;

struct Look {
  Outcome outcome;
  Duration begun;  ///< since the outcome
  std::string probe = "answers";
};

struct Case {
  std::string name;
  std::vector<Look> looks;
  Duration now;
  std::optional<Verdict> verdict;
  ActionResult result = ActionResult::done;
  Circumstances::Process process = Circumstances::Process::running;
  std::vector<std::string> probes = {"answers"};
};

const Instant outcome{1h};

/// Stable for 10 s, within 30 s after a start period of 5 s, and 20 s of patience.
Judgement judge_case(const Case& given) {
  VerificationState verification{.rule = {}, .proofs = {}};
  for (const std::string& name : given.probes) verification.proofs.try_emplace(name);
  for (const Look& look : given.looks) {
    prove(verification.proofs.at(look.probe), look.outcome, outcome + look.begun);
  }
  ActionState action;
  action.finished = outcome;
  action.result = given.result;
  action.evidence = "said so";
  return judge(verification, action, {given.process, outcome + grace, 20s}, outcome + given.now);
}

constexpr auto healed = Verdict::healed;
constexpr auto not_healed = Verdict::not_healed;
constexpr auto unknown = Verdict::unknown;
constexpr auto pass = Outcome::pass;
constexpr auto fail = Outcome::fail;

const std::vector<Case> cases{
    {"nothing seen yet", {}, 1s, {}},
    {"one pass only begins the stable time", {{pass, 1s}}, 10s, {}},
    {"a pass before the end of the stable time does not end it", {{pass, 1s}, {pass, 10s}}, 12s,
     {}},
    {"a pass at its end heals", {{pass, 1s}, {pass, 11s}}, 11s, healed},
    {"a pass after its end heals", {{pass, 1s}, {pass, 15s}}, 15s, healed},
    {"a fail between begins it anew", {{pass, 1s}, {fail, 5s}, {pass, 6s}, {pass, 11s}}, 11s, {}},
    {"and so it heals later", {{pass, 1s}, {fail, 5s}, {pass, 6s}, {pass, 16s}}, 16s, healed},
    {"fails are borne as long as `within` lasts", {{fail, 1s}, {fail, 34s}}, 34s, {}},
    {"`within` counts from the end of the start period", {{fail, 1s}}, 35s, not_healed},
    {"a stable time may outlast `within`", {{fail, 1s}, {pass, 34s}}, 40s, {}},
    {"and ends well", {{pass, 34s}, {pass, 44s}}, 44s, healed},
    {"or not", {{pass, 34s}, {fail, 40s}}, 40s, not_healed},
    {"no answer at all is waited for", {}, 54s, {}},
    {"but not for ever", {}, 55s, unknown},
    {"a pass that nothing follows is waited upon", {{pass, 1s}}, 30s, {}},
    {"and proves nothing", {{pass, 1s}}, 31s, unknown},
    {"a death ends it at once", {{pass, 1s}}, 2s, not_healed, ActionResult::done,
     Circumstances::Process::gone},
    {"an action that failed gets no time to help", {{fail, 1s}}, 1s, not_healed,
     ActionResult::failed},
    {"nor one that timed out", {{fail, 1s}}, 1s, not_healed, ActionResult::timed_out},
    {"but a fresh pass counts for more than its word", {{pass, 1s}, {pass, 11s}}, 11s, healed,
     ActionResult::failed},
    {"what cannot be carried out hands over at once", {}, 0s, not_healed,
     ActionResult::unsupported},
    {"an unknown outcome is looked at like any other", {{pass, 1s}, {pass, 11s}}, 11s, healed,
     ActionResult::unknown},
    {"all conditions have to stand", {{pass, 1s}, {pass, 11s}}, 20s, {}, ActionResult::done,
     Circumstances::Process::none, {"answers", "queue"}},
    {"the stable time begins with the last of them",
     {{pass, 1s}, {pass, 5s, "queue"}, {pass, 11s}, {pass, 15s, "queue"}}, 15s, {},
     ActionResult::done, Circumstances::Process::none, {"answers", "queue"}},
    {"and ends when each has passed once more",
     {{pass, 1s}, {pass, 5s, "queue"}, {pass, 15s}, {pass, 15s, "queue"}}, 15s, healed,
     ActionResult::done, Circumstances::Process::none, {"answers", "queue"}},
    {"a process without probes has to run", {}, 10s, healed, ActionResult::done,
     Circumstances::Process::running, {}},
    {"for the whole of the stable time", {}, 9s, {}, ActionResult::done,
     Circumstances::Process::running, {}},
};

}  // namespace

TEST_CASE("the verdict follows from what was seen since the outcome") {
  for (const Case& each : cases) {
    INFO(each.name);
    const Judgement judgement = judge_case(each);
    CHECK((judgement.verdict == each.verdict));
    if (judgement.verdict) {
      CHECK_FALSE(judgement.evidence.empty());
    } else {
      CHECK(judgement.look_again > outcome + each.now);
    }
  }
}
