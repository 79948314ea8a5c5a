#include "sim/gate_book.hpp"

#include <algorithm>
#include <string>

namespace heald::sim {
namespace {

using namespace std::chrono_literals;

bool is_running(const Step& step, ServiceId service) {
  return step.declares(service) && step.engine.policy(service)->process() != nullptr &&
         step.state(service).running;
}

/// Whether heald's own end leaves it running.
bool stays_over_shutdown(const ServicePolicy& rules) {
  const auto* process = rules.process();
  return rules.observe || (process != nullptr && process->on_shutdown == OnShutdown::leave);
}

/// Whoever depends on a service, however far, through services that `through` lets pass.
template <class Through>
std::set<ServiceId> dependents(const Step& step, ServiceId service, const Through& through) {
  std::set<ServiceId> found;
  std::vector<ServiceId> open{service};
  while (!open.empty()) {
    const std::string& needed = step.state(open.back()).name;
    open.pop_back();
    each_declared(step.engine, [&](ServiceId each) {
      for (const DependencyPolicy& need : step.engine.policy(each)->depends_on) {
        if (need.service != needed || !through(each) || !found.insert(each).second) continue;
        open.push_back(each);
      }
    });
  }
  return found;
}

}  // namespace

void GateBook::before(const Event& event) {
  if (std::holds_alternative<ShutdownRequested>(event.input) && !shutdown_at_) {
    shutdown_at_ = event.at;
  }
  if (frozen_ && *frozen_ <= event.at) frozen_.reset();
  std::erase_if(paused_, [&](const auto& pause) { return pause.second <= event.at; });
}

void GateBook::after(const Step& step) {
  if (!unconfirmed_) unconfirmed_ = step.engine.daemon().confirmation_wanted;
  const auto* word = step.input<Operated>();
  if (word != nullptr && step.decision.refusal.empty()) note_operation(step, *word);
  for (const Record& record : step.decision.records) note_storm(step, record);
  note_groups(step);
  for (const Command& command : step.decision.commands) {
    if (const auto* act = std::get_if<ActCommand>(&command)) check_act(step, *act);
    shut_down_ = shut_down_ || std::holds_alternative<ShutdownFinished>(command);
  }
  check_shutdown(step);
  if (!step.decision.marked) return;
  if (step.adopted && !shutdown_at_) check_holds(step);
  check_counts(step);
}

void GateBook::note_operation(const Step& step, const Operated& word) {
  const bool all = word.operation == Operation::freeze || word.operation == Operation::thaw ||
                   word.operation == Operation::confirm;
  if (all == word.service.has_value()) return;  // it is said of what it cannot be done to
  // Longer than time can count is for ever.
  const Instant until = step.now + std::min(word.lasting.value_or(1h), never - step.now);
  switch (word.operation) {
    case Operation::freeze: frozen_ = until; return;
    case Operation::thaw: frozen_.reset(); return;
    case Operation::pause: paused_[*word.service] = until; return;
    case Operation::resume: paused_.erase(*word.service); return;
    case Operation::stop: return note_stopped(step, *word.service);
    case Operation::start: return note_started(step, word);
    case Operation::restart: stopped_.erase(*word.service); return;
    case Operation::confirm: unconfirmed_ = false; return;
  }
}

void GateBook::note_started(const Step& step, const Operated& word) {
  stopped_.erase(*word.service);
  if (word.dependents == Operated::Dependents::refuse) return;
  const auto all = dependents(step, *word.service, [](ServiceId) { return true; });
  for (const ServiceId each : all) {
    if (step.state(each).desired == Desired::running) stopped_.erase(each);
  }
}

void GateBook::note_stopped(const Step& step, ServiceId service) {
  stopped_.insert(service);
  const auto wanted = [&](ServiceId each) {
    if (step.state(each).desired == Desired::stopped) stopped_.insert(each);
    return step.state(each).desired == Desired::running;
  };
  const std::set<ServiceId> left = dependents(step, service, wanted);
  require_("stop takes dependents", left.empty(), [&] {
    return step.name(service) + " was stopped, but " + step.name(*left.begin()) +
           " depends on it and goes on";
  });
}

bool GateBook::paused(ServiceId service, Instant now) const {
  const auto pause = paused_.find(service);
  return pause != paused_.end() && now < pause->second;
}

void GateBook::check_act(const Step& step, const ActCommand& command) {
  const ServiceId service = command.order.service;
  const ServiceState& state = step.state(service);
  if (!state.action) return;
  const ActionState& action = *state.action;
  const auto name = [&] {
    return "a " + std::string{to_string(action.kind)} + " (" +
           std::string{to_string(action.cause)} + ") of " + step.name(service);
  };
  require_("shutdown", !shut_down_, [&] { return name() + " comes after the shutdown's end"; });
  const bool stop = action.kind == ActionKind::stop;
  require_("operator's stop", stop || !stopped_.contains(service),
           [&] { return name() + " undoes an operator's stop"; });
  require_("adoption", step.adopted, [&] { return name() + " comes before what runs was found"; });
  require_("shutdown", stop || !shutdown_at_, [&] { return name() + " comes in a shutdown"; });
  if (is_asked_stop(action.cause, action.kind)) {
    const auto& rules = step.declares(service) ? step.engine.policy(service) : command.order.policy;
    require_("observe", action.cause == Cause::operation || !rules->observe,
             [&] { return name() + " is only to be observed"; });
    const bool handed_on = shutdown_at_ && step.declares(service) &&
                           stays_over_shutdown(*rules) && state.desired != Desired::stopped;
    require_("on_shutdown", action.cause == Cause::operation || !handed_on,
             [&] { return name() + " ends what is left to the next heald"; });
    return check_stop_order(step, service);
  }
  if (action.cause != Cause::operation && step.declares(service)) {
    check_gates(step, service, action);
  }
}

/// What nothing but an operator's word, or the end, may pass by.
void GateBook::check_gates(const Step& step, ServiceId service, const ActionState& action) {
  const auto name = [&] { return step.name(service); };
  const ServicePolicy& policy = *step.engine.policy(service);
  require_("observe", !policy.observe, [&] { return name() + " is only to be observed"; });
  require_("pause", !paused(service, step.now), [&] { return name() + " is paused"; });
  require_("freeze", !frozen_, [&] { return name() + " is acted upon while all is frozen"; });
  require_("confirmation", !*unconfirmed_,
           [&] { return name() + " is acted upon before the lost journal was confirmed"; });
  const bool start = !is_rung(action.cause) && action.kind == ActionKind::start;
  if (start) {
    check_start_order(step, service);
  } else {
    check_places(step, service, action);
  }
  if (action.cause == Cause::ladder) check_dependencies(step, service);
}

void GateBook::check_dependencies(const Step& step, ServiceId service) {
  for (const DependencyPolicy& need : step.engine.policy(service)->depends_on) {
    const auto dependency = step.engine.find(need.service);
    if (!need.gate || !dependency || !step.declares(*dependency)) continue;
    const ServiceState& cause = step.state(*dependency);
    const bool healing = cause.incident && cause.incident->closing == Closing::open &&
                         cause.action.has_value();
    require_("dependency first",
             cause.health != Health::unhealthy && cause.desired != Desired::stopped && !healing,
             [&] { return step.name(service) + " is acted upon before '" + need.service + "'"; });
  }
}

void GateBook::check_start_order(const Step& step, ServiceId service) {
  for (const DependencyPolicy& need : step.engine.policy(service)->depends_on) {
    const auto dependency = step.engine.find(need.service);
    if (!dependency || !step.declares(*dependency)) continue;
    const ServiceState& state = step.state(*dependency);
    const bool process = step.engine.policy(*dependency)->process() != nullptr;
    const bool healthy = state.health == Health::healthy;
    const bool up = need.until == DependencyUntil::started ? (process ? state.running : healthy)
                                                           : healthy;
    const bool there = state.desired == Desired::done ||
                       (need.until != DependencyUntil::done && up);
    require_("start order", there,
             [&] { return step.name(service) + " is started before '" + need.service + "'"; });
  }
  std::size_t starts = 0;
  each_declared(step.engine, [&](ServiceId each) {
    const ServiceState& state = step.state(each);
    const bool starting = state.activity == Activity::acting && state.action &&
                          state.action->cause == Cause::convergence &&
                          state.action->kind == ActionKind::start;
    starts += starting ? 1 : 0;
  });
  require_("start_concurrency", starts <= step.policy.daemon.start_concurrency,
           [&] { return std::to_string(starts) + " services are started at once"; });
}

void GateBook::check_stop_order(const Step& step, ServiceId service) {
  if (!step.state(service).running || !step.declares(service)) return;
  const std::string& needed = step.state(service).name;
  each_declared(step.engine, [&](ServiceId each) {
    const auto& needs = step.engine.policy(each)->depends_on;
    const bool depends = std::any_of(needs.begin(), needs.end(), [&](const auto& need) {
      return need.service == needed;
    });
    const bool ends = (shutdown_at_ && !stays_over_shutdown(*step.engine.policy(each))) ||
                      step.state(each).desired == Desired::stopped;
    require_("stop order", !depends || !ends || !is_running(step, each), [&] {
      return step.name(service) + " is stopped before " + step.name(each) + ", which depends on it";
    });
  });
}

void GateBook::check_shutdown(const Step& step) {
  if (!shutdown_at_ || shut_down_) return;
  const Instant end = *shutdown_at_ + step.policy.daemon.shutdown_timeout;
  require_("shutdown", step.now < end, [] { return "it takes longer than shutdown_timeout"; });
}

void GateBook::heald_died() {
  shutdown_at_.reset();
  shut_down_ = false;
  sickened_.clear();
}

}  // namespace heald::sim
