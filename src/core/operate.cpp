// The words of operators, and the end.

#include <algorithm>

#include "text.hpp"
#include "world.hpp"

namespace heald {

using namespace std::chrono_literals;

namespace {

constexpr Duration usual_pause = 1h;

/// "pause for 2h by alice (uid 1000): new disk".
std::string wording_of(const Operated& operated) {
  std::string text{to_string(operated.operation)};
  if (operated.operation == Operation::pause || operated.operation == Operation::freeze) {
    text += " for " + describe(operated.lasting.value_or(usual_pause));
  }
  return text + " by " + operated.by + (operated.reason.empty() ? "" : ": " + operated.reason);
}

/// Of a dependent that it takes along.
std::string wording_of(const Operated& operated, const Slot& dependency) {
  return wording_of(operated) + ", with '" + dependency.state.name + "' that it depends on";
}

}  // namespace

void World::on(const Operated& operated) {
  if (operated.service && operated.service->value() >= slots_.size()) {
    refuse(operated, "no such service");
  } else if (operated.lasting && *operated.lasting <= Duration::zero()) {
    refuse(operated, "a pause or a freeze has to last for some time");
  } else if (operated.service) {
    operate_service(operated, at(*operated.service));
  } else {
    operate_daemon(operated);
  }
}

void World::operate_service(const Operated& operated, Slot& slot) {
  if (std::string why = objection(operated, slot); !why.empty()) {
    refuse(operated, std::move(why));
    return;
  }
  note(slot, RecordKind::operated, wording_of(operated));
  dirty(slot.id);
  switch (operated.operation) {
    case Operation::stop:
      for (const ServiceId dependent : running_dependents(slot)) {
        want_stopped(at(dependent), operated);
      }
      want_stopped(slot, operated);
      return;
    case Operation::start:
    case Operation::restart:
      set_desired(slot, Desired::running, "by " + operated.by);
      forgive(slot);
      end_stop_backoff(slot);
      slot.state.pending = operated.operation;
      if (operated.dependents == Operated::Dependents::refuse) return;
      if (operated.operation == Operation::start) return start_dependents(slot, operated);
      return restart_dependents(slot, operated);
    case Operation::pause:
      slot.state.pause = pause_of(operated);
      return;
    case Operation::resume: slot.state.pause.reset(); return;
    case Operation::freeze:
    case Operation::thaw:
    case Operation::confirm: return;
  }
}

Pause World::pause_of(const Operated& operated) const {
  // Longer than time can count is for ever.
  const Duration lasting = std::min(operated.lasting.value_or(usual_pause), never - now_);
  return {now_ + lasting, operated.by, operated.reason};
}

std::string World::objection(const Operated& operated, const Slot& slot) const {
  const std::string name = "'" + slot.state.name + "'";
  if (!slot.policy) return name + " is not declared any more";
  const Operation operation = operated.operation;
  const bool of_all = operation == Operation::freeze || operation == Operation::thaw ||
                      operation == Operation::confirm;
  if (of_all) return std::string{to_string(operation)} + " is of everything: name no service";
  const bool acts = operation == Operation::start || operation == Operation::stop ||
                    operation == Operation::restart;
  if (acts && shutting_down_) return "heald is shutting down";
  const auto missing = [&](ActionKind kind) {
    return !can_carry_out(*slot.policy, kind)
               ? name + " is external, and its rules give no command to " +
                     std::string{to_string(kind)} + " it"
               : std::string{};
  };
  if (operation == Operation::start) return missing(ActionKind::start);
  if (operation == Operation::restart) return missing(ActionKind::restart);
  if (operation != Operation::stop) return {};
  if (std::string why = missing(ActionKind::stop); !why.empty()) return why;
  if (operated.dependents == Operated::Dependents::include) return {};
  std::vector<std::string> names;
  for (const ServiceId dependent : running_dependents(slot)) {
    names.push_back(at(dependent).state.name);
  }
  if (names.empty()) return {};
  return quoted_list(names) + (names.size() == 1 ? " depends" : " depend") + " on " + name +
         "; ask for --with-dependents to stop " + (names.size() == 1 ? "it" : "them") + " as well";
}

std::vector<ServiceId> World::running_dependents(const Slot& slot) const {
  std::vector<ServiceId> found;
  std::vector<ServiceId> open = slot.needed_by;
  while (!open.empty()) {
    const ServiceId next = open.back();
    open.pop_back();
    const Slot& dependent = at(next);
    if (!dependent.policy || dependent.state.desired != Desired::running) continue;
    if (std::find(found.begin(), found.end(), next) != found.end()) continue;
    found.push_back(next);
    open.insert(open.end(), dependent.needed_by.begin(), dependent.needed_by.end());
  }
  return found;
}

/// Those that an operator stopped, in their order: `start` takes back what `stop` did.
void World::start_dependents(Slot& slot, const Operated& operated) {
  std::vector<ServiceId> open = slot.needed_by;
  while (!open.empty()) {
    Slot& dependent = at(open.back());
    open.pop_back();
    if (!dependent.policy) continue;
    open.insert(open.end(), dependent.needed_by.begin(), dependent.needed_by.end());
    const bool able = can_carry_out(*dependent.policy, ActionKind::start);
    if (dependent.state.desired != Desired::stopped || !able) continue;
    note(dependent, RecordKind::operated, wording_of(operated, slot));
    set_desired(dependent, Desired::running, "by " + operated.by);
    forgive(dependent);
    end_stop_backoff(dependent);
    if (!dependent.is_process()) dependent.state.pending = Operation::start;
    dirty(dependent.id);
  }
}

/// As convergence, each when what it depends on is verified.
void World::restart_dependents(Slot& slot, const Operated& operated) {
  for (const ServiceId id : running_dependents(slot)) {
    Slot& dependent = at(id);
    if (!can_carry_out(*dependent.policy, ActionKind::restart)) continue;
    note(dependent, RecordKind::operated, wording_of(operated, slot));
    forgive(dependent);
    dependent.state.restart_wanted = true;
    dirty(id);
  }
}

void World::want_stopped(Slot& slot, const Operated& operated) {
  set_desired(slot, Desired::stopped, "by " + operated.by);
  abandon_verification(slot, operated.by + " stopped it");
  if (slot.has_open_incident()) close_incident(slot, Closing::stopped);
  // Its child, while there is one, needs what it needed, should the next word be to let it run.
  if (!slot.is_process()) slot.state.restart_wanted = slot.state.reload_wanted = false;
  slot.state.pending.reset();
  end_stop_backoff(slot);
  if (!slot.is_process()) slot.state.pending = Operation::stop;
  dirty(slot.id);
}

/// An operator's word begins the ladder anew: attempts, back-off and latch are forgotten.
void World::forgive(Slot& slot) {
  if (!slot.state.incident) return;
  slot.state.incident->attempts.clear();
  slot.state.incident->actions = 0;
  slot.state.incident->backoff_until = {};
  slot.state.incident->slow_retry_at = never;
  slot.state.incident->told_latched.clear();
  if (slot.state.activity == Activity::latched) {
    note(slot, RecordKind::unlatched, "an operator stepped in");
    set_activity(slot, Activity::idle, {});
  }
}

void World::operate_daemon(const Operated& operated) {
  switch (operated.operation) {
    case Operation::freeze:
      daemon_.freeze = pause_of(operated);
      break;
    case Operation::thaw: daemon_.freeze.reset(); break;
    case Operation::confirm: daemon_.confirmation_wanted = false; break;
    case Operation::start:
    case Operation::stop:
    case Operation::restart:
    case Operation::pause:
    case Operation::resume: refuse(operated, "name a service"); return;
  }
  touch_daemon();
  note(RecordKind::operated, wording_of(operated));
  for (const Slot& slot : slots_) dirty(slot.id);
}

void World::refuse(const Operated& operated, std::string why) {
  const bool known = operated.service && operated.service->value() < slots_.size();
  if (known) note(at(*operated.service), RecordKind::refused, why);
  refusal_ = std::move(why);
}

void World::on(const ShutdownRequested&) {
  if (shutting_down_) return;
  shutting_down_ = true;
  const Duration timeout = policy_ ? policy_->daemon.shutdown_timeout : Duration::zero();
  shutdown_deadline_ = now_ + timeout;
  note(RecordKind::shutdown, "stopping every service within " + describe(timeout));
  for (Slot& slot : slots_) {
    abandon_verification(slot, "heald is shutting down");
    dirty(slot.id);
  }
}

void World::finish_shutdown() {
  if (!shutting_down_ || shutdown_finished_) return;
  if (!acting_.empty() && now_ < shutdown_deadline_) return;
  ShutdownFinished finished;
  for (const Slot& slot : slots_) {
    if (slot.state.running && !left_alone(slot)) finished.remaining.push_back(slot.id);
  }
  if (!finished.remaining.empty() && now_ < shutdown_deadline_) return;
  shutdown_finished_ = true;
  shutdown_deadline_ = never;
  decision_.marked = true;
  commands_.emplace_back(std::move(finished));
}

}  // namespace heald
