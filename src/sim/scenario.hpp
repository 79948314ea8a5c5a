#pragma once
// A scenario: rules, faults and a seed; the play of it; and what came of it, fault by fault.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/fault.hpp"
#include "sim/rehearsal.hpp"

namespace heald::sim {

struct Scenario {
  /// The first are in force from the beginning, the others are there for `ReloadRules`.
  std::vector<std::shared_ptr<const Policy>> rules;
  std::uint64_t seed = 1;
  std::vector<Fault> faults;
  /// What runs before the scenario's beginning, so that it begins with a world at peace. None:
  /// heald starts at the beginning, and faults at 0 are true before it does.
  Duration settling = 2min;
  Duration length = 1h;  ///< from the beginning
  /// What heald finds of an earlier life of it: nothing, or its children but no journal.
  Past past = Past::none;
};

/// How one fault ended for one service (or for heald).
enum class Ending : std::uint8_t {
  healed,      ///< an action cured it, and the service was verified healthy
  recovered,   ///< it was over by itself, and the service healthy again
  passed,      ///< it was over before it made anybody sick, or is a circumstance and over
  stopped,     ///< the service is not wanted running any more, or was removed
  lasting,     ///< a circumstance, true to the end
  unseen,      ///< an ailment to the end, and nothing saw it
  not_healed,  ///< an ailment to the end, or it left a sick service behind
};
[[nodiscard]] std::string_view to_string(Ending ending);
/// `unseen` and `not_healed`.
[[nodiscard]] bool is_bad(Ending ending);

/// One fault, on one of the services that it hits.
struct Hit {
  std::size_t fault = 0;  ///< its place in `Scenario::faults`
  std::string service;    ///< empty: heald
  Instant began = never;  ///< `never`: the play did not get there
  Instant over = never;   ///< when it was true no longer, in the world
  ActionId cured_by;      ///< the action that ended it; none: by itself
  // What heald made of it; each `never` when it did not.
  Instant detected = never;  ///< the service's incident opened (or was open when it began)
  Instant acted = never;     ///< the first action on it was intended
  Instant healthy = never;   ///< verified healthy, after `over`
  std::vector<ActionId> actions;  ///< on the service, from `began` to `healthy`
  std::size_t told = 0;           ///< messages to people about it, in the same time
  Ending ending = Ending::passed;
};

/// What came of a scenario. Instants are engine time; the scenario begins at `beginning`.
struct Upshot {
  Instant beginning{};
  std::vector<Hit> hits;  ///< in the order in which they began
  std::vector<Record> records;
  std::vector<Ordered> ordered;
  std::vector<Told> told;
  std::vector<std::string> breaches;  ///< invariants that did not hold
  std::vector<ServiceState> services;  ///< at the end, by id
  /// Wanted running, declared, and not healthy at the end.
  std::vector<std::string> sick;
};

/// One run of a scenario, in steps where a caller wants to look in between.
class Play {
 public:
  explicit Play(Scenario scenario, Keep keep = Keep::records);
  ~Play();
  Play(const Play&) = delete;
  Play& operator=(const Play&) = delete;

  /// To the end of the scenario.
  Play& run();
  /// So much further, beyond the end as well.
  Play& go_on(Duration lasting);
  /// Nothing is wrong any more, nothing planned goes wrong: ailments are gone (what has crashed
  /// stays down until it is started), probes tell the truth, the journal works, pauses and
  /// freezes are taken back.
  Play& end_faults();
  /// So far.
  [[nodiscard]] Upshot upshot() const;

  [[nodiscard]] Rehearsal& world() { return world_; }
  [[nodiscard]] const std::vector<std::string>& breaches() const { return breaches_; }

 private:
  void note(const std::string& breach);
  void plan_faults();
  void begin_fault(std::size_t number);
  void end_fault(std::size_t number);
  void begin_for_heald(std::size_t number);
  void operate(const Fault& fault, const Operate& word);
  [[nodiscard]] bool begins_before_heald(const Fault& fault) const;
  [[nodiscard]] std::vector<std::string> hit_by(const Fault& fault) const;

  Scenario scenario_;
  std::vector<std::string> breaches_;
  Rehearsal world_;
  Instant beginning_{};
  bool begun_ = false;
  bool calm_ = false;  // after `end_faults`
  std::vector<Hit> for_heald_;
};

[[nodiscard]] Upshot play(const Scenario& scenario);

}  // namespace heald::sim
