#include "runtime/arming.hpp"

#include <variant>

namespace heald {

void Arming::appended(std::uint64_t number, const JournalEntry& entry) {
  appended_ = number;
  if (entry.event && std::holds_alternative<PolicyLoaded>(entry.event->input)) rules_ = number;
  for (const auto& [service, state] : entry.changed) {
    if (service.value() >= services_.size()) services_.resize(service.value() + std::size_t{1});
    const bool rests = state.running && state.activity == Activity::idle &&
                       state.desired == Desired::running;
    services_[service.value()] = {number, rests ? state.generation : Generation{}};
  }
}

bool Arming::allows(ServiceId service, Generation next) const {
  if (service.value() >= services_.size() || !durable(rules_)) return false;
  const Last& last = services_[service.value()];
  return durable(last.entry) && last.running != Generation{} &&
         next.value() == last.running.value() + 1;
}

}  // namespace heald
