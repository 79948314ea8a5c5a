#pragma once
// What the supervisor shows to other threads: one immutable page for each service, replaced
// when it changes. Readers take a page and keep it; they never copy everything and never make
// the control strand wait.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "heald/engine.hpp"
#include "heald/ids.hpp"
#include "heald/message.hpp"
#include "heald/observation.hpp"
#include "heald/policy.hpp"
#include "heald/state.hpp"

namespace heald {

/// The latest run of one probe. Kept apart from the page, since it changes with every look.
struct ProbeReading {
  Outcome outcome = Outcome::unknown;
  Instant ended{};  ///< zero: it has not run yet
  Duration took{};
};

/// A service as it stood after one decision.
struct ServicePage {
  ServiceId id;
  std::shared_ptr<const ServicePolicy> policy;  ///< null: removed from the rules
  ServiceState state;
  /// Empty while idle: the next look of an idle service moves with each one before it, and looks
  /// alone make no new page.
  Engine::Next next;
  std::string said = {};  ///< by its process about itself (sd_notify), for people
};

/// The whole daemon, without its services.
struct DaemonPage {
  DaemonState state;
  std::string revision;       ///< of the rules in force
  WallTime rules_loaded{};    ///< when these came in force
  std::string rules_problem;  ///< why newer rules were refused; empty: they were not
  WallTime rules_refused{};   ///< when rules were refused last; the epoch: never
  std::uint64_t reloads_loaded = 0, reloads_refused = 0;  ///< since the daemon began
  std::string journal_problem;
  std::string oom_problem;  ///< why rungs for `oom` can never apply; empty: they can, or none is
  std::vector<TroubledReceiver> troubled_receivers;  ///< that take no messages
  std::string logs;        ///< the folder of what services print; empty: it is not kept
  bool ready = false;      ///< rules loaded, journal open, adoption finished
  bool observe = false;    ///< started with --observe
};

/// Thread-safe. Written by the control strand alone.
class Board {
 public:
  Board() = default;
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  /// Replaces the service's page; its readings start anew when the rules are others.
  void publish(std::shared_ptr<const ServicePage> page);
  void publish(std::shared_ptr<const DaemonPage> page);
  /// Ignored for a probe that the service's page does not have.
  void publish(ServiceId service, ProbeIndex probe, const ProbeReading& reading);

  [[nodiscard]] std::shared_ptr<const DaemonPage> daemon() const;
  /// Null: no such service ever. One that was removed is found, with a page without rules.
  [[nodiscard]] std::shared_ptr<const ServicePage> find(std::string_view name) const;
  /// The pages of `count` slots from `first` on. Removed services are left out of the answer, so
  /// that it may be shorter, or empty, before the end: go on until `first` reaches `slots()`.
  [[nodiscard]] std::vector<std::shared_ptr<const ServicePage>> slice(std::size_t first,
                                                                      std::size_t count) const;
  [[nodiscard]] std::size_t slots() const;
  /// A reading that has not run for a service or probe that does not exist.
  [[nodiscard]] ProbeReading reading(ServiceId service, ProbeIndex probe) const;

 private:
  using Pages = std::vector<std::shared_ptr<const ServicePage>>;
  /// A slot by the name on its page, which is never another one.
  struct Name {
    const Pages* pages;
    std::string_view operator()(std::uint32_t slot) const { return (*pages)[slot]->state.name; }
    std::string_view operator()(std::string_view name) const { return name; }
  };
  struct NameHash {
    using is_transparent = void;
    Name name_of;
    std::size_t operator()(auto which) const {
      return std::hash<std::string_view>{}(name_of(which));
    }
  };
  struct NameEqual {
    using is_transparent = void;
    Name name_of;
    bool operator()(auto left, auto right) const { return name_of(left) == name_of(right); }
  };

  mutable std::mutex mutex_;
  std::shared_ptr<const DaemonPage> daemon_ = std::make_shared<DaemonPage>();
  Pages pages_;  ///< by slot; null: not yet shown
  std::unordered_set<std::uint32_t, NameHash, NameEqual> slots_{
      0, NameHash{{&pages_}}, NameEqual{{&pages_}}};
  std::vector<std::vector<ProbeReading>> readings_;
};

}  // namespace heald
