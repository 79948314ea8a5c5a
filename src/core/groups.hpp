#pragma once
// What services share: the counts of their group, kept as they change, and its storms.

#include <cstdint>
#include <string>
#include <vector>

#include "heald/ids.hpp"
#include "heald/policy.hpp"
#include "heald/time.hpp"

namespace heald {

/// One group's counts. All times are the engine's; nothing here is looked for, only counted.
class Group {
 public:
  explicit Group(GroupPolicy policy) : policy_(std::move(policy)) {}

  [[nodiscard]] const GroupPolicy& policy() const { return policy_; }
  void replace(GroupPolicy policy) { policy_ = std::move(policy); }

  void join() { ++members_; }
  void leave() { --members_; }
  [[nodiscard]] std::uint32_t members() const { return members_; }

  void count_healthy(int change) { healthy_ += static_cast<std::uint32_t>(change); }
  [[nodiscard]] std::uint32_t healthy() const { return healthy_; }
  /// How many have to stay healthy for an action to take a healthy one down.
  [[nodiscard]] std::uint32_t floor() const;

  void count_acting(int change) { acting_ += static_cast<std::uint32_t>(change); }
  [[nodiscard]] std::uint32_t acting() const { return acting_; }

  /// A member turned unhealthy. True: a storm begins with it.
  bool turned_unhealthy(ServiceId service, Instant now);
  /// A verdict was given to a rung of a member's ladder (not to a slow retry).
  void judged(Instant now);
  /// Takes up a storm that an earlier run of heald was in.
  void resume_storm(Instant until) { storm_until_ = until; }
  [[nodiscard]] bool storm(Instant now) const;
  [[nodiscard]] Instant storm_until() const { return storm_until_; }
  /// Whether a member may act in this storm: it is one of those let, or there is room for one.
  [[nodiscard]] bool lets(ServiceId service) const;
  /// Makes a member one of those let.
  void let(ServiceId service);
  /// A storm is over: what turned in it does not count towards another.
  void end_storm() { turns_.clear(); }

  /// Services whose next action a guard of this group holds back.
  std::vector<ServiceId> waiting;

 private:
  struct Turn {
    ServiceId service;
    Instant at;
  };

  GroupPolicy policy_;
  std::uint32_t members_ = 0;
  std::uint32_t healthy_ = 0;
  std::uint32_t acting_ = 0;
  std::vector<Turn> turns_;  // to unhealthy, within the storm's window, one for each member
  std::vector<ServiceId> let_;
  Instant storm_until_{};
};

}  // namespace heald
