// What stands between a decision and the world. Each guard is a question about the state; none
// changes it. The first that holds is the reason that is written down.

#include <algorithm>
#include <array>
#include <cmath>

#include "text.hpp"
#include "window.hpp"
#include "world.hpp"

namespace heald {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t least_total_limit = 60;
constexpr Duration total_window = 1h;

std::string percent(Share share) {
  return std::to_string(std::lround(share.value * 100)) + "%";
}

std::string paused_by(const Pause& pause) {
  return "by " + pause.by + (pause.reason.empty() ? "" : ": " + pause.reason);
}

}  // namespace

std::span<const World::GuardCheck> World::checks_for(Cause cause) {
  static constexpr std::array ladder{
      &World::guard_adoption,   &World::guard_confirmation, &World::guard_observe,
      &World::guard_freeze,     &World::guard_pause,        &World::guard_dependency,
      &World::guard_blindness,  &World::guard_storm,        &World::guard_backoff,
      &World::guard_total_budget, &World::guard_max_concurrent, &World::guard_min_healthy,
      &World::guard_journal};
  // A dependency that stays unhealthy holds the ladder, but not the slow retry.
  static constexpr std::array slow_retry{
      &World::guard_adoption,     &World::guard_confirmation,   &World::guard_observe,
      &World::guard_freeze,       &World::guard_pause,          &World::guard_blindness,
      &World::guard_storm,        &World::guard_total_budget,   &World::guard_max_concurrent,
      &World::guard_min_healthy,  &World::guard_journal};
  static constexpr std::array convergence{
      &World::guard_adoption,       &World::guard_confirmation, &World::guard_observe,
      &World::guard_freeze,         &World::guard_pause,        &World::guard_start_order,
      &World::guard_start_concurrency, &World::guard_max_concurrent, &World::guard_min_healthy,
      &World::guard_journal};
  static constexpr std::array operation{&World::guard_adoption, &World::guard_journal};
  switch (cause) {
    case Cause::ladder: return ladder;
    case Cause::slow_retry: return slow_retry;
    case Cause::convergence: return convergence;
    case Cause::operation: break;
  }
  return operation;
}

std::optional<Hold> World::first_hold(const Slot& slot, const Candidate& candidate) const {
  for (const GuardCheck check : checks_for(candidate.cause)) {
    if (std::optional<Hold> held = (this->*check)(slot, candidate)) return held;
  }
  return std::nullopt;
}

std::optional<Hold> World::guard_adoption(const Slot&, const Candidate&) const {
  if (adopted_) return std::nullopt;
  return Hold{Guard::adoption, "what runs is found first", "start-up goes on", "its end", never};
}

std::optional<Hold> World::guard_confirmation(const Slot&, const Candidate&) const {
  if (!daemon_.confirmation_wanted) return std::nullopt;
  return Hold{Guard::confirmation, "after a lost journal nothing is started unasked",
              "stops by operators may have been lost", "heald confirm, or heald start", never};
}

std::optional<Hold> World::guard_observe(const Slot& slot, const Candidate&) const {
  if (!slot.policy->observe) return std::nullopt;
  return Hold{Guard::observe, "observe: true", "nothing is done", "observe: false", never};
}

std::optional<Hold> World::guard_freeze(const Slot&, const Candidate&) const {
  if (!daemon_.freeze || now_ >= daemon_.freeze->until) return std::nullopt;
  return Hold{Guard::freeze, "freeze", "everything is frozen " + paused_by(*daemon_.freeze),
              "heald thaw, or its end", daemon_.freeze->until};
}

std::optional<Hold> World::guard_pause(const Slot& slot, const Candidate&) const {
  const Seldom<Pause>& pause = slot.state.pause;
  if (!pause || now_ >= pause->until) return std::nullopt;
  return Hold{Guard::pause, "pause", "paused " + paused_by(*pause), "heald resume, or its end",
              pause->until};
}

