#include "verification.hpp"

#include <algorithm>

#include "text.hpp"

namespace heald {
namespace {

bool stands(const Proof& proof) { return proof.first_pass != never; }
bool seen(const Proof& proof) { return stands(proof) || proof.last_fail != never; }

bool all_stand(const VerificationState& verification) {
  return std::all_of(verification.proofs.begin(), verification.proofs.end(),
                     [](const auto& entry) { return stands(entry.second); });
}

/// "'answers' and 'queue'": the conditions that `wanted` picks.
template <class Wanted>
std::string names(const VerificationState& verification, Wanted wanted) {
  std::vector<std::string_view> picked;
  for (const auto& [name, proof] : verification.proofs) {
    if (wanted(proof)) picked.push_back(name);
  }
  return quoted_list(picked);
}

Judgement give(Verdict verdict, std::string evidence) {
  return {verdict, never, std::move(evidence)};
}
Judgement wait_until(Instant instant) { return {std::nullopt, instant, {}}; }

Judgement judge_stable(const VerificationState& verification, Instant end, Duration patience,
                       Instant now) {
  const auto proven = [&](const Proof& proof) { return proof.last_pass >= end; };
  const bool all = std::all_of(verification.proofs.begin(), verification.proofs.end(),
                               [&](const auto& entry) { return proven(entry.second); });
  if (all && now >= end) {
    const auto any = [](const Proof&) { return true; };
    const std::string what = verification.proofs.empty() ? "its process ran"
                                                         : names(verification, any) + " passed";
    return give(Verdict::healed, what + " for " + describe(verification.rule.stable_for));
  }
  if (now < end) return wait_until(end);
  if (now < end + patience) return wait_until(end + patience);
  const auto missing = [&](const Proof& proof) { return !proven(proof); };
  return give(Verdict::unknown, "no answer since from " + names(verification, missing));
}

}  // namespace

void prove(Proof& proof, Outcome outcome, Instant begun) {
  if (outcome == Outcome::pass) {
    if (proof.first_pass == never) proof.first_pass = begun;
    proof.last_pass = begun;
  } else if (outcome == Outcome::fail) {
    proof.first_pass = never;
    proof.last_pass = never;
    proof.last_fail = begun;
  }
}

Instant stable_until(const VerificationState& verification, const ActionState& action) {
  if (!all_stand(verification)) return never;
  Instant since = action.finished;
  for (const auto& [name, proof] : verification.proofs) since = std::max(since, proof.first_pass);
  return since + verification.rule.stable_for;
}

Judgement judge(const VerificationState& verification, const ActionState& action,
                const Circumstances& circumstances, Instant now) {
  if (action.result == ActionResult::unsupported) {
    return give(Verdict::not_healed, action.evidence);
  }
  if (circumstances.process == Circumstances::Process::gone) {
    const bool said = action.result == ActionResult::failed && !action.evidence.empty();
    return give(Verdict::not_healed, said ? action.evidence : "its process is not running");
  }
  if (const Instant end = stable_until(verification, action); end != never) {
    return judge_stable(verification, end, circumstances.patience, now);
  }
  const auto failed = [](const Proof& proof) { return !stands(proof) && proof.last_fail != never; };
  const std::string failing = names(verification, failed);
  // An action that failed itself gets no time to help: the first fresh look decides.
  const bool hopeless =
      action.result == ActionResult::failed || action.result == ActionResult::timed_out;
  const Instant deadline = circumstances.grace_end + verification.rule.within;
  if (!failing.empty() && (hopeless || now >= deadline)) {
    const std::string said = std::string{to_string(action.result)} + ": " + action.evidence;
    return give(Verdict::not_healed,
                failing + " still failed" + (hopeless ? " after " + said : std::string{}));
  }
  if (now < deadline) return wait_until(deadline);
  if (now < deadline + circumstances.patience) return wait_until(deadline + circumstances.patience);
  return give(Verdict::unknown,
              "no answer from " + names(verification, [](const Proof& p) { return !seen(p); }));
}

}  // namespace heald
