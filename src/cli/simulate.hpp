#pragma once
// What `heald simulate` prints.

#include "cli/verbs.hpp"
#include "policy/problem.hpp"
#include "sim/scenario.hpp"

namespace heald {

/// A rehearsal that is over.
struct Rehearsed {
  std::string rules;   ///< the rule file
  std::string faults;  ///< the fault script; empty: the default faults
  sim::Scenario scenario;
  sim::Upshot upshot;
};

/// Timeline, faults, summary.
void print_rehearsal(Console& console, const Rehearsed& rehearsed);
/// The same as one JSON object.
void print_rehearsal_json(Console& console, const Rehearsed& rehearsed);

/// What is wrong with the files, as one JSON object.
void print_problems_json(Console& console, const std::vector<Problem>& problems);

/// A record as the API would give it, at the wall time that its distance from the beginning is.
[[nodiscard]] RecordAnswer answer_of(const Rehearsed& rehearsed, const Record& record);
/// "hang", "probes silent", "stop web": what a fault is.
[[nodiscard]] std::string title_of(const sim::Fault& fault);
/// The rung, or kind, of an action: "restart".
[[nodiscard]] std::string deed_of(const sim::Upshot& upshot, ActionId action);
/// "restart restart restore": those of a hit, in order.
[[nodiscard]] std::string deeds_of(const sim::Upshot& upshot, const sim::Hit& hit);

}  // namespace heald