/// Asked last, and once it holds its end stays: another service's failed write moves the time of
/// the next try, but must not change what is told of this one whenever this one is looked at.
std::optional<Hold> World::guard_journal(const Slot& slot, const Candidate&) const {
  const bool waits = !journal_problem_.empty() && now_ < journal_retry_at_;
  if (!waits || slot.policy->act_without_journal) return std::nullopt;
  const Hold& current = slot.state.hold;
  if (current.guard == Guard::journal && current.until != never && now_ < current.until) {
    return current;
  }
  return Hold{Guard::journal, "on_journal_loss: hold", journal_problem_, "a journal that writes",
              journal_retry_at_};
}

/// A dependency that is not yet known to be sick, nor known to be well.
std::optional<Hold> World::doubt(const Slot& slot, const Need& need) const {
  if (slot.state.incident && slot.state.incident->actions > 0) return std::nullopt;
  const Slot& dependency = at(need.service);
  const std::string rule = "depends_on: " + dependency.state.name;
  for (std::size_t probe = 0; probe < dependency.probes.size(); ++probe) {
    const Condition& condition = dependency.state.conditions[condition_of(dependency, probe)];
    if (!is_alive(dependency, condition_of(dependency, probe))) continue;
    if (probed(dependency) && dependency.probes[probe].wanted != never) {
      return Hold{Guard::dependency, rule, "'" + condition.name + "' is being looked at",
                  "a look begun after the failure", never};
    }
    if (condition.fails > 0 && condition.status != ConditionStatus::fail) {
      return Hold{Guard::dependency, rule, "'" + condition.name + "' has begun to fail",
                  "its pass, or its failure", never};
    }
  }
  return std::nullopt;
}

std::optional<Hold> World::guard_dependency(const Slot& slot, const Candidate&) const {
  // The bounded time runs from the first hold; asked again, the answer is the same.
  const Hold& current = slot.state.hold;
  const bool held = slot.state.activity == Activity::held && current.guard == Guard::dependency &&
                    current.until != never && slot.policy->slow_retry;
  const Instant anew = slot.policy->slow_retry ? now_ + *slot.policy->slow_retry : never;
  const Instant until = held ? current.until : anew;
  for (const Need& need : slot.needs) {
    if (!need.rule->gate) continue;
    const Slot& dependency = at(need.service);
    const ServiceState& state = dependency.state;
    // Or about to be: which of the two is decided first in a step must not matter.
    const bool remedied = dependency.has_open_incident() && precedence(dependency).action;
    // That its process is missing is a fact, whatever is known of its health.
    const bool missing =
        dependency.is_process() && state.desired == Desired::running && !state.running;
    const std::string_view why = state.desired == Desired::stopped     ? "stopped"
                                 : state.health == Health::unhealthy   ? "unhealthy"
                                 : remedied                            ? "being healed"
                                 : missing                             ? "not running"
                                                                       : "";
    if (!why.empty()) {
      return Hold{Guard::dependency, "depends_on: " + state.name,
                  "'" + state.name + "' is " + std::string{why}, "'" + state.name + "' healthy",
                  until};
    }
    if (std::optional<Hold> doubted = doubt(slot, need)) return doubted;
  }
  return std::nullopt;
}

std::optional<Hold> World::guard_blindness(const Slot& slot, const Candidate&) const {
  const Vantage* blind = nullptr;
  for (std::size_t place = 0; place < slot.state.conditions.size(); ++place) {
    const Condition& condition = slot.state.conditions[place];
    if (condition.status != ConditionStatus::fail || !is_alive(slot, place)) continue;
    const std::size_t first = slot.is_process() ? 1 : 0;
    if (place < first || !sources_.blind(slot.probes[place - first].vantage)) return std::nullopt;
    blind = &slot.probes[place - first].vantage;
  }
  if (blind == nullptr) return std::nullopt;
  return blinded_by(*blind);
}

