// How actions go in the model world, and how its processes end.

#include "heald/assert.hpp"
#include "sim/rehearsal.hpp"

namespace heald::sim {

using namespace std::chrono_literals;

void Rehearsal::act(const ActCommand& command) {
  const ActionOrder& order = command.order;
  const ActionState& action = *engine_->state(order.service).action;
  ordered.push_back({now_, order.policy->name, kind_of(order.action), action.cause, action.rung,
                     order.id, command.armed});
  if (journal_broken_ && !command.without_journal) {
    later(Duration{1}, [this, action_id = order.id] {
      feed(ActionWithheld{action_id, "cannot write the journal: the disk is full"});
    });
    return;
  }
  const Course course = patients_[order.policy->name].next_course(order);
  in_hand_.emplace(order.id, InHand{order, course, action.rung});
  later(course.takes, [this, action_id = order.id] { finish(action_id); });
}

void Rehearsal::finish(ActionId action) {
  const auto found = in_hand_.find(action);
  if (found == in_hand_.end()) return;
  const InHand hand = found->second;
  undergo(hand);
  if (!hand.course.reported) {  // it has happened, and heald still waits to hear of it
    found->second.course.happens = false;
    return;
  }
  in_hand_.erase(found);
  const Patient& target = patients_[hand.order.policy->name];
  ActionReport report{.id = action, .result = hand.course.result, .pid = {}, .evidence = "ran",
                      .generation = {}};
  const bool process = hand.order.policy->process() != nullptr;
  if (process && target.runs) {
    report.pid = 1000 + target.generation.value();
    const bool starts = hand.order.generation.value() != 0;
    if (starts && target.generation != hand.order.generation) report.generation = target.generation;
  }
  if (hand.course.again_after > Duration::zero()) {
    later(hand.course.again_after, [this, report] { feed(ActionFinished{report}); });
  }
  feed(ActionFinished{report});
}

void Rehearsal::undergo(const InHand& hand) {
  const std::string& name = hand.order.policy->name;
  Patient& target = patients_[name];
  target.undergo(hand.order, hand.course, hand.rung, now_);
  const bool starts = starts_anew(kind_of(hand.order.action));
  if (starts) target.unrecorded = journal_broken_;
  const bool begun = starts && target.started == now_;
  if (begun && !target.troubles().empty()) plan_ends(name);
  if (begun && one_shots_end_) plan_end_of_work(*hand.order.policy);
}

/// One of the processes ends and is followed by another, as heald would have it if it lived on.
/// Which one of those that are armed hangs on the moment.
void Rehearsal::restart_unwritten() {
  const std::size_t count = engine_->size();
  const auto first = static_cast<std::size_t>(now_.time_since_epoch() / Duration{1ms});
  for (std::size_t place = 0; place < count && !journal_broken_; ++place) {
    if (restart_unwritten(ServiceId{static_cast<std::uint32_t>((first + place) % count)})) return;
  }
}

bool Rehearsal::restart_unwritten(ServiceId service) {
  if (!engine_->declared(service)) return false;
  Patient& target = patients_[engine_->state(service).name];
  if (!target.runs) return false;
  const ExitStatus status = killed_by(9);
  Engine living_on = engine_->what_if();
  const Decision& decision =
      living_on.step({now_, ProcessExited{{service, target.generation, status}}});
  for (const Command& command : decision.commands) {
    const auto* act = std::get_if<ActCommand>(&command);
    if (act == nullptr || !act->armed) continue;
    target.end(status);
    undergo({act->order, target.next_course(act->order), living_on.state(service).action->rung});
    return true;
  }
  return false;
}

void Rehearsal::plan_end_of_work(const ServicePolicy& policy) {
  const ProcessRuntime* process = policy.process();
  if (process == nullptr || process->exit.on_success != OnSuccess::done) return;
  if (process->exit.success.empty()) return;
  plan(1s, [this, name = policy.name, status = exit_with(process->exit.success.front()),
            begun = patients_[policy.name].started] {
    if (patients_[name].started == begun) end(name, status);
  });
}

/// What has just started may already be about to end.
void Rehearsal::plan_ends(const std::string& service) {
  const Patient& target = patients_[service];
  for (const Patient::EndAhead& ahead :
       target.ends_ahead([&] { return needs_are_well(service); })) {
    plan(ahead.after, [this, service, ahead, begun = target.started] {
      const Patient& then = patients_[service];
      if (then.started == begun && then.suffers_from(ahead.number)) end(service, ahead.status);
    });
  }
}

bool Rehearsal::needs_are_well(const std::string& service) const {
  for (const auto& each : policy_->services) {
    if (each->name != service) continue;
    for (const DependencyPolicy& need : each->depends_on) {
      if (!is_well(need.service)) return false;
    }
  }
  return true;
}

bool Rehearsal::is_well(const std::string& service) const {
  const auto patient = patients_.find(service);
  for (const auto& each : policy_->services) {
    if (each->name == service && patient != patients_.end()) {
      return patient->second.well(*each, now_);
    }
  }
  return true;
}

void Rehearsal::end(const std::string& service, ExitStatus status) {
  Patient& target = patients_[service];
  if (!is_process(service)) {
    target.down = true;
    return;
  }
  if (!target.runs) return;
  target.end(status);
  if (up_) feed(ProcessExited{{id(service), target.generation, status}});
}

bool Rehearsal::is_process(const std::string& service) const {
  for (const auto& each : policy_->services) {
    if (each->name == service) return each->process() != nullptr;
  }
  return false;
}

void Rehearsal::suffer(const std::string& service, const Fault& fault, std::size_t number) {
  Patient& target = patients_[service];
  target.suffer(fault, number, now_);
  if (const auto* crash = std::get_if<Crash>(&fault.kind)) end(service, crash->status);
  const auto* leak = std::get_if<Leak>(&fault.kind);
  if (leak == nullptr || leak->then != Leak::Then::crash) return;
  plan(leak->well_for, [this, service, number, begun = target.started] {
    const Patient& then = patients_[service];
    if (then.started == begun && then.suffers_from(number)) end(service, killed_by(9));
  });
}

void Rehearsal::recover(const std::string& service, std::optional<std::size_t> number) {
  Patient& target = patients_[service];
  const std::vector<Trouble> troubles = target.troubles();
  for (const Trouble& trouble : troubles) {
    if (number && trouble.number != *number) continue;
    target.be_rid_of(trouble.number, now_);
    // What is somebody else's comes back without us; our own child waits to be started.
    if (std::holds_alternative<Crash>(trouble.fault->kind)) target.down = false;
  }
}

}  // namespace heald::sim
