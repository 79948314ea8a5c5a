#pragma once
// The engine under the new rules, led through what was recorded.

#include <functional>
#include <memory>
#include <string>

#include "heald/engine.hpp"
#include "replay/deeds.hpp"

namespace heald {

/// What it decides on the way.
struct CandidateEars {
  std::function<void(const std::string& service, const Record&)> record;
  std::function<void(Deed)> deed;
};

/// Looks and outcomes are the recorded ones. What comes by time alone comes at its time, or with
/// what is recorded shortly after: no heald is on the dot.
class Candidate {
 public:
  Candidate(std::uint64_t seed, Snapshot beginning, CandidateEars ears);

  void load(Instant at, std::shared_ptr<const Policy> rules);
  /// What is due before `at`.
  void advance(Instant at);
  void step(Instant at, decltype(Event::input) input);
  /// A look that was recorded. Nothing, where these rules have no such probe.
  void look(const std::string& service, const std::string& probe, Instant at, Observation seen);

  /// The declared service of this name; empty: these rules have none.
  [[nodiscard]] std::optional<ServiceId> find(const std::string& service) const;
  [[nodiscard]] const Engine& engine() const { return engine_; }

 private:
  Engine engine_;
  CandidateEars ears_;
  Instant wake_at_ = never;
  std::uint64_t runs_ = std::uint64_t{1} << 40U;  ///< above all that the engine numbers itself
};

}  // namespace heald
