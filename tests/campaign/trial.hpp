#pragma once
// One scenario, tried: safety while the faults go on, liveness when they have stopped, the end,
// and the replay.

#include <optional>
#include <string>

#include "sim/scenario.hpp"
#include "tally.hpp"

namespace heald::campaign {

struct Failure {
  std::string invariant;  ///< "budget", "liveness", "replay"
  std::string text;       ///< what was breached, by whom, and when
};

/// What a trial takes: `quick` leaves the replay out.
enum class Depth : std::uint8_t { quick, whole };

/// What is told of a trial besides its failure, to whom it is of use.
struct Account {
  std::string* timeline = nullptr;  ///< what happened, one line for each record
  Tally* tally = nullptr;           ///< how often what happened
};

/// The first thing that does not hold; empty: everything does.
[[nodiscard]] std::optional<Failure> try_scenario(const sim::Scenario& scenario, Depth depth,
                                                  const Account& account = {});

/// The smallest scenario found that fails by the same invariant: fewer faults, fewer services, a
/// shorter play.
[[nodiscard]] sim::Scenario shrink(sim::Scenario scenario, const Failure& failure);

/// Rules and fault script, as a fault-script file reads.
[[nodiscard]] std::string describe(const sim::Scenario& scenario);

}  // namespace heald::campaign
