#pragma once
// Conditions and health, counted anew from the observations.

#include <map>
#include <string>
#include <utility>

#include "sim/sight_book.hpp"

namespace heald::sim {

class ConditionBook {
 public:
  ConditionBook(const Requirement& require, const SightBook& sight)
      : require_(require), sight_(sight) {}

  void before(const Event& event);
  void after(const Step& step);
  void heald_died();

 private:
  /// Of each count there are two: what the engine may have counted at most, and at least.
  struct Tally {
    std::uint32_t fails_at_most = 0, fails_at_least = 0;
    std::uint32_t passes_at_most = 0, passes_at_least = 0;
    Instant unknown_since = never;
    bool passed = false;  // since the start
  };
  struct Order {
    ServiceId service;
    bool starts = false;
    bool process = false;
  };
  void begin_counting(ServiceId service);
  void forget(ServiceId service);
  void begin(ServiceId service, Instant at);
  void keep_counts(const Step& step, ServiceId service);
  void tally(const Step& step, const Observation& seen);
  void check_turn(const Step& step, const Record& record);
  void check_status(const Step& step, const Observation& seen);
  void check_stale(const Step& step);
  void check_health(const Step& step);

  std::reference_wrapper<const Requirement> require_;
  std::reference_wrapper<const SightBook> sight_;
  PerProbe<Tally> tallies_;
  std::map<ActionId, Order> orders_;
  Instant returned_{};  // when this heald came back from a death
  std::map<ServiceId, Instant> started_;  // when its start period began
  std::map<ServiceId, bool> busy_;        // an action in flight or verified, at the step before
};

}  // namespace heald::sim
