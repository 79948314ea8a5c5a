#include "sim/book.hpp"

#include <algorithm>

namespace heald::sim {
namespace {

bool takes_a_place(const ServiceState& state) {
  if (!state.action) return false;
  if (state.activity != Activity::acting && state.activity != Activity::verifying) return false;
  const ActionState& action = *state.action;
  const bool rolling = action.cause == Cause::convergence &&
                       (action.kind == ActionKind::restart || action.kind == ActionKind::reload);
  return rolling || is_rung(action.cause);
}

}  // namespace

bool Step::records(RecordKind kind, ServiceId service) const {
  return std::any_of(decision.records.begin(), decision.records.end(), [&](const Record& record) {
    return record.kind == kind && record.service == service;
  });
}

bool is_rung(Cause cause) { return cause == Cause::ladder || cause == Cause::slow_retry; }

bool is_asked_stop(Cause cause, ActionKind kind) {
  return kind == ActionKind::stop && !is_rung(cause);
}

bool is_alive(const ServicePolicy& policy, std::size_t condition) {
  const std::size_t first = policy.process() != nullptr ? 1 : 0;
  return condition < first || policy.probes[condition - first].role == ProbeRole::alive;
}

const GroupPolicy* group_of(const Policy& policy, const std::string& name) {
  const auto found = std::find_if(policy.groups.begin(), policy.groups.end(),
                                  [&](const GroupPolicy& each) { return each.name == name; });
  return found == policy.groups.end() ? nullptr : &*found;
}

Count recount(const Step& step, const std::string& group) {
  Count count;
  each_declared(step.engine, [&](ServiceId member) {
    if (step.engine.policy(member)->group != group) return;
    ++count.members;
    count.acting += takes_a_place(step.state(member)) ? 1 : 0;
    count.healthy += step.state(member).health == Health::healthy ? 1 : 0;
  });
  return count;
}

}  // namespace heald::sim
