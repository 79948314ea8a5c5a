#pragma once
// What the supervisor shows to other threads: one immutable page for each service, replaced
// when it changes. Readers take a page and keep it; they never copy everything and never make
// the control strand wait.

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "heald/engine.hpp"
#include "heald/ids.hpp"
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
  Engine::Next next;
};

/// The whole daemon, without its services.
struct DaemonPage {
  DaemonState state;
  std::string revision;       ///< of the rules in force
  std::string rules_problem;  ///< why newer rules were refused; empty: they were not
  std::string journal_problem;
  bool ready = false;      ///< rules loaded, journal open, adoption finished
  bool observe = false;    ///< started with --observe
};

/// Thread-safe. Written by the control strand alone.
class Board {
 public:
  void publish(std::shared_ptr<const ServicePage> page);
  void publish(std::shared_ptr<const DaemonPage> page);
  void publish(ServiceId service, ProbeIndex probe, const ProbeReading& reading);

  [[nodiscard]] std::shared_ptr<const DaemonPage> daemon() const;
  /// Null: no such service.
  [[nodiscard]] std::shared_ptr<const ServicePage> find(std::string_view name) const;
  /// Up to `count` pages from slot `first` on; fewer mean that these were the last. Removed
  /// services are left out of the answer, but count as slots.
  [[nodiscard]] std::vector<std::shared_ptr<const ServicePage>> slice(std::size_t first,
                                                                      std::size_t count) const;
  [[nodiscard]] std::size_t slots() const;
  [[nodiscard]] ProbeReading reading(ServiceId service, ProbeIndex probe) const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const DaemonPage> daemon_ = std::make_shared<DaemonPage>();
  std::vector<std::shared_ptr<const ServicePage>> pages_;
  std::vector<std::vector<ProbeReading>> readings_;
};

}  // namespace heald
