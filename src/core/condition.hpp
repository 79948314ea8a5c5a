#pragma once
// A condition: what consecutive observations add up to, with hysteresis.

#include "heald/observation.hpp"
#include "heald/policy.hpp"
#include "heald/state.hpp"
#include "heald/time.hpp"

namespace heald {

/// What an observation did to a condition.
enum class Effect : std::uint8_t {
  none,     ///< nothing that any decision could tell apart: need not be remembered
  counted,  ///< a counter or the evidence moved
  changed,  ///< the status is another one
};

/// One observation as the condition sees it; a fail of a blind source comes as `unknown`.
struct Sight {
  Outcome outcome = Outcome::unknown;
  Instant begun{};
  std::string_view evidence;
};

/// `unknown` neither counts nor resets; it only notes since when nothing better has come.
Effect fold(Condition& condition, const Sight& sight, const ProbePolicy& rule, Instant now);

/// When a condition that sees only `unknown` becomes unknown itself; `never`: it does not.
[[nodiscard]] Instant stale_at(const Condition& condition, const ProbePolicy& rule);

/// The condition turns unknown, since nothing but `unknown` came for too long.
void fade(Condition& condition, Instant now);

/// Forgets what was seen: the target is another one now.
void reset(Condition& condition, Instant now);

/// Sets a condition that is a fact rather than a count.
void settle(Condition& condition, ConditionStatus status, std::string_view evidence, Instant now);

}  // namespace heald
