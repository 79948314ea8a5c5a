#include "sim/patient.hpp"

namespace heald::sim {

Answer Patient::answer_to(const std::string& probe) const {
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

Course Patient::next_course() {
  if (plans_.empty()) return usual;
  const Course next = plans_.front();
  plans_.pop_front();
  return next;
}

void Patient::undergo(const ActionOrder& order, const Course& course) {
  const ActionKind kind = kind_of(order.action);
  const bool starts = kind == ActionKind::restart || kind == ActionKind::start ||
                      kind == ActionKind::reprovision;
  if (course.result != ActionResult::unsupported && order.policy->process() != nullptr) {
    if (kind == ActionKind::stop && course.result == ActionResult::done) {
      runs = false;
      ended_ = false;
    }
    if (starts) {
      runs = course.starts;
      ended_ = !course.starts;
      if (runs) generation = order.generation;
    }
  }
  if (course.leaves) answer("", *course.leaves);
}

void Patient::end(ExitStatus) {
  runs = false;
  ended_ = true;
}

void Patient::reboot() {
  runs = false;
  ended_ = false;
}

}  // namespace heald::sim
