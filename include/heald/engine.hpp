#pragma once
// The engine: declared state against observed state, and what to do about the difference.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "heald/decision.hpp"
#include "heald/event.hpp"
#include "heald/state.hpp"

namespace heald {

class World;

/// A deterministic machine. It reads no clock, does no input or output, starts no thread and
/// keeps no random generator: equal seeds and equal events give equal decisions.
///
/// The caller's contract:
///  1. one thread; events in the order in which they happened;
///  2. of each decision, first the journal: the event (when `marked`), the records, the state of
///     the services in `changed`. Only when these are durable may the `ActCommand`s start, but for
///     those that are `armed`; every one of them is answered with exactly one `ActionFinished` or
///     `ActionWithheld`;
///  3. every `ProbeCommand` is answered with exactly one `Observation`;
///  4. at `wake_at` (of the latest decision), a `Tick`.
///
/// Start-up: `restore` (when there is a snapshot), `PolicyLoaded`, `Restarted` (when restored),
/// a `ProcessFound` for each process service, `AdoptionFinished`.
class Engine {
 public:
  /// `seed` spreads probes and jitters back-off; any number will do, the same one replays.
  explicit Engine(std::uint64_t seed);
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// Goes on where another engine stopped. Before the first `step` only. The snapshot is free of
  /// what `contradiction` looks for.
  void restore(Snapshot snapshot);

  /// Folds the event into the state and decides. The result is valid until the next call.
  const Decision& step(const Event& event);

  /// The slot of a service by name, declared or once declared; empty: never seen.
  [[nodiscard]] std::optional<ServiceId> find(std::string_view name) const;
  /// How many slots there are; ids run from 0 to this.
  [[nodiscard]] std::size_t size() const;
  /// False for a service that was removed from the rules.
  [[nodiscard]] bool declared(ServiceId service) const;
  [[nodiscard]] const ServiceState& state(ServiceId service) const;
  /// The rules of a declared service.
  [[nodiscard]] const std::shared_ptr<const ServicePolicy>& policy(ServiceId service) const;
  [[nodiscard]] const DaemonState& daemon() const;
  [[nodiscard]] Snapshot snapshot() const;

  /// A copy that nothing real hangs on, to be asked what would follow from an event. The looks that
  /// are in flight here are ordered anew there, for nobody will report them.
  [[nodiscard]] Engine what_if() const;

  /// Every guard that would hold the service's next action back at this moment, in the order in
  /// which they are asked; empty: nothing does. For people: `heald explain`.
  [[nodiscard]] std::vector<Hold> guards(ServiceId service) const;
  /// What comes next by itself and when, for people; `when == never`: nothing by time.
  struct Next {
    std::string what;
    Instant when = never;
  };
  [[nodiscard]] Next next(ServiceId service) const;

 private:
  std::unique_ptr<World> world_;
};

}  // namespace heald
