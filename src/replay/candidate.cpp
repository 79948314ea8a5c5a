#include "replay/candidate.hpp"

#include <algorithm>
#include <utility>

namespace heald {
namespace {

/// How late a heald may wake up.
constexpr Duration lateness = std::chrono::milliseconds{100};

}  // namespace

Candidate::Candidate(std::uint64_t seed, Snapshot beginning, CandidateEars ears)
    : engine_(seed), ears_(std::move(ears)) {
  engine_.restore(std::move(beginning));
}

void Candidate::load(Instant at, std::shared_ptr<const Policy> rules) {
  step(at, PolicyLoaded{std::move(rules)});
}

void Candidate::advance(Instant at) {
  while (wake_at_ != never && wake_at_ + lateness < at) step(wake_at_, Tick{});
}

void Candidate::step(Instant at, decltype(Event::input) input) {
  const bool by_time = std::holds_alternative<Tick>(input);
  const Decision& decision = engine_.step(Event{at, std::move(input)});
  wake_at_ = decision.wake_at;
  for (const Record& record : decision.records) {
    if (record.service) ears_.record(engine_.state(*record.service).name, record);
  }
  const Instant now = engine_.daemon().now;
  for (const Command& command : decision.commands) {
    const auto* act = std::get_if<ActCommand>(&command);
    if (act == nullptr) continue;
    const ServiceState& state = engine_.state(act->order.service);
    ears_.deed({state.name, act->order.id, now, kind_of(act->order.action), state.action->rung,
                state.action->cause, act->order.action, by_time});
  }
}

void Candidate::look(const std::string& service, const std::string& probe, Instant at,
                     Observation seen) {
  const auto found = find(service);
  if (!found) return;
  const auto& probes = engine_.policy(*found)->probes;
  const auto place = std::find_if(probes.begin(), probes.end(),
                                  [&](const ProbePolicy& each) { return each.name == probe; });
  if (place == probes.end()) return;
  seen.service = *found;
  seen.probe = ProbeIndex{static_cast<std::uint32_t>(place - probes.begin())};
  seen.run = ProbeRun{++runs_};
  step(at, std::move(seen));
}

std::optional<ServiceId> Candidate::find(const std::string& service) const {
  const auto found = engine_.find(service);
  if (!found || !engine_.declared(*found)) return std::nullopt;
  return found;
}

}  // namespace heald
