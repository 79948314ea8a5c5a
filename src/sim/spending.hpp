#pragma once
// Independent books of the budgets: who acted when, over reloads and deaths of heald.

#include <map>
#include <string>
#include <vector>

#include "heald/engine.hpp"

namespace heald::sim {

class Spending {
 public:
  /// A rung's action that spends was ordered.
  void spend(const std::string& service, ActionId action, Instant at);
  /// It was never begun, or its runtime cannot carry it out: nothing was spent.
  void give_back(ActionId action);

  /// Actions of one service in the window of this length that ends now.
  [[nodiscard]] std::size_t of(const std::string& service, Duration window, Instant now) const;
  /// The same of all services together.
  [[nodiscard]] std::size_t in_all(Duration window, Instant now) const;

 private:
  struct Spent {
    std::string service;
    ActionId action;
    Instant at;
  };
  std::vector<Spent> spent_;  // in the order of time
};

}  // namespace heald::sim
