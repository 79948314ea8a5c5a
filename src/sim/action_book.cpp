#include "sim/action_book.hpp"

#include <algorithm>
#include <string>

namespace heald::sim {
namespace {

std::string name_of(ActionId action) { return "action " + std::to_string(action.value()); }

bool starts(ActionKind kind) {
  return kind == ActionKind::restart || kind == ActionKind::start ||
         kind == ActionKind::reprovision;
}

}  // namespace

void ActionBook::before(const Event& event) {
  stale_ = false;
  if (const auto* finished = std::get_if<ActionFinished>(&event.input)) {
    const auto order = unanswered_.extract(finished->report.id);
    stale_ = order.empty();
    if (!stale_) note_end(order.mapped(), finished->report);
  }
  if (const auto* withheld = std::get_if<ActionWithheld>(&event.input)) {
    stale_ = unanswered_.erase(withheld->action) == 0;
  }
  if (const auto* exited = std::get_if<ProcessExited>(&event.input)) {
    const auto child = running_.find(exited->report.service);
    stale_ = child == running_.end() || child->second != exited->report.generation;
    if (!stale_) running_.erase(child);
  }
  if (const auto* restarted = std::get_if<Restarted>(&event.input)) {
    if (restarted->boot == Restarted::Boot::another) latest_.clear();  // none of them lives
  }
  const auto* found = std::get_if<ProcessFound>(&event.input);
  if (found != nullptr && found->what != ProcessFound::What::none) {
    Generation& latest = latest_[found->service];
    latest = std::max(latest, found->generation);
    if (found->what == ProcessFound::What::running) running_[found->service] = found->generation;
  }
}

void ActionBook::note_end(const Order& order, const ActionReport& report) {
  if (report.result == ActionResult::unsupported || !order.process) return;
  const bool stopped = order.kind == ActionKind::stop && report.result == ActionResult::done;
  if (order.starts || stopped) running_.erase(order.service);
  if (!order.starts || !report.pid) return;
  const bool another = report.generation.value() != 0;
  const Generation generation = another ? report.generation : order.generation;
  running_[order.service] = generation;
  latest_[order.service] = std::max(latest_[order.service], generation);
}

void ActionBook::after(const Step& step) {
  check_stale(step);
  for (const Record& record : step.decision.records) check_record(record);
  for (const Command& command : step.decision.commands) {
    if (const auto* act = std::get_if<ActCommand>(&command)) check_act(step, *act);
  }
  check_kept(step);
}

/// A report that came twice, or of a child of another generation, is not taken in.
void ActionBook::check_stale(const Step& step) {
  if (!stale_) return;
  const auto told = [&](RecordKind kind) {
    return std::any_of(step.decision.records.begin(), step.decision.records.end(),
                       [&](const Record& record) { return record.kind == kind; });
  };
  const bool exit = step.input<ProcessExited>() != nullptr;
  require_("stale report", !told(exit ? RecordKind::exited : RecordKind::action_finished),
           [] { return "a late or repeated report was taken for news"; });
}

void ActionBook::check_act(const Step& step, const ActCommand& command) {
  const ActionOrder& order = command.order;
  const ServiceState& state = step.state(order.service);
  const auto name = [&] { return name_of(order.id) + " of " + step.name(order.service); };
  const bool stands = state.activity == Activity::acting && state.action &&
                      state.action->id == order.id;
  require_("acting", stands, [&] { return name() + " is ordered, but its state is not acting"; });
  const auto& records = step.decision.records;
  const bool intended = std::any_of(records.begin(), records.end(), [&](const Record& record) {
    return record.kind == RecordKind::action_intended && record.action == order.id;
  });
  const auto& changed = step.decision.changed;
  const bool kept = std::find(changed.begin(), changed.end(), order.service) != changed.end();
  require_("durable intent",
           intended && kept && step.decision.marked && step.decision.daemon_changed,
           [&] { return name() + " would not be found in the journal"; });
  require_("durable intent",
           order.id > highest_ && step.engine.daemon().next_action > order.id.value(),
           [&] { return name() + " goes by an id that was given before"; });
  highest_ = std::max(highest_, order.id);
  const Order made{order.service, order.policy->process() != nullptr,
                   starts(kind_of(order.action)), kind_of(order.action), order.generation};
  require_("generation", !made.process || !made.starts || order.generation > latest_[order.service],
           [&] { return name() + " starts a generation that was there before"; });
  unanswered_.emplace(order.id, made);
}

void ActionBook::check_record(const Record& record) {
  if (!record.service) return;
  const auto of = [&] { return " " + name_of(record.action); };
  ActionId& open = open_[*record.service];
  if (record.kind == RecordKind::action_intended) {
    require_("one action at a time", !unanswered_.contains(open),
             [&] { return "before the end of " + name_of(open) + " comes" + of(); });
    require_("verdict before the next action", open == ActionId{},
             [&] { return "before the verdict on " + name_of(open) + " comes" + of(); });
    open = record.action;
    return;
  }
  const bool stopped = record.kind == RecordKind::action_finished && record.cause &&
                       is_asked_stop(*record.cause, record.action_kind.value_or(ActionKind::stop));
  if (record.kind == RecordKind::verdict) {
    require_("one verdict", ended_.insert(record.action).second,
             [&] { return "a second verdict on" + of(); });
  }
  const bool ends = record.kind == RecordKind::verdict ||
                    record.kind == RecordKind::action_withheld || stopped;
  if (!ends) return;
  require_("one verdict", open == record.action,
           [&] { return "an end without a beginning:" + of(); });
  open = ActionId{};
}

/// No action is lost sight of: it is in its service's state until its verdict.
void ActionBook::check_kept(const Step& step) {
  for (const ServiceId service : step.decision.changed) {
    const ServiceState& state = step.state(service);
    const auto open = open_.find(service);
    const bool awaited = open != open_.end() && open->second != ActionId{};
    const bool same = state.action.has_value() == awaited &&
                      (!awaited || state.action->id == open->second);
    require_("one verdict", same,
             [&] { return step.name(service) + " lost sight of an action before its verdict"; });
    require_("running", !step.adopted || state.running == running_.contains(service), [&] {
      return step.name(service) + " is taken for " + (state.running ? "running" : "ended") +
             ", which heald was not told";
    });
  }
}

void ActionBook::heald_died() {
  unanswered_.clear();
  running_.clear();
}

}  // namespace heald::sim
