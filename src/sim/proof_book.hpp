#pragma once
// Verdicts: each is judged again on what was looked at since the action's outcome.

#include <map>
#include <string>
#include <vector>

#include "sim/sight_book.hpp"

namespace heald::sim {

class ProofBook {
 public:
  ProofBook(const Requirement& require, const SightBook& sight)
      : require_(require), sight_(sight) {}

  void before(const Event& event);
  void after(const Step& step);
  void heald_died();

 private:
  struct Seen {
    Instant first = never;  // of the passes since the last fail that counts
    Instant last = never;
    bool failed = false;
  };
  struct Trial {
    ServiceId service;
    Cause cause{};
    VerifyPolicy rule;
    Instant finished = never;
    ActionResult result = ActionResult::unknown;
    std::map<std::string, Seen> seen;
    std::string revision;  // of the rules at its outcome
    Generation generation;  // that it was to start
  };
  void begin(const Step& step, ServiceId service);
  void note_found(const Step& step, ServiceId service);
  void note_look(const Step& step, const Observation& seen);
  void judge(const Step& step, const Record& verdict);
  void check_healed(const Step& step, const Trial& trial);
  void check_not_healed(const Step& step, const Trial& trial);
  void check_unknown(const Step& step, const Trial& trial);
  void check_lasting(const Step& step, const Trial& trial);

  std::reference_wrapper<const Requirement> require_;
  std::reference_wrapper<const SightBook> sight_;
  std::map<ActionId, Trial> trials_;
  std::map<ServiceId, bool> words_wait_;  // an operator's word waited at the end of the last step
  bool ending_ = false;  // heald is shutting down
};

}  // namespace heald::sim
