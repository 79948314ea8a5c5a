#pragma once
// The books of a backtest: what the new rules decide and what was decided then, service by
// service, and how far the two can be compared.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "replay/backtest.hpp"
#include "replay/comebacks.hpp"
#include "replay/fit.hpp"

namespace heald {

class Trial {
 public:
  explicit Trial(std::shared_ptr<const Policy> rules);

  /// The rules of then are in force on both sides. Only actions are followed, to know them again.
  void follow(std::shared_ptr<const Policy> then);
  /// From here on the new rules are in force, as far as they fit the rules of then.
  void rules(std::shared_ptr<const Policy> then, Fitted fitted);
  /// What time it was when.
  void clock(Instant at, WallTime wall) { at_ = at, wall_ = wall; }
  [[nodiscard]] WallTime wall_of(Instant at) const;

  // --- What the new rules decide
  void here(const std::string& service, const Record& record);
  void here(Deed deed);
  // --- What was recorded
  void recorded(const RecordRow& row);
  void recorded_ended(ActionId action);
  void recorded_withheld(ActionId action) { deeds_.recorded_withheld(action); }
  [[nodiscard]] std::optional<ActionId> here_of(ActionId recorded) const {
    return deeds_.here_of(recorded);
  }
  void look(const std::string& service, const std::string& probe, const Observation& seen) {
    comebacks_.look(service, probe, seen);
  }
  void process(const std::string& service, Comebacks::Process process) {
    comebacks_.process(service, process);
  }

  /// It is now so late. True: claims about a service have ended since it was asked last.
  [[nodiscard]] bool pass(Instant now);
  /// Services that nothing is claimed of any more.
  [[nodiscard]] const std::set<std::string>& ended() const { return ended_; }
  /// Nothing is claimed of any service any more.
  void cut(Instant at);

  void gap(TriedGap gap) { gaps_.push_back(std::move(gap)); }
  [[nodiscard]] Backtest finish();

 private:
  struct Subject {
    TriedService told;
    std::vector<Onset> recorded, here;
    std::set<std::string> probes, missing, notes;
    bool ever_recorded = false;
    Guard held_here = Guard::none, held_then = Guard::none;  ///< what held the next action
  };

  [[nodiscard]] Subject* subject(const std::string& service);
  static void note(std::vector<Onset>& onsets, const Record& record, WallTime wall);
  void await_comeback(Subject& subject);
  void part(const std::optional<Parting>& parting);
  void end(const std::string& service, Ending ending);
  [[nodiscard]] std::string entangled_with(const Subject& subject) const;
  [[nodiscard]] std::set<std::string> needs_of(const std::string& service) const;
  [[nodiscard]] TriedService tell(Subject subject) const;
  [[nodiscard]] std::shared_ptr<const ServicePolicy> fitted(const std::string& service) const;
  [[nodiscard]] bool in_gap(const TimedIncident& incident) const;

  std::shared_ptr<const Policy> rules_, then_;
  ServiceIndex rules_by_name_, then_by_name_;
  Fitted fitted_;
  std::map<std::string, std::shared_ptr<const ServicePolicy>> fitted_by_name_;
  std::map<std::string, Subject> subjects_;  ///< the services of the new rules
  std::set<std::string> not_in_rules_;
  Deeds deeds_;
  Comebacks comebacks_;
  std::set<std::string> ended_;
  bool judging_ = false, news_ = false;
  Instant at_{};
  WallTime wall_{};
  std::vector<TriedGap> gaps_;
};

}  // namespace heald
