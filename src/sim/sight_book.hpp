#pragma once
// What was looked at, which looks the engine has to take in, and which sources are blind.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "sim/book.hpp"
#include "sim/per_probe.hpp"

namespace heald::sim {

class SightBook {
 public:
  explicit SightBook(const Requirement& require) : require_(require) {}

  void before(const Event& event);
  void after(const Step& step);
  void heald_died();

  /// Whether the observation of this step has to be taken in: it was awaited, and nothing came
  /// between that makes it too old to tell.
  [[nodiscard]] bool certain(const Step& step) const;
  /// Whether the observation of this step must not be taken in: heald stalled while it was made.
  [[nodiscard]] bool thrown_away() const { return thrown_away_; }
  /// Whether the source of a probe is blind, as the records tell; empty: they do not tell.
  [[nodiscard]] std::optional<bool> blind(const ProbePolicy& probe) const;
  /// When a probe was looked at last, or its look was answered; empty: not since heald began.
  [[nodiscard]] std::optional<Instant> looked(const ProbeKey& key) const;
  [[nodiscard]] bool in_flight(const ProbeKey& key) const { return looks_.contains(key); }

 private:
  struct Look {
    ProbeRun run;
    bool starved = false;  // heald stood still meanwhile
  };
  struct Silence {
    bool silent = false;
    bool doubtful = false;  // the latest look may have been taken in or not
    Instant since{};
  };
  struct Count {
    std::size_t probes = 0, silent = 0, recent = 0, addresses = 0;
    bool doubtful = false;
  };
  void forget(ServiceId service);
  void note_silence(const Step& step, const Observation& seen);
  void check_blind(const Step& step, const std::string& source);
  void check_act(const Step& step, const ActCommand& command);
  void check_root_cause(const Step& step, ServiceId service);
  void check_look(const Step& step, const ProbeCommand& command);
  [[nodiscard]] Count count(const Step& step, const std::string& source) const;

  std::reference_wrapper<const Requirement> require_;
  PerProbe<Look> looks_;  // in flight and awaited
  PerProbe<Instant> looked_;
  PerProbe<Instant> heard_;  // when the latest began that may have been taken in
  std::map<ServiceId, Instant> sick_since_;  // those in a new incident, without an action in it
  std::map<ProbeKey, Silence> silences_;  // those that are silent or doubtful
  std::map<std::string, std::optional<bool>> blind_;  // by source, as told
  std::map<ActionId, ServiceId> acting_;
  bool awaited_ = false;  // the observation being taken in
  bool thrown_away_ = false;  // it was in flight over a stall
  bool ending_ = false;   // heald is shutting down, and takes no look in any more
};

}  // namespace heald::sim
