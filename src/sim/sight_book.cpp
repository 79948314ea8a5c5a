#include "sim/sight_book.hpp"

#include <algorithm>

namespace heald::sim {
namespace {

constexpr std::size_t least_probes = 5;
constexpr std::size_t least_addresses = 3;
constexpr Instant long_ago = Instant{} - std::chrono::hours{24};

bool enough(std::size_t silent, std::size_t probes, std::size_t addresses) {
  return silent >= least_probes && 5 * silent >= 4 * probes && addresses >= least_addresses;
}

}  // namespace

void SightBook::before(const Event& event) {
  awaited_ = thrown_away_ = false;
  ending_ = ending_ || std::holds_alternative<ShutdownRequested>(event.input);
  if (const auto* seen = std::get_if<Observation>(&event.input)) {
    const ProbeKey key{seen->service, seen->probe};
    const Look* look = looks_.find(key);
    const bool starved = look != nullptr && look->starved;
    if (!starved) {
      Instant& heard = heard_[key];
      heard = std::max(heard, seen->begun);
    }
    if (look == nullptr || look->run != seen->run) return;
    awaited_ = !starved;
    thrown_away_ = starved;
    looks_.erase(key);
    Instant& looked = looked_[key];
    looked = std::max(looked, seen->begun);
  }
  if (const auto* finished = std::get_if<ActionFinished>(&event.input)) {
    const auto service = acting_.extract(finished->report.id);
    if (!service.empty()) forget(service.mapped());
  }
  if (const auto* exited = std::get_if<ProcessExited>(&event.input)) {
    forget(exited->report.service);
  }
  if (std::holds_alternative<PolicyLoaded>(event.input)) {
    looks_.clear();
    looked_.clear();
    sick_since_.clear();  // it may depend on others now, or be looked at in other ways
    for (auto& told : blind_) told.second.reset();
  }
  if (std::holds_alternative<Stalled>(event.input)) {
    looks_.each([](const ProbeKey&, Look& look) { look.starved = true; });
  }
}

/// What is in flight for this service began too early to tell, and is not awaited.
void SightBook::forget(ServiceId service) {
  looks_.erase(service);
  looked_.erase(service);
}

void SightBook::after(const Step& step) {
  for (const Record& record : step.decision.records) {
    if (record.kind == RecordKind::blinded) blind_[record.condition] = true;
    if (record.kind == RecordKind::sighted) blind_[record.condition] = false;
    if (record.kind == RecordKind::incident_opened) sick_since_[*record.service] = step.now;
    if (record.kind == RecordKind::incident_closed) sick_since_.erase(*record.service);
    const bool another = record.kind == RecordKind::service_changed ||
                         record.kind == RecordKind::service_added ||
                         record.kind == RecordKind::service_removed;
    if (!another) continue;
    std::erase_if(silences_, [&](const auto& each) { return each.first.first == record.service; });
  }
  // What nobody wants to run is not looked at any more, and counts no more.
  std::erase_if(silences_, [&](const auto& each) {
    return step.declares(each.first.first) &&
           step.state(each.first.first).desired != Desired::running;
  });
  if (const auto* seen = step.input<Observation>()) note_silence(step, *seen);
  for (const Command& command : step.decision.commands) {
    if (const auto* act = std::get_if<ActCommand>(&command)) check_act(step, *act);
    if (const auto* look = std::get_if<ProbeCommand>(&command)) check_look(step, *look);
  }
}

bool SightBook::certain(const Step& step) const {
  const auto* seen = step.input<Observation>();
  if (seen == nullptr || !awaited_ || ending_ || !step.declares(seen->service)) return false;
  const ServiceState& state = step.state(seen->service);
  const bool process = step.engine.policy(seen->service)->process() != nullptr;
  return state.desired == Desired::running && (!process || state.running);
}

std::optional<bool> SightBook::blind(const ProbePolicy& probe) const {
  const auto told = blind_.find(probe.source);
  return told == blind_.end() ? std::optional<bool>{false} : told->second;
}

std::optional<Instant> SightBook::looked(const ProbeKey& key) const {
  const Instant* look = looked_.find(key);
  return look == nullptr ? std::nullopt : std::optional{*look};
}

void SightBook::note_silence(const Step& step, const Observation& seen) {
  if (!step.declares(seen.service)) return;
  const auto& probes = step.engine.policy(seen.service)->probes;
  if (seen.probe.value() >= probes.size()) return;
  Silence& silence = silences_[{seen.service, seen.probe}];
  if (!certain(step)) {
    silence.doubtful = true;
    return;
  }
  const bool silent = seen.outcome == Outcome::unknown || !seen.answered;
  if (silent != silence.silent) silence.since = step.now;
  if (silence.doubtful) silence.since = long_ago;  // the engine may know it for longer
  silence.doubtful = false;
  silence.silent = silent;
  if (!silent) silences_.erase({seen.service, seen.probe});
  check_blind(step, probes[seen.probe.value()].source);
}

SightBook::Count SightBook::count(const Step& step, const std::string& source) const {
  Count count;
  Duration window{};
  each_declared(step.engine, [&](ServiceId service) {
    const bool wanted = step.state(service).desired == Desired::running;
    for (const ProbePolicy& probe : step.engine.policy(service)->probes) {
      if (probe.source != source) continue;
      if (wanted) ++count.probes;
      window = std::max(window, probe.interval + probe.timeout);
    }
  });
  std::set<std::string> addresses;
  for (const auto& [key, silence] : silences_) {
    if (!step.declares(key.first)) continue;
    const auto& probes = step.engine.policy(key.first)->probes;
    if (key.second.value() >= probes.size()) continue;
    const ProbePolicy& probe = probes[key.second.value()];
    if (probe.source != source) continue;
    count.doubtful = count.doubtful || silence.doubtful;
    if (!silence.silent) continue;
    ++count.silent;
    if (step.now - silence.since < window) ++count.recent;
    addresses.insert(probe.address);
  }
  count.addresses = addresses.size();
  return count;
}

/// The engine calls a source blind exactly when so many of its probes turned silent together.
void SightBook::check_blind(const Step& step, const std::string& source) {
  const auto told = blind_.find(source);
  if (told != blind_.end() && !told->second) return;
  const bool blind = told != blind_.end() && *told->second;
  if (!blind && silences_.empty()) return;
  const Count seen = count(step, source);
  if (seen.doubtful) return;
  const auto say = [&] {
    return "source '" + source + "' is " + (blind ? "called" : "not called") + " blind: " +
           std::to_string(seen.silent) + " (" + std::to_string(seen.recent) + " just now) of " +
           std::to_string(seen.probes) + " probes over " + std::to_string(seen.addresses) +
           " addresses are silent";
  };
  if (blind) {
    require_("blindness", enough(seen.silent, seen.probes, seen.addresses), say);
  } else {
    require_("blindness", !enough(seen.recent, seen.probes, seen.addresses), say);
  }
}

void SightBook::check_look(const Step& step, const ProbeCommand& command) {
  const ProbeKey key{command.service, command.probe};
  const bool first = looks_.insert_or_assign(key, {command.run, false});
  looked_[key] = step.now;
  require_("one look at a time", first, [&] {
    return "probe " + std::to_string(command.probe.value()) + " of " + step.name(command.service) +
           " is looked at while it is looked at";
  });
}

/// No rung starts on what only a blind source says.
void SightBook::check_act(const Step& step, const ActCommand& command) {
  const ServiceId service = command.order.service;
  acting_[command.order.id] = service;
  const ServiceState& state = step.state(service);
  if (!state.action || !is_rung(state.action->cause) || !step.declares(service)) return;
  const ServicePolicy& policy = *step.engine.policy(service);
  const std::size_t first = policy.process() != nullptr ? 1 : 0;
  bool seen = false;
  bool fresh = false;
  for (std::size_t place = 0; place < state.conditions.size(); ++place) {
    if (state.conditions[place].status != ConditionStatus::fail || !is_alive(policy, place)) {
      continue;
    }
    if (place < first) {
      seen = fresh = true;
      continue;
    }
    const ProbeIndex probe{static_cast<std::uint32_t>(place - first)};
    seen = seen || !blind(policy.probes[probe.value()]).value_or(false);
    fresh = fresh || heard_.contains({service, probe});
  }
  require_("blindness", seen, [&] {
    return step.name(service) + " is acted upon for what only a blind source says";
  });
  require_("seen since heald began", fresh, [&] {
    return step.name(service) + " is acted upon for what an earlier heald saw";
  });
  if (state.action->cause == Cause::ladder) check_root_cause(step, service);
  if (state.action->kind != ActionKind::notify) sick_since_.erase(service);
}

/// Before the first action of an incident whatever it depends on was looked at once more.
void SightBook::check_root_cause(const Step& step, ServiceId service) {
  const auto since = sick_since_.find(service);
  if (since == sick_since_.end()) return;
  for (const DependencyPolicy& need : step.engine.policy(service)->depends_on) {
    const auto dependency = step.engine.find(need.service);
    if (!need.gate || !dependency || !step.declares(*dependency)) continue;
    const ServicePolicy& policy = *step.engine.policy(*dependency);
    const ServiceState& state = step.state(*dependency);
    if (state.desired != Desired::running || (policy.process() && !state.running)) continue;
    for (std::uint32_t place = 0; place < policy.probes.size(); ++place) {
      if (policy.probes[place].role != ProbeRole::alive) continue;
      const Instant* heard = heard_.find({*dependency, ProbeIndex{place}});
      require_("root cause first", heard != nullptr && *heard >= since->second, [&] {
        return step.name(service) + " is acted upon before '" + policy.probes[place].name +
               "' of '" + need.service + "' was looked at since";
      });
    }
  }
}

void SightBook::heald_died() {
  ending_ = false;
  looks_.clear();
  looked_.clear();
  heard_.clear();
  silences_.clear();
  blind_.clear();
  acting_.clear();
}

}  // namespace heald::sim
