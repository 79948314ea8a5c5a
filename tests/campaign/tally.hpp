#pragma once
// How often what happens happens: what is never met by any seed is not tried by any.

#include <cstddef>
#include <map>
#include <ostream>
#include <set>
#include <span>
#include <string>

#include "heald/decision.hpp"
#include "sim/scenario.hpp"

namespace heald::campaign {

class Tally {
 public:
  /// Everything that can be counted is listed from the beginning, with a count of none.
  Tally();
  /// One seed, to its end.
  void add(const sim::Scenario& scenario, std::span<const Record> records);
  friend std::ostream& operator<<(std::ostream& out, const Tally& tally);

 private:
  struct Count {
    std::size_t times = 0;
    std::size_t seeds = 0;
  };
  void meet(const std::string& what) { ++times_[what]; }
  void meet(const Record& record);

  std::map<std::string, Count> counts_;
  std::map<std::string, std::size_t> times_;  // in the seed at hand
};

}  // namespace heald::campaign
