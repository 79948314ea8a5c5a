#pragma once
// The interface to everything that looks.

#include <functional>
#include <memory>

#include "heald/ids.hpp"
#include "heald/observation.hpp"
#include "heald/policy.hpp"

namespace heald {

/// One look that the engine asked for.
struct ProbeOrder {
  ServiceId service;
  ProbeIndex probe;
  ProbeRun run;
  Instant begun;  ///< copied into the observation
  /// The rules of this probe: `policy->probes[probe]`, kept alive as long as the look lasts.
  std::shared_ptr<const ServicePolicy> policy;
};

/// Looks at targets. Implemented by `probe` (the real world) and by `sim`.
class Prober {
 public:
  /// Takes each finished observation; called on any thread.
  using Sink = std::function<void(Observation)>;

  Prober() = default;
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;
  virtual ~Prober() = default;

  /// Starts a look and returns at once. The sink is called exactly once for it, at the latest
  /// one second after the probe's timeout, whatever the target does; a look that the prober
  /// itself could not take is reported as `unknown`, never as the target's failure.
  /// Called on the control strand only.
  virtual void start(ProbeOrder order) = 0;
};

}  // namespace heald
