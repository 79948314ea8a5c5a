#pragma once
// What must hold after every step, whatever the world does (docs/campaign.md lists it).
//
// The checks keep books of their own, from what the engine is told and what it answers. They share
// no arithmetic with it, so that an error of the engine's is not repeated here. Each book is about
// one thing; docs/campaign.md names the invariants as the breaches do.

#include <memory>
#include <optional>

#include "sim/action_book.hpp"
#include "sim/condition_book.hpp"
#include "sim/gate_book.hpp"
#include "sim/incident_book.hpp"
#include "sim/ladder_book.hpp"
#include "sim/proof_book.hpp"
#include "sim/reload_book.hpp"
#include "sim/sight_book.hpp"
#include "sim/telling_book.hpp"

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
  /// What a heald that comes back would find in a journal that works is what this one knows.
  void check_written(const Engine& engine, const Snapshot& journal) const;
  /// heald died: nothing of what was in flight will be heard of, nor of what was not written down.
  void heald_died();
  /// From now on nothing is written down: a heald that dies goes on from here.
  void journal_fails();
  /// Everything is written down, what was not before included.
  void journal_works() { written_.reset(); }

 private:
  void check_marking(const Decision& decision);
  void check_wake(const Step& step, ServiceId service);
  void check_looks(const Step& step);

  struct Books {
    explicit Books(const Requirement& require);
    ActionBook actions;
    GateBook gates;
    LadderBook ladders;
    SightBook sight;
    ConditionBook conditions;
    ProofBook proofs;
    IncidentBook incidents;
    ReloadBook reloads;
    TellingBook tellings;
  };

  Requirement require_;
  std::shared_ptr<const Policy> policy_;
  const Event* event_ = nullptr;  // between `before` and `after`
  bool adopted_ = false;
  Books books_{require_};
  std::optional<Books> written_;  // as they stood when the journal began to fail
};

}  // namespace heald::sim
