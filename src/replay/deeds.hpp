#pragma once
// What was done, against what new rules would have done: the same action at the same time, or not.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "heald/decision.hpp"

namespace heald {

/// What comes by time alone may come so late: no heald wakes up on the dot.
inline constexpr Duration longest_delay = std::chrono::seconds{1};

/// An action, from its intent on.
struct Deed {
  std::string service;
  ActionId id;
  Instant at{};
  ActionKind kind = ActionKind::restart;
  std::string rung;  ///< empty: of no ladder
  Cause cause = Cause::ladder;
  std::optional<Action> action;  ///< in full, where it is known
  bool by_time = false;          ///< nothing came in that it followed from
};

/// The first action of a service that only one side takes, or that the sides take differently.
struct Parting {
  std::string service;
  Instant at{};
  std::optional<Deed> here;      ///< under the new rules
  std::optional<Deed> recorded;  ///< as it was
};

/// Two deeds are one when they do the same to the same service at the same time, whatever their
/// rungs are called and whyever they were taken. Both sides hear of what happened in the same
/// instant; only what the new rules do by time alone may have been done somewhat later then.
/// What arrives is in the order of time, of one instant the new rules' first.
class Deeds {
 public:
  std::optional<Parting> here(Deed deed);
  std::optional<Parting> recorded(Deed deed);
  /// Its outcome is known: if the new rules have not taken it by now, they have not.
  std::optional<Parting> recorded_ended(ActionId recorded);
  /// It was never started.
  void recorded_withheld(ActionId recorded);
  /// What found no counterpart until `now`.
  std::vector<Parting> expire(Instant now);
  /// One was recorded that the new rules have not taken yet.
  [[nodiscard]] bool recorded_waits(const std::string& service) const {
    return recorded_.contains(service);
  }
  /// The new rules' action that is the recorded one; empty: there is none.
  [[nodiscard]] std::optional<ActionId> here_of(ActionId recorded) const;

 private:
  using Waiting = std::map<std::string, Deed>;
  std::optional<Parting> meet(const Deed& here, const Deed& recorded);

  Waiting here_, recorded_;  ///< by service, until the counterpart comes
  std::map<ActionId, ActionId> same_;
};

}  // namespace heald
