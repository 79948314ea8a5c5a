// Whether a snapshot can be gone on from.

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "heald/state.hpp"
#include "world.hpp"

namespace heald {
namespace {

// Far beyond what any machine lives through, and far from where adding to it overflows.
constexpr Duration longest_life = std::chrono::hours{24} * 365 * 100;
constexpr Duration longest_rule = std::chrono::hours{24} * 365 * 20;

bool in_life(Instant instant) {
  return instant >= Instant{} && instant <= Instant{longest_life};
}

bool in_life_or_never(Instant instant) { return instant == never || in_life(instant); }

bool all_in_life(std::initializer_list<Instant> instants) {
  return std::all_of(instants.begin(), instants.end(), in_life);
}

bool all_in_life(const std::vector<Instant>& instants) {
  return std::all_of(instants.begin(), instants.end(), in_life);
}

bool can_be(Duration rule) { return rule >= Duration::zero() && rule <= longest_rule; }

std::string wrong_with(const Incident& incident) {
  const bool times = all_in_life({incident.first_symptom, incident.opened, incident.last_told}) &&
                     in_life_or_never(incident.closed);
  if (!times) return "its incident lies outside of time";
  const bool open = incident.closing == Closing::open;
  if (open != (incident.closed == never)) return "its incident is both open and closed";
  return {};
}

std::string wrong_with(const ActionState& action, const ServiceState& state,
                       const DaemonState& daemon) {
  if (!all_in_life({action.intended, action.finished})) return "its action lies outside of time";
  if (action.id.value() >= daemon.next_action) return "its action has a number to come";
  if (is_asked_stop(action)) return {};
  if (!state.verification) return "its action has no verification";
  const VerifyPolicy& rule = state.verification->rule;
  if (!can_be(rule.within) || !can_be(rule.stable_for)) return "its verification never ends";
  return {};
}

bool conditions_in_life(const ServiceState& state) {
  return std::all_of(state.conditions.begin(), state.conditions.end(), [](const Condition& each) {
    return in_life(each.changed) && in_life_or_never(each.failing_since) &&
           in_life_or_never(each.unknown_since);
  });
}

std::string wrong_with(const ServiceState& state, const DaemonState& daemon) {
  const bool times = all_in_life({state.health_since, state.activity_since, state.started}) &&
                     all_in_life(state.exits) && all_in_life(state.spent) &&
                     conditions_in_life(state);
  if (!times) return "it lies outside of time";
  const bool busy = state.activity == Activity::acting || state.activity == Activity::verifying;
  if (busy != state.action.has_value()) return "its activity and its action differ";
  const bool word = !state.pending || *state.pending == Operation::start ||
                    *state.pending == Operation::stop || *state.pending == Operation::restart;
  if (!word) return "what waits for its action is no action";
  std::string wrong;
  if (state.incident) wrong = wrong_with(*state.incident);
  if (wrong.empty() && state.action) wrong = wrong_with(*state.action, state, daemon);
  return wrong;
}

}  // namespace

std::string contradiction(const Snapshot& snapshot) {
  if (!in_life(snapshot.daemon.now) || !all_in_life(snapshot.daemon.spent)) {
    return "the daemon lies outside of time";
  }
  std::set<std::string_view> names;
  for (const ServiceState& state : snapshot.services) {
    if (!names.insert(state.name).second) return "two services are named '" + state.name + "'";
    const std::string wrong = wrong_with(state, snapshot.daemon);
    if (!wrong.empty()) return "service '" + state.name + "': " + wrong;
  }
  return {};
}

}  // namespace heald
