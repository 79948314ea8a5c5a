#pragma once
// An incident, as the engine remembers it and messages tell it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heald/ids.hpp"
#include "heald/policy.hpp"
#include "heald/time.hpp"

namespace heald {

enum class Verdict : std::uint8_t { healed, not_healed, unknown };
[[nodiscard]] std::string_view to_string(Verdict verdict);

/// How an incident ended, or that it has not.
enum class Closing : std::uint8_t { open, healed, recovered, stopped, removed };
[[nodiscard]] std::string_view to_string(Closing closing);

/// One time of being sick, from the first symptom on, and what was done about it.
struct Incident {
  IncidentId id;
  IncidentId root;      ///< the dependency's incident that this one is collected under; or none
  Instant first_symptom{};  ///< the first fail that led to it
  Instant opened{};
  Instant closed = never;
  Closing closing = Closing::open;
  std::uint32_t relapses = 0;
  std::uint32_t actions = 0;  ///< taken since the last reset; the exponent of the back-off
  std::map<std::string, std::uint32_t> attempts;  ///< by rung name, since the last reset
  Instant backoff_until{};
  Instant last_told{};   ///< for reminders
  Instant slow_retry_at = never;
  bool observed = false;       ///< `observe` has recorded what would have been done
  bool notify_only = false;    ///< opened by a condition that stayed unknown: nothing is done
  std::optional<Verdict> last_verdict;  ///< of its latest action
  std::string symptom;         ///< what opened it, for people
  /// Receivers that heard of it since it opened or relapsed, and are to hear of its end.
  std::vector<std::string> told;
  std::vector<std::string> told_latched;  ///< those of them who heard that no rung is left
  /// Receivers that hear of a dependency's incident instead, for as long as that one is open.
  std::vector<std::string> owed;
  /// What `last_verdict` is about, and the evidence for it.
  std::string last_rung;
  ActionKind last_action = ActionKind::restart;
  std::string last_evidence;
  friend bool operator==(const Incident&, const Incident&) = default;
};

}  // namespace heald
