#include "condition.hpp"

namespace heald {
namespace {

Effect set_status(Condition& condition, ConditionStatus status, Instant now) {
  if (condition.status == status) return Effect::counted;
  condition.status = status;
  condition.changed = now;
  return Effect::changed;
}

Effect fold_pass(Condition& condition, const ProbePolicy& rule, Instant now) {
  const bool settled = condition.status == ConditionStatus::pass && condition.fails == 0 &&
                       condition.unknown_since == never;
  if (settled) return Effect::none;
  condition.fails = 0;
  condition.failing_since = never;
  condition.unknown_since = never;
  if (condition.passes < rule.success_threshold) ++condition.passes;
  if (condition.passes < rule.success_threshold) return Effect::counted;
  condition.evidence.clear();
  return set_status(condition, ConditionStatus::pass, now);
}

Effect fold_fail(Condition& condition, const Sight& sight, const ProbePolicy& rule, Instant now) {
  const bool settled = condition.status == ConditionStatus::fail && condition.passes == 0 &&
                       condition.unknown_since == never && condition.evidence == sight.evidence;
  if (settled) return Effect::none;
  if (condition.fails == 0) condition.failing_since = sight.begun;
  condition.passes = 0;
  condition.unknown_since = never;
  condition.evidence = std::string{sight.evidence};
  if (condition.fails < rule.failure_threshold) ++condition.fails;
  if (condition.fails < rule.failure_threshold) return Effect::counted;
  return set_status(condition, ConditionStatus::fail, now);
}

}  // namespace

Effect fold(Condition& condition, const Sight& sight, const ProbePolicy& rule, Instant now) {
  switch (sight.outcome) {
    case Outcome::pass: return fold_pass(condition, rule, now);
    case Outcome::fail: return fold_fail(condition, sight, rule, now);
    case Outcome::unknown: break;
  }
  if (condition.unknown_since != never) return Effect::none;
  condition.unknown_since = now;
  condition.evidence = std::string{sight.evidence};
  return Effect::counted;
}

Instant stale_at(const Condition& condition, const ProbePolicy& rule) {
  const bool fading =
      condition.unknown_since != never && condition.status != ConditionStatus::unknown;
  return fading ? condition.unknown_since + 3 * rule.interval : never;
}

void fade(Condition& condition, Instant now) {
  condition.status = ConditionStatus::unknown;
  condition.changed = now;
  condition.fails = 0;
  condition.passes = 0;
  condition.failing_since = never;
}

void reset(Condition& condition, Instant now) {
  if (condition.status != ConditionStatus::unknown) condition.changed = now;
  condition.status = ConditionStatus::unknown;
  condition.fails = 0;
  condition.passes = 0;
  condition.failing_since = never;
  condition.unknown_since = never;
  condition.evidence.clear();  // it told of what was before
}

void settle(Condition& condition, ConditionStatus status, std::string_view evidence, Instant now) {
  const bool failing = status == ConditionStatus::fail;
  if (condition.status != status) condition.changed = now;
  if (failing && condition.failing_since == never) condition.failing_since = now;
  if (!failing) condition.failing_since = never;
  condition.status = status;
  condition.unknown_since = never;
  condition.evidence = std::string{evidence};
}

}  // namespace heald
