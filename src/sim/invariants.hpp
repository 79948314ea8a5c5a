#pragma once
// What must hold after every step, whatever the world does (SEMANTICS: "first, do no harm").
//
// The checks keep books of their own, from what the engine is told and what it answers. They share
// no arithmetic with it, so that an error of the engine's is not repeated here.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "heald/engine.hpp"
#include "sim/spending.hpp"

namespace heald::sim {

/// Called with a sentence that names what was breached, by which service or action.
using Breach = std::function<void(const std::string&)>;

/// Watches one engine, or one after another over deaths of heald. One thread.
class Invariants {
 public:
  explicit Invariants(Breach breach);

  /// Before the engine takes the event in.
  void before(const Event& event);
  void after(const Engine& engine, const Decision& decision, Instant now);
  /// heald died: nothing of what was in flight will be heard of.
  void heald_died();

 private:
  void check_act(const Engine& engine, const Decision& decision, const ActCommand& command);
  void check_gates(const Engine& engine, ServiceId service, const ActionState& action);
  void check_places(const Engine& engine, ServiceId service);
  void check_look(const ProbeCommand& command);
  void check_record(const Record& record);
  void check_marking(const Decision& decision);
  void check_states(const Engine& engine);
  void check_attempts(const Engine& engine, const Decision& decision);
  void check_wake(const Engine& engine, const Decision& decision, Instant now);
  void check_hold(const Hold& hold);
  void check_groups(const Engine& engine);
  void note_operation(const Engine& engine, const Operated& word);
  void require(bool holds, const std::function<std::string()>& breached);

  Breach breach_;
  std::shared_ptr<const Policy> policy_;
  std::set<ActionId> unanswered_;       // actions ordered, and not heard of
  std::map<ServiceId, ActionId> open_;  // actions without a verdict, by service
  std::set<ActionId> ended_;            // actions with a verdict
  std::map<std::pair<ServiceId, ProbeIndex>, ProbeRun> looks_;  // in flight and awaited
  std::set<std::string> stopped_;       // by an operator, and not started since
  /// The ladders' attempts as last seen, by service: incident, then attempts by rung.
  std::map<ServiceId, std::pair<IncidentId, std::map<std::string, std::uint32_t>>> attempts_;
  Spending spending_;
  std::optional<Operated> word_;        // of the event that is being taken in
  bool adopted_ = false;
  bool ending_ = false;     // a shutdown was asked for
  bool shut_down_ = false;  // and has finished
};

}  // namespace heald::sim