/// Nothing fails and not all passes: whether that is so because a source sees nothing.
std::optional<Hold> World::sightless(const Slot& slot) const {
  for (std::size_t probe = 0; probe < slot.probes.size(); ++probe) {
    const std::size_t place = condition_of(slot, probe);
    if (!is_alive(slot, place)) continue;
    if (slot.state.conditions[place].status == ConditionStatus::pass) continue;
    if (sources_.blind(slot.probes[probe].vantage)) return blinded_by(slot.probes[probe].vantage);
  }
  return std::nullopt;
}

Hold World::blinded_by(const Vantage& vantage) const {
  return {Guard::blindness, "source " + sources_.name(vantage),
          sources_.describe_silence(vantage), "answers from more than 20% of them", never};
}

std::optional<Hold> World::guard_storm(const Slot& slot, const Candidate&) const {
  const Group& shared = group(slot);
  if (!shared.storm(now_) || shared.lets(slot.id)) return std::nullopt;
  return Hold{Guard::storm,
              "storm: let " + std::to_string(shared.policy().storm.let) + ", cool_down " +
                  describe(shared.policy().storm.cool_down),
              "many members of group '" + shared.policy().name + "' turned unhealthy at once",
              "the end of the cool-down", shared.storm_until()};
}

std::size_t World::total_limit() const {
  const auto& declared = policy_->daemon.actions_per_hour;
  return declared ? *declared : std::max(least_total_limit, policy_->services.size() / 10);
}

std::optional<Hold> World::guard_total_budget(const Slot&, const Candidate& candidate) const {
  if (candidate.action && kind_of(*candidate.action) == ActionKind::notify) return std::nullopt;
  const Instant room = room_at(daemon_.spent, total_limit(), total_window, now_);
  if (room <= now_) return std::nullopt;
  return Hold{Guard::total_budget,
              count_of(total_limit(), "action") + " per " + describe(total_window) + " in all",
              "the budget of all services is exhausted", "room for one more", room};
}

std::optional<Hold> World::guard_max_concurrent(const Slot& slot,
                                                const Candidate& candidate) const {
  if (candidate.cause == Cause::convergence && candidate.action &&
      kind_of(*candidate.action) == ActionKind::start) {
    return std::nullopt;
  }
  const Group& shared = group(slot);
  if (shared.acting() < shared.policy().max_concurrent) return std::nullopt;
  return Hold{Guard::max_concurrent,
              "group '" + shared.policy().name +
                  "': max_concurrent " + std::to_string(shared.policy().max_concurrent),
              count_of(shared.acting(), "member") + " acted upon or verified", "a free place",
              never};
}

std::optional<Hold> World::guard_min_healthy(const Slot& slot, const Candidate& candidate) const {
  const bool down = candidate.action && takes_down(kind_of(*candidate.action));
  if (!down || slot.state.health != Health::healthy) return std::nullopt;
  const Group& shared = group(slot);
  if (shared.healthy() > shared.floor()) return std::nullopt;
  return Hold{Guard::min_healthy,
              "group '" + shared.policy().name + "': min_healthy " +
                  percent(shared.policy().min_healthy),
              std::to_string(shared.healthy()) + " of " + count_of(shared.members(), "member") +
                  " healthy",
              std::to_string(shared.floor() + 1) + " healthy", never};
}

bool World::reached(const Need& need) const {
  const Slot& dependency = at(need.service);
  const ServiceState& state = dependency.state;
  switch (need.rule->until) {
    case DependencyUntil::done: return state.desired == Desired::done;
    case DependencyUntil::started:
      // What is not our child is started when it is well, whatever former child of it still runs.
      return state.desired == Desired::done ||
             (dependency.is_process() ? state.running : state.health == Health::healthy);
    case DependencyUntil::healthy: break;
  }
  if (state.desired == Desired::done) return true;
  if (state.health != Health::healthy) return false;
  const ProcessRuntime* process = dependency.policy ? dependency.policy->process() : nullptr;
  if (process != nullptr && process->ready == Readiness::started) return true;
  return std::all_of(state.conditions.begin(), state.conditions.end(), [](const Condition& each) {
    return each.status == ConditionStatus::pass;
  });
}

