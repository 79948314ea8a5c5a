#pragma once
// What must hold after every step, whatever the world does (docs/campaign.md lists it).
//
// The checks keep books of their own, from what the engine is told and what it answers. They share
// no arithmetic with it, so that an error of the engine's is not repeated here. Each book is about
// one thing; docs/campaign.md names the invariants as the breaches do.

#include <memory>

#include "sim/action_book.hpp"
#include "sim/condition_book.hpp"
#include "sim/gate_book.hpp"
#include "sim/incident_book.hpp"
#include "sim/ladder_book.hpp"
#include "sim/proof_book.hpp"
#include "sim/sight_book.hpp"

namespace heald::sim {

/// Watches one engine, or one after another over deaths of heald. One thread.
class Invariants {
 public:
  explicit Invariants(Breach breach);
  Invariants(const Invariants&) = delete;
  Invariants& operator=(const Invariants&) = delete;

  /// Before the engine takes the event in, which has to live until `after`.
  void before(const Event& event);
  void after(const Engine& engine, const Decision& decision, Instant now);
  /// heald died: nothing of what was in flight will be heard of.
  void heald_died();

 private:
  void check_marking(const Decision& decision);
  void check_wake(const Step& step);
  void check_looks(const Step& step);

  Requirement require_;
  std::shared_ptr<const Policy> policy_;
  const Event* event_ = nullptr;  // between `before` and `after`
  bool adopted_ = false;
  ActionBook actions_{require_};
  GateBook gates_{require_};
  LadderBook ladders_{require_};
  SightBook sight_{require_};
  ConditionBook conditions_{require_, sight_};
  ProofBook proofs_{require_, sight_};
  IncidentBook incidents_{require_};
};

}  // namespace heald::sim
