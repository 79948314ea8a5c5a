#pragma once
// What a reload would do, before it is done.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "heald/engine.hpp"
#include "heald/policy.hpp"
#include "runtime/differences.hpp"

namespace heald {

/// How an incident in progress goes on.
struct PlannedIncident {
  IncidentId id;
  bool closes = false;    ///< as `removed`
  bool unlatched = false;  ///< it is latched, and its ladder will be tried again
  /// Rungs that have used attempts, and are gone from the ladder with them.
  std::vector<std::string> forgotten;
};

struct PlannedService {
  std::string name;
  enum class What : std::uint8_t { untouched, added, changed, removed } what = What::untouched;
  bool process = false;         ///< under the rules that are new, or the last ones
  std::vector<KeyChange> keys;  ///< of a changed one
  std::vector<ActionKind> actions;  ///< what is done to it, in this order; see `Plan::actions`
  Hold waits;               ///< what holds such an action back for good; or `Guard::none`
  bool left_running = false;    ///< its process runs on without rules
  std::optional<ActionKind> in_flight;  ///< ends under the rules that it began with
  std::optional<PlannedIncident> incident;
};

struct PlannedAction {
  Duration after{};  ///< at the earliest
  std::string service, group;
  ActionKind kind{};
  Hold waited;  ///< the last hold before it; or `Guard::none`
};

struct Plan {
  std::string in_force, revision;  ///< the revisions
  /// Those that the new rules change or that something is done to, in the order of the new file,
  /// the removed ones last.
  std::vector<PlannedService> services;
  std::size_t untouched = 0;  ///< how many are not among these
  std::vector<PlannedAction> actions;  ///< in their order
  std::vector<KeyChange> keys;         ///< of the daemon, its groups and its receivers
  std::vector<GroupPolicy> groups;     ///< of the actions, as they will be
  std::uint32_t start_concurrency = 0;
  bool whole = true;  ///< false: there is too much to do to tell all of it
};

/// Lets a copy of the engine (`Engine::what_if`) load the rules, and tells what it does about them:
/// so a plan cannot disagree with the reload. Takes its time; any thread.
[[nodiscard]] Plan plan_reload(Engine engine, const Policy& in_force,
                               const std::shared_ptr<const Policy>& rules, Instant now);

/// As docs/api.md says, on one line.
[[nodiscard]] std::string to_json(const Plan& plan);

}  // namespace heald
