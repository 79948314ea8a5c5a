#include "sim/patient.hpp"

#include <algorithm>

#include "sim/symptoms.hpp"

namespace heald::sim {

bool starts_anew(ActionKind kind) {
  return kind == ActionKind::restart || kind == ActionKind::start ||
         kind == ActionKind::reprovision;
}

bool starts_alike(const ServicePolicy& one, const ServicePolicy& other) {
  ProcessRuntime left = *one.process();
  const ProcessRuntime& right = *other.process();
  // Of these a child knows nothing.
  left.stop = right.stop;
  left.post_stop = right.post_stop;
  left.on_shutdown = right.on_shutdown;
  left.log = right.log;
  left.reload = right.reload;
  left.ready = right.ready;
  left.exit = right.exit;
  return left == right;
}

bool has_means(const ServicePolicy& policy, ActionKind kind) {
  const ExternalRuntime* external = policy.external();
  if (external == nullptr) return true;
  switch (kind) {
    case ActionKind::restart: return external->restart || (external->stop && external->start);
    case ActionKind::start: return external->start.has_value();
    case ActionKind::stop: return external->stop.has_value();
    case ActionKind::reload: return external->reload.has_value();
    case ActionKind::signal: return false;
    default: return true;
  }
}

Answer Patient::answer_to(const std::string& probe) const {
  if (answers_.empty()) return others_;
  const auto found = answers_.find(probe);
  return found == answers_.end() ? others_ : found->second;
}

void Patient::answer(const std::string& probe, Answer answer) {
  if (!probe.empty()) {
    answers_[probe] = answer;
    return;
  }
  answers_.clear();
  others_ = answer;
}

Meeting Patient::meet(const ProbePolicy& probe, Instant now) const {
  Meeting meeting{.answer = down ? Answer::fail : answer_to(probe.name), .takes = look_takes};
  if (troubles_.empty()) return meeting;
  for (const Trouble& trouble : troubles_) {
    worsen(meeting, trouble, {probe, now, started});
  }
  for (const Trouble& trouble : troubles_) distort(meeting, trouble, probe);
  return meeting;
}

bool Patient::well(const ServicePolicy& rules, Instant now) const {
  if (down || (rules.process() != nullptr && !runs)) return false;
  return std::all_of(rules.probes.begin(), rules.probes.end(), [&](const ProbePolicy& probe) {
    Meeting meeting{.answer = answer_to(probe.name), .takes = look_takes};
    for (const Trouble& trouble : troubles_) worsen(meeting, trouble, {probe, now, started});
    return meeting.answer == Answer::pass;
  });
}

Course Patient::next_course(const ActionOrder& order) {
  Course course = usual;
  if (!plans_.empty()) {
    course = plans_.front();
    plans_.pop_front();
  }
  for (const Trouble& trouble : troubles_) misdirect(course, trouble, order);
  if (!has_means(*order.policy, kind_of(order.action))) {
    course.result = ActionResult::unsupported;
    course.takes = {};
  }
  return course;
}

void Patient::undergo(const ActionOrder& order, const Course& course, const std::string& rung,
                      Instant now) {
  const ActionKind kind = kind_of(order.action);
  if (course.result != ActionResult::unsupported && course.happens) {
    if (kind == ActionKind::stop && course.result == ActionResult::done) {
      runs = false;
      ended_ = false;
      down = order.policy->process() == nullptr;
    }
    if (course.result == ActionResult::done && course.cures) be_cured_by(order, rung, now);
    if (starts_anew(kind)) start(order, course.starts, now);
  }
  if (starts_anew(kind)) started_by = order.policy;
  if (course.leaves) answer("", *course.leaves);
}

void Patient::start(const ActionOrder& order, bool comes_up, Instant now) {
  const bool process = order.policy->process() != nullptr;
  if (comes_up) started = now;
  down = !process && !comes_up;
  if (!process) return;
  runs = comes_up;
  ended_ = !comes_up;
  if (runs) generation = order.generation;
}

void Patient::end(ExitStatus) {
  runs = false;
  ended_ = true;
}

void Patient::reboot(Instant now) {
  runs = false;
  ended_ = false;
  down = false;
  started = now;
  part_with(
      [](const Trouble& trouble) {
        const std::vector<ActionKind> cures = cure_of(*trouble.fault).actions;
        return std::find(cures.begin(), cures.end(), ActionKind::restart) != cures.end();
      },
      now, {});
}

void Patient::suffer(const Fault& fault, std::size_t number, Instant now) {
  troubles_.push_back({.fault = &fault, .number = number, .began = now, .over = never,
                       .cured_by = {}});
}

void Patient::be_rid_of(std::size_t number, Instant now) {
  part_with([&](const Trouble& trouble) { return trouble.number == number; }, now, {});
}

void Patient::be_cured_by(const ActionOrder& order, const std::string& rung, Instant now) {
  const ActionKind kind = kind_of(order.action);
  part_with(
      [&](const Trouble& trouble) {
        const Cure cure = cure_of(*trouble.fault);
        return std::find(cure.actions.begin(), cure.actions.end(), kind) != cure.actions.end() ||
               std::find(cure.rungs.begin(), cure.rungs.end(), rung) != cure.rungs.end();
      },
      now, order.id);
}

void Patient::part_with(const std::function<bool(const Trouble&)>& over, Instant now,
                        ActionId cured_by) {
  std::erase_if(troubles_, [&](const Trouble& trouble) {
    if (!over(trouble)) return false;
    past_.push_back(trouble);
    past_.back().over = now;
    past_.back().cured_by = cured_by;
    return true;
  });
}

std::vector<Patient::EndAhead> Patient::ends_ahead(
    const std::function<bool()>& needs_are_well) const {
  std::vector<EndAhead> ends;
  for (const Trouble& trouble : troubles_) {
    const FaultKind& kind = trouble.fault->kind;
    if (const auto* crash = std::get_if<Crash>(&kind)) {
      ends.push_back({crash->again_after, crash->status, trouble.number});
    }
    const auto* leak = std::get_if<Leak>(&kind);
    if (leak != nullptr && leak->then == Leak::Then::crash) {
      ends.push_back({leak->well_for, killed_by(9), trouble.number});
    }
    if (std::holds_alternative<NeedDependencies>(kind) && !needs_are_well()) {
      ends.push_back({std::chrono::milliseconds{200}, exit_with(1), trouble.number});
    }
  }
  return ends;
}

bool Patient::suffers_from(std::size_t number) const {
  return std::any_of(troubles_.begin(), troubles_.end(),
                     [&](const Trouble& trouble) { return trouble.number == number; });
}

}  // namespace heald::sim
