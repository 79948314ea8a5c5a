// What the supervisor shows: pages on the board, and records to its observers.

#include <memory>
#include <utility>

#include "runtime/supervisor.hpp"

namespace heald {

void Supervisor::tell_observers(const Decision& decision) {
  for (const Record& record : decision.records) {
    const ServicePolicy* rules = record.service ? rules_of(*record.service) : nullptr;
    for (Observer* observer : parts_.observers) observer->on_record(record, rules);
  }
}

const ServicePolicy* Supervisor::rules_of(ServiceId service) const {
  if (engine_.declared(service)) return engine_.policy(service).get();
  return service.value() < rules_.size() ? rules_[service.value()].get() : nullptr;
}

void Supervisor::show(const Decision& decision) {
  for (const ServiceId service : decision.changed) show_service(service);
  if (decision.daemon_changed) show_daemon();
}

void Supervisor::show_service(ServiceId service) {
  const std::size_t slot = service.value();
  const bool declared = engine_.declared(service);
  auto policy = declared ? engine_.policy(service) : nullptr;
  if (slot >= rules_.size()) rules_.resize(engine_.size());
  if (policy && rules_[slot] != policy) {
    rules_[slot] = policy;
    // Looks under the rules of before are late: what they see belongs to no probe of now.
    if (slot < asked_.size()) asked_[slot].clear();
  }
  const ServiceState& state = engine_.state(service);
  const bool idle = state.activity == Activity::idle;
  parts_.board.publish(std::make_shared<const ServicePage>(
      ServicePage{service, std::move(policy), state,
                  idle ? Engine::Next{} : engine_.next(service),
                  slot < said_.size() ? said_[slot] : std::string{}}));
  if (!declared && !state.running && !state.action) parts_.processes.release(service);
}

void Supervisor::said(ServiceId service, std::string words) {
  const std::size_t slot = service.value();
  if (slot >= engine_.size()) return;
  if (slot >= said_.size()) said_.resize(engine_.size());
  said_[slot] = std::move(words);
  show_service(service);
}

// Rules can change without the state of their service changing with them.
void Supervisor::show_rules() {
  for (std::uint32_t slot = 0; slot < engine_.size(); ++slot) {
    const ServiceId service{slot};
    const ServicePolicy* now =
        engine_.declared(service) ? engine_.policy(service).get() : nullptr;
    if (now != nullptr && slot < rules_.size() && rules_[slot].get() == now) continue;
    const auto shown = parts_.board.find(engine_.state(service).name);
    if (!shown || shown->policy.get() != now) show_service(service);
  }
  show_daemon();
}

void Supervisor::show_daemon() {
  DaemonPage page = page_;
  page.state = engine_.daemon();
  if (policy_) page.revision = policy_->revision;
  parts_.board.publish(std::make_shared<const DaemonPage>(std::move(page)));
}

/// It answers the latest look of its probe, so that its numbers mean what they say.
bool Supervisor::awaited(const Observation& observation) const {
  const std::size_t slot = observation.service.value();
  const std::size_t probe = observation.probe.value();
  return slot < asked_.size() && probe < asked_[slot].size() &&
         asked_[slot][probe] == observation.run;
}

void Supervisor::show_reading(const Observation& observation) {
  if (!awaited(observation)) return;
  parts_.board.publish(observation.service, observation.probe,
                       ProbeReading{observation.outcome, parts_.now(), observation.took});
}

void Supervisor::show_observation(const Observation& observation) {
  if (!awaited(observation)) return;
  const auto& policy = engine_.policy(observation.service);
  for (Observer* observer : parts_.observers) observer->on_observation(observation, last_, policy);
}

}  // namespace heald
