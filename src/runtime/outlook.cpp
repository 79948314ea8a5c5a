#include "runtime/outlook.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace heald {

namespace {

/// How long every look and every action takes.
constexpr Duration blink = 1ms;
/// Without anything acted upon or verified for so long, what is held waits for people.
constexpr Duration stillness = 1min;
/// About a second of one core.
constexpr std::size_t most_steps = 5'000'000;

}  // namespace

Outlook::Outlook(Engine engine, Instant now)
    : engine_(std::move(engine)), began_(now), now_(now), moved_(now), steps_left_(most_steps) {
  for (std::uint32_t slot = 0; slot < engine_.size(); ++slot) {
    const ServiceId service{slot};
    const ServiceState& state = engine_.state(service);
    if (state.activity != Activity::acting || !state.action) continue;
    // It goes well, as everything does.
    ActionReport report{state.action->id, ActionResult::done, std::nullopt, {}, {}};
    if (state.action->starts) report.pid = 1;
    pending_.push_back({now + blink, {now + blink, ActionFinished{std::move(report)}}});
  }
}

void Outlook::feed(decltype(Event::input) input) {
  step(Event{now_, std::move(input)});
  note_sick();
  for (std::uint32_t slot = 0; slot < engine_.size(); ++slot) watch(ServiceId{slot});
}

void Outlook::note_sick() {
  sick_.clear();
  for (std::uint32_t slot = 0; slot < engine_.size(); ++slot) {
    const ServiceId service{slot};
    if (!engine_.declared(service)) continue;
    const auto& probes = engine_.policy(service)->probes;
    for (const Condition& condition : engine_.state(service).conditions) {
      if (condition.status != ConditionStatus::fail) continue;
      for (std::uint32_t probe = 0; probe < probes.size(); ++probe) {
        if (probes[probe].name == condition.name) sick_.emplace(service, ProbeIndex{probe});
      }
    }
  }
}

void Outlook::play() {
  while (!converging_.empty() && !stuck()) {
    if (steps_left_-- == 0) {
      whole_ = false;
      return;
    }
    if (pending_.empty() && wake_at_ == never) return;
    turn();
  }
}

void Outlook::play(Duration lasting) {
  const Instant end = now_ + lasting;
  while (std::min(wake_at_, pending_.empty() ? never : pending_.front().at) <= end) turn();
}

void Outlook::turn() {
  if (pending_.empty() || pending_.front().at > wake_at_) {
    now_ = std::max(now_, wake_at_);
    return step(Event{now_, Tick{}});
  }
  Pending next = std::move(pending_.front());
  pending_.pop_front();
  now_ = std::max(now_, next.at);
  step(std::move(next.event));
}

bool Outlook::stuck() const { return moving_.empty() && now_ - moved_ > stillness; }

void Outlook::step(Event event) {
  event.at = now_;
  const Decision& decision = engine_.step(event);
  wake_at_ = decision.wake_at;
  for (const Record& record : decision.records) {
    if (record.kind == RecordKind::held && record.service) held_[*record.service] = record.hold;
  }
  for (const Command& command : decision.commands) take(command);
  for (const ServiceId service : decision.changed) watch(service);
  if (!moving_.empty()) moved_ = now_;
}

void Outlook::take(const Command& command) {
  const Instant then = now_ + blink;
  if (const auto* look = std::get_if<ProbeCommand>(&command)) {
    Observation seen;
    seen.service = look->service;
    seen.probe = look->probe;
    seen.run = look->run;
    seen.begun = now_;
    seen.took = blink;
    const bool fails = sick_.contains({look->service, look->probe});
    seen.outcome = fails ? Outcome::fail : Outcome::pass;
    pending_.push_back({then, {then, std::move(seen)}});
  } else if (const auto* act = std::get_if<ActCommand>(&command)) {
    this->act(act->order, engine_.state(act->order.service).action->cause);
  }
}

void Outlook::act(const ActionOrder& order, Cause cause) {
  const ServiceId service = order.service;
  const bool starts = engine_.state(service).action->starts;
  if (cause == Cause::convergence || cause == Cause::operation) {
    actions_.push_back({now_ - began_, service, kind_of(order.action),
                        std::exchange(held_[service], Hold{})});
    // It is what people change the rules for.
    std::erase_if(sick_, [&](const auto& probe) { return starts && probe.first == service; });
  }
  const Instant then = now_ + blink;
  ActionReport report{order.id, ActionResult::done, std::nullopt, {}, {}};
  if (starts && order.policy->process() != nullptr) report.pid = 1;
  pending_.push_back({then, {then, ActionFinished{std::move(report)}}});
  const ProcessRuntime* process = order.policy->process();
  if (!starts || process == nullptr || process->exit.on_success != OnSuccess::done) return;
  const int status = process->exit.success.empty() ? 0 : process->exit.success.front();
  const ExitStatus well{ExitStatus::Kind::exited, status, false};
  pending_.push_back({then, {then, ProcessExited{{service, order.generation, well}}}});
}

void Outlook::watch(ServiceId service) {
  const ServiceState& state = engine_.state(service);
  const bool moves = state.activity == Activity::acting || state.activity == Activity::verifying;
  if (moves) moving_.insert(service);
  if (!moves) moving_.erase(service);
  if (converges(service)) {
    converging_.insert(service);
  } else {
    converging_.erase(service);
  }
}

/// Something is still to be done about it that is no remedy.
bool Outlook::converges(ServiceId service) const {
  const ServiceState& state = engine_.state(service);
  if (state.action) {
    return state.action->cause == Cause::convergence || state.action->cause == Cause::operation;
  }
  if (!engine_.declared(service)) return state.running;
  if (state.restart_wanted || state.reload_wanted || state.pending) return true;
  const bool process = engine_.policy(service)->process() != nullptr;
  if (state.desired != Desired::running) return state.desired == Desired::stopped && state.running;
  if (!process) return state.running;  // a child of the rules of before
  return !state.running && state.conditions.front().status != ConditionStatus::fail;
}

AtRest at_rest(const std::shared_ptr<const Policy>& rules) {
  Outlook outlook{Engine{0}, Instant{}};
  outlook.feed(PolicyLoaded{rules});
  Duration longest{};
  for (std::uint32_t slot = 0; slot < rules->services.size(); ++slot) {
    const ServiceId service{slot};
    if (rules->services[slot]->process() != nullptr) {
      outlook.feed(ProcessFound{service, ProcessFound::What::running, Generation{1}, 1});
    }
    for (const ProbePolicy& probe : rules->services[slot]->probes) {
      longest = std::max(longest, probe.interval * (probe.success_threshold + 1));
    }
  }
  outlook.feed(AdoptionFinished{});
  outlook.play(longest);
  return {outlook.engine().what_if(), outlook.now()};
}

std::map<ServiceId, Hold> Outlook::waiting() const {
  std::map<ServiceId, Hold> waiting;
  for (const ServiceId service : converging_) {
    const ServiceState& state = engine_.state(service);
    if (state.activity == Activity::held) waiting.emplace(service, state.hold);
  }
  return waiting;
}

}  // namespace heald
