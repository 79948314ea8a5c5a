#include "replay/trial.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "heald/assert.hpp"
#include "replay/wording.hpp"

namespace heald {
namespace {

bool is_ladders(Cause cause) { return cause == Cause::ladder || cause == Cause::slow_retry; }

bool is_told(RecordKind kind) {
  static constexpr std::array told{
      RecordKind::incident_opened,  RecordKind::incident_relapsed, RecordKind::incident_collected,
      RecordKind::incident_closed,  RecordKind::action_intended,   RecordKind::verdict,
      RecordKind::held,             RecordKind::would_act,         RecordKind::latched,
      RecordKind::unlatched};
  return std::find(told.begin(), told.end(), kind) != told.end();
}

/// How far the answer of a guard hangs on services that this one does not depend on.
enum class Reach : std::uint8_t { itself, group, everything };

Reach reach_of(Guard guard) {
  switch (guard) {
    case Guard::storm:
    case Guard::max_concurrent:
    case Guard::min_healthy: return Reach::group;
    case Guard::total_budget:
    case Guard::start_concurrency:
    case Guard::blindness: return Reach::everything;
    default: return Reach::itself;
  }
}

const RungPolicy* find_rung(const ServicePolicy* policy, const std::string& name) {
  if (policy == nullptr) return nullptr;
  const auto found = std::find_if(policy->remediation.begin(), policy->remediation.end(),
                                  [&](const RungPolicy& rung) { return rung.name == name; });
  return found == policy->remediation.end() ? nullptr : &*found;
}

/// The latest hold of an action, until its verdict.
void follow_hold(Guard& held, const Record& record) {
  if (record.kind == RecordKind::held) held = record.hold.guard;
  static constexpr std::array over{RecordKind::incident_opened, RecordKind::incident_relapsed,
                                   RecordKind::verdict};
  if (std::find(over.begin(), over.end(), record.kind) != over.end()) held = Guard::none;
}

}  // namespace

std::string_view to_string(TriedAction::Need need) {
  static constexpr std::array<std::string_view, 3> words{"open", "was_back", "came_back"};
  return words.at(static_cast<std::size_t>(need));
}

std::string_view to_string(Ending::Why why) {
  static constexpr std::array<std::string_view, 4> words{"divergence", "dependency", "group",
                                                         "journal"};
  return words.at(static_cast<std::size_t>(why));
}

Trial::Trial(std::shared_ptr<const Policy> rules)
    : rules_(std::move(rules)), rules_by_name_(index_of(*rules_)) {
  for (const auto& service : rules_->services) subjects_[service->name].told.name = service->name;
}

void Trial::follow(std::shared_ptr<const Policy> then) {
  then_ = std::move(then);
  then_by_name_ = index_of(*then_);
}

void Trial::rules(std::shared_ptr<const Policy> then, Fitted fitted) {
  judging_ = true;
  follow(std::move(then));
  fitted_ = std::move(fitted);
  fitted_by_name_.clear();
  for (const auto& service : fitted_.policy.services) fitted_by_name_[service->name] = service;
  for (const auto& [name, its] : fitted_.services) {
    Subject& subject = subjects_.at(name);
    subject.ever_recorded = subject.ever_recorded || its.recorded;
    subject.probes.insert(its.probes.begin(), its.probes.end());
    subject.missing.insert(its.missing.begin(), its.missing.end());
    subject.notes.insert(its.notes.begin(), its.notes.end());
  }
  for (const auto& service : then_->services) {
    if (!subjects_.contains(service->name)) not_in_rules_.insert(service->name);
  }
}

WallTime Trial::wall_of(Instant at) const {
  return wall_ + std::chrono::duration_cast<WallTime::duration>(at - at_);
}

/// Null: it is not among those that are tried (any more).
std::shared_ptr<const ServicePolicy> Trial::fitted(const std::string& service) const {
  const auto found = fitted_by_name_.find(service);
  return found == fitted_by_name_.end() ? nullptr : found->second;
}

/// Null: the new rules do not have it.
Trial::Subject* Trial::subject(const std::string& service) {
  const auto found = subjects_.find(service);
  return found == subjects_.end() ? nullptr : &found->second;
}

void Trial::note(std::vector<Onset>& onsets, const Record& record, WallTime wall) {
  if (record.kind == RecordKind::incident_opened || record.kind == RecordKind::incident_relapsed) {
    onsets.push_back({record.at - record.took, record.at, never, wall, record.text});
  }
  const bool closed = record.kind == RecordKind::incident_closed;
  if (closed && !onsets.empty() && onsets.back().closed == never) onsets.back().closed = record.at;
}

void Trial::here(const std::string& service, const Record& record) {
  Subject* its = subject(service);
  if (its == nullptr || !judging_ || ended_.contains(service)) return;
  const WallTime wall = wall_of(record.at);
  note(its->here, record, wall);
  follow_hold(its->held_here, record);
  if (!is_told(record.kind)) return;
  const auto policy = fitted(service);
  its->told.decisions.push_back({wall, record, rule_behind(record, policy.get())});
  if (record.kind != RecordKind::would_act) return;
  its->told.actions.push_back({.at = record.at, .wall = wall, .kind = *record.action_kind,
                               .rung = record.rung, .mode = TriedAction::Mode::observed});
  await_comeback(*its);
}

void Trial::here(Deed deed) {
  if (!judging_) {
    (void)deeds_.here(std::move(deed));
    return;
  }
  Subject* its = subject(deed.service);
  if (its == nullptr || ended_.contains(deed.service)) return;
  if (is_ladders(deed.cause)) {
    its->told.actions.push_back({.at = deed.at, .wall = wall_of(deed.at), .kind = deed.kind,
                                 .rung = deed.rung});
    await_comeback(*its);
  }
  part(deeds_.here(std::move(deed)));
}

/// Of the latest action: was the service back already, or does it come back without it?
void Trial::await_comeback(Subject& subject) {
  TriedAction& action = subject.told.actions.back();
  const std::string& service = subject.told.name;
  const auto policy = fitted(service);
  if (!policy) return;
  if (comebacks_.is_back(*policy, Instant{})) {
    action.need = TriedAction::Need::was_back;
    return;
  }
  if (deeds_.recorded_waits(service)) return;  // it was taken then
  const RungPolicy* rung = find_rung(policy.get(), action.rung);
  const Duration within = rung == nullptr ? VerifyPolicy{}.within : rung->verify.within;
  comebacks_.await({.action = subject.told.actions.size() - 1, .policy = policy, .from = action.at,
                    .until = action.at + within, .helpers = needs_of(service)});
}

void Trial::recorded(const RecordRow& row) {
  const Record& record = row.record;
  Subject* its = subject(row.service_name);
  if (its != nullptr && judging_) note(its->recorded, record, row.wall);
  if (its != nullptr) follow_hold(its->held_then, record);
  if (record.kind != RecordKind::action_intended) return;
  comebacks_.acted(row.service_name);
  Deed deed{row.service_name, record.action, record.at, *record.action_kind, record.rung,
            record.cause.value_or(Cause::ladder), std::nullopt, false};
  const RungPolicy* rung = find_rung(find_service(then_by_name_, row.service_name), record.rung);
  if (rung != nullptr && is_ladders(deed.cause)) deed.action = rung->action;
  if (!judging_) {
    (void)deeds_.recorded(std::move(deed));
    return;
  }
  if (its == nullptr) return;
  if (!ended_.contains(row.service_name)) return part(deeds_.recorded(std::move(deed)));
  auto& ending = its->told.ending;  // what was done then instead, if only later
  if (ending && ending->here && !ending->recorded) ending->recorded = std::move(deed);
}

void Trial::recorded_ended(ActionId action) { part(deeds_.recorded_ended(action)); }

bool Trial::pass(Instant now) {
  for (const Parting& parting : deeds_.expire(now)) part(parting);
  for (const Hope& hope : comebacks_.came_true(now)) {
    TriedAction& action = subjects_.at(hope.policy->name).told.actions.at(hope.action);
    action.need = TriedAction::Need::came_back;
    action.back_after = now - hope.from;
  }
  return std::exchange(news_, false);
}

void Trial::part(const std::optional<Parting>& parting) {
  if (!parting || !judging_ || ended_.contains(parting->service)) return;
  Ending ending{.why = Ending::Why::divergence, .at = parting->at, .wall = wall_of(parting->at),
                .through = {}, .here = parting->here, .recorded = parting->recorded};
  ending.through = entangled_with(subjects_.at(parting->service));
  if (!ending.through.empty()) ending.why = Ending::Why::group;
  end(parting->service, std::move(ending));
}

/// A service that nothing is claimed of any more, and that a guard has looked at which held this
/// one on either side. Empty: there is none.
std::string Trial::entangled_with(const Subject& subject) const {
  const Reach reach = std::max(reach_of(subject.held_here), reach_of(subject.held_then));
  if (reach == Reach::itself) return {};
  const auto group_of = [](const ServiceIndex& services, const std::string& name) {
    const ServicePolicy* service = find_service(services, name);
    return service == nullptr ? std::string{} : service->group;
  };
  const std::string& name = subject.told.name;
  for (const std::string& other : ended_) {
    if (reach == Reach::everything) return other;
    const bool here = group_of(rules_by_name_, other) == group_of(rules_by_name_, name);
    if (here || group_of(then_by_name_, other) == group_of(then_by_name_, name)) return other;
  }
  return {};
}

/// Itself and whatever it depends on, however far.
std::set<std::string> Trial::needs_of(const std::string& service) const {
  std::set<std::string> needs{service};
  std::vector<std::string> rest{service};
  while (!rest.empty()) {
    const std::string name = std::move(rest.back());
    rest.pop_back();
    for (const ServiceIndex* services : {&rules_by_name_, &then_by_name_}) {
      const ServicePolicy* its = find_service(*services, name);
      if (its == nullptr) continue;
      for (const DependencyPolicy& rule : its->depends_on) {
        if (needs.insert(rule.service).second) rest.push_back(rule.service);
      }
    }
  }
  return needs;
}

/// With a service, the claims about those that depend on it end: what they wait for is of another
/// world as well.
void Trial::end(const std::string& service, Ending ending) {
  Ending through{.why = Ending::Why::dependency, .at = ending.at, .wall = ending.wall,
                 .through = service, .here = {}, .recorded = {}};
  subjects_.at(service).told.ending = std::move(ending);
  ended_.insert(service);
  news_ = true;
  for (auto& [name, its] : subjects_) {
    if (ended_.contains(name) || !needs_of(name).contains(service)) continue;
    its.told.ending = through;
    ended_.insert(name);
  }
}

void Trial::cut(Instant at) {
  if (!judging_) return;
  for (auto& [name, its] : subjects_) {
    if (!ended_.insert(name).second) continue;
    its.told.ending = Ending{.why = Ending::Why::journal, .at = at, .wall = wall_of(at),
                             .through = {}, .here = {}, .recorded = {}};
  }
}

bool Trial::in_gap(const TimedIncident& incident) const {
  if (!incident.recorded || incident.timing == Timing::same) return false;
  const WallTime from = incident.recorded->wall -
                        std::chrono::duration_cast<WallTime::duration>(
                            incident.recorded->opened - incident.recorded->first);
  const WallTime to = incident.here ? std::max(incident.here->wall, incident.recorded->wall)
                                    : WallTime::max();
  return std::any_of(gaps_.begin(), gaps_.end(), [&](const TriedGap& gap) {
    return gap.from.value_or(WallTime::min()) < to && from < gap.to.value_or(WallTime::max());
  });
}

TriedService Trial::tell(Subject subject) const {
  TriedService told = std::move(subject.told);
  for (const std::string& probe : subject.missing) {
    if (!subject.probes.contains(probe)) {
      told.missing.push_back(probe);
    } else {
      told.notes.push_back("probe '" + probe + "' was recorded as it asks here for a part only");
    }
  }
  told.notes.insert(told.notes.end(), subject.notes.begin(), subject.notes.end());
  const Instant until = told.ending ? told.ending->at : never;
  std::erase_if(told.decisions, [&](const auto& each) { return each.record.at > until; });
  std::erase_if(told.actions, [&](const auto& each) { return each.at > until; });
  told.incidents = compare_onsets(subject.recorded, subject.here, until);
  for (TimedIncident& incident : told.incidents) incident.in_gap = in_gap(incident);
  return told;
}

Backtest Trial::finish() {
  for (const Parting& parting : deeds_.expire(never)) part(parting);
  Backtest result;
  result.gaps = gaps_;
  result.not_in_rules.assign(not_in_rules_.begin(), not_in_rules_.end());
  for (const auto& service : rules_->services) {
    Subject& its = subjects_.at(service->name);
    if (its.ever_recorded) {
      result.services.push_back(tell(std::move(its)));
    } else if (then_) {
      result.never_recorded.push_back(service->name);
    }
  }
  return result;
}

}  // namespace heald