/// What of a dependent has to wait for this one. Not for a restart of which nobody knows that it
/// ever may come.
Precedence World::precedence(const Slot& slot) {
  const ServiceState& state = slot.state;
  if (!slot.policy || state.desired != Desired::running) return {};
  const bool asked = state.pending == Operation::restart || state.pending == Operation::start;
  const bool able = (state.running || !slot.is_process()) && !slot.policy->observe;
  const bool short_of_healthy =
      state.activity == Activity::held && state.hold->guard == Guard::min_healthy;
  const bool will = state.restart_wanted && able && !short_of_healthy;
  const bool restart = slot.acting() || slot.verifying() || asked || will;
  return {.restart = restart, .action = restart || (state.reload_wanted && able)};
}

/// What has to restart as well goes after what it depends on: it would only have to do so again.
std::optional<Hold> World::restart_order(const Slot& slot) const {
  for (const Need& need : slot.needs) {
    const Slot& dependency = at(need.service);
    if (!precedence(dependency).restart) continue;
    const std::string& name = dependency.state.name;
    return Hold{Guard::start_order, "depends_on: " + name, "'" + name + "' is restarted first",
                "its verdict", never};
  }
  return std::nullopt;
}

std::optional<Hold> World::guard_start_order(const Slot& slot, const Candidate& candidate) const {
  if (candidate.action && kind_of(*candidate.action) == ActionKind::restart) {
    return restart_order(slot);
  }
  if (!candidate.action || kind_of(*candidate.action) != ActionKind::start) return std::nullopt;
  for (const Need& need : slot.needs) {
    if (reached(need)) continue;
    const ServiceState& state = at(need.service).state;
    static constexpr std::array<std::string_view, 3> words{"healthy", "started", "done"};
    const std::string wanted{words.at(static_cast<std::size_t>(need.rule->until))};
    return Hold{Guard::start_order, "depends_on: " + state.name + " until " + wanted,
                "'" + state.name + "' is " + std::string{to_string(state.health)},
                "'" + state.name + "' " + wanted, never};
  }
  return std::nullopt;
}

std::optional<Hold> World::guard_start_concurrency(const Slot&, const Candidate& candidate) const {
  if (!candidate.action || kind_of(*candidate.action) != ActionKind::start) return std::nullopt;
  const std::uint32_t limit = policy_->daemon.start_concurrency;
  if (starts_in_flight_ < limit) return std::nullopt;
  return Hold{Guard::start_concurrency, "start_concurrency: " + std::to_string(limit),
              count_of(starts_in_flight_, "start") + " in flight", "one of them to end", never};
}

std::optional<Hold> World::guard_backoff(const Slot& slot, const Candidate&) const {
  const Incident& incident = *slot.state.incident;
  if (now_ >= incident.backoff_until) return std::nullopt;
  return Hold{Guard::backoff,
              "backoff: " + describe(slot.policy->backoff.initial) + " to " +
                  describe(slot.policy->backoff.max),
              count_of(incident.actions, "action") + " taken", "its end", incident.backoff_until};
}

std::optional<Hold> World::stop_order(const Slot& slot) const {
  for (const ServiceId id : slot.needed_by) {
    const Slot& dependent = at(id);
    const bool starts = dependent.acting() && dependent.state.action->starts;
    const bool stops = dependent.state.running && (wants_stop(dependent) || dependent.acting());
    if (!starts && !stops) continue;
    return Hold{Guard::start_order, "a stop goes in reverse order",
                "'" + dependent.state.name + "' depends on it and still runs",
                "'" + dependent.state.name + "' stopped", never};
  }
  return std::nullopt;
}

}  // namespace heald
