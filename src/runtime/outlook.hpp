#pragma once
// What an engine will do when all goes well: a copy of it is let do so, in virtual time.

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "heald/engine.hpp"

namespace heald {

/// An action of convergence or of an operator's word.
struct Foreseen {
  Duration after{};   ///< from now on, at the earliest
  ServiceId service;
  ActionKind kind{};
  Hold waited;  ///< what held it back until then, the last of several; or `Guard::none`
};

/// Plays an engine until it has converged. Every action is done at once and every look passes,
/// except that what fails now goes on failing until its service was started anew: so the order
/// and the limits are the engine's own, and the times the shortest possible.
///
/// Predicting them from the rules instead would be a second opinion about order, groups, guards
/// and verification, free to disagree with the first.
class Outlook {
 public:
  /// `engine`: a copy (`Engine::what_if`), and the instant that it is at.
  Outlook(Engine engine, Instant now);

  /// Tells it something, now.
  void feed(decltype(Event::input) input);
  /// Until everything has converged, or nothing moves any more.
  void play();
  /// For so long.
  void play(Duration lasting);

  [[nodiscard]] const Engine& engine() const { return engine_; }
  [[nodiscard]] const std::vector<Foreseen>& actions() const { return actions_; }
  [[nodiscard]] Instant now() const { return now_; }
  /// What does not come to pass by itself, and what holds it.
  [[nodiscard]] std::map<ServiceId, Hold> waiting() const;
  /// False: it was too much to be played to its end.
  [[nodiscard]] bool whole() const { return whole_; }

 private:
  struct Pending {
    Instant at;
    Event event;
  };

  void turn();
  void step(Event event);
  void take(const Command& command);
  void act(const ActionOrder& order, Cause cause);
  void note_sick();
  void watch(ServiceId service);
  [[nodiscard]] bool converges(ServiceId service) const;
  [[nodiscard]] bool stuck() const;

  Engine engine_;
  Instant began_, now_;
  Instant wake_at_ = never;
  Instant moved_;                ///< when anything was acted upon or verified last
  std::deque<Pending> pending_;  ///< in order of time: everything takes equally long
  std::set<std::pair<ServiceId, ProbeIndex>> sick_;
  std::set<ServiceId> converging_;
  std::set<ServiceId> moving_;  ///< acted upon or verified
  std::map<ServiceId, Hold> held_;
  std::vector<Foreseen> actions_;
  std::size_t steps_left_;
  bool whole_ = true;
};

/// An engine under these rules whose services all run and are well, for plans without a daemon.
struct AtRest {
  Engine engine;
  Instant now;
};
[[nodiscard]] AtRest at_rest(const std::shared_ptr<const Policy>& rules);

}  // namespace heald
