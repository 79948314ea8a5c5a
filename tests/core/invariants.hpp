#pragma once
// What must hold after every step, whatever the world does.

#include <map>
#include <set>
#include <utility>

#include "heald/engine.hpp"

namespace heald::rehearsal {

/// Watches an engine from outside, through what it is told and what it answers. Breaches are
/// reported as failures of the running test.
class Invariants {
 public:
  void before(const Event& event);
  void after(const Engine& engine, const Decision& decision, Instant now);
  /// Nothing of what was in flight will be heard of.
  void heald_died();

 private:
  void check_act(const Engine& engine, const ActCommand& command);
  void check_look(const ProbeCommand& command);
  void check_record(const Record& record);
  static void check_wake(const Engine& engine, const Decision& decision, Instant now);
  static void check_hold(const Hold& hold);
  static void check_groups(const Engine& engine);

  std::set<ActionId> unanswered_;               // actions ordered, and not heard of
  std::map<ServiceId, ActionId> open_;          // actions without a verdict, by service
  std::set<ActionId> ended_;                    // actions with a verdict
  std::map<std::pair<ServiceId, ProbeIndex>, ProbeRun> looks_;  // in flight and awaited
  bool shut_down_ = false;
};

}  // namespace heald::rehearsal
