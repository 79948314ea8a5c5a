#pragma once
// What the books of the invariants have in common: the step that they watch, and how they speak.
// A book is copied as it stands: heald may have to go on from an earlier state (invariants.hpp).

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "heald/engine.hpp"

namespace heald::sim {

/// Called with "INVARIANT: what was breached, by which service or action".
using Breach = std::function<void(const std::string&)>;

/// One event and what the engine made of it.
struct Step {
  const Event& event;
  const Engine& engine;
  const Decision& decision;
  const Policy& policy;
  Instant now;
  bool adopted;  ///< heald has found out what runs, in this life of it

  [[nodiscard]] const ServiceState& state(ServiceId service) const {
    return engine.state(service);
  }
  /// False for a service that there is not, too: an event may name anything.
  [[nodiscard]] bool declares(ServiceId service) const {
    return service.value() < engine.size() && engine.declared(service);
  }
  /// "'web'".
  [[nodiscard]] std::string name(ServiceId service) const {
    return "'" + engine.state(service).name + "'";
  }
  template <class Input>
  [[nodiscard]] const Input* input() const {
    return std::get_if<Input>(&event.input);
  }
  /// Whether a record of this kind about this service is part of the decision.
  [[nodiscard]] bool records(RecordKind kind, ServiceId service) const;
};

/// Names an invariant and, where it does not hold, says so. An engine that spins at one instant
/// breaches without end: after a thousand breaches it throws std::runtime_error.
class Requirement {
 public:
  explicit Requirement(Breach breach) : breach_(std::move(breach)) {}

  template <class Text>
  void operator()(std::string_view invariant, bool holds, const Text& text) const {
    if (holds) return;
    breach_(std::string{invariant} + ": " + text());
    if (++breaches_ == 1000) throw std::runtime_error("a thousand breaches of invariants");
  }

 private:
  Breach breach_;
  mutable int breaches_ = 0;
};

/// An action of a ladder, which belongs to an incident and spends budget.
[[nodiscard]] bool is_rung(Cause cause);
/// A stop that is no rung: it has no verdict, for its outcome is its proof.
[[nodiscard]] bool is_asked_stop(Cause cause, ActionKind kind);
/// Calls `visit` with every declared service.
template <class Visit>
void each_declared(const Engine& engine, const Visit& visit) {
  for (std::uint32_t slot = 0; slot < engine.size(); ++slot) {
    if (engine.declared(ServiceId{slot})) visit(ServiceId{slot});
  }
}
/// Whether a condition, by its place in the state, can make its service unhealthy.
[[nodiscard]] bool is_alive(const ServicePolicy& policy, std::size_t condition);
/// A group, counted anew: its members, those acted upon or verified, and the healthy ones.
struct Count {
  std::size_t members = 0;
  std::size_t acting = 0;
  std::size_t healthy = 0;
};
[[nodiscard]] Count recount(const Step& step, const std::string& group);
[[nodiscard]] const GroupPolicy* group_of(const Policy& policy, const std::string& name);

}  // namespace heald::sim
