#include "replay/story.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "replay/wording.hpp"

namespace heald {
namespace {

/// What led up to an incident: so many inputs at most, the latest.
constexpr std::size_t longest_lead = 50;

/// The condition that an observation counted towards, after it.
const Condition* condition_of(const Redecided& each, const Observation& seen) {
  if (each.engine == nullptr) return nullptr;
  const ServicePolicy* policy = each.engine->policy(seen.service).get();
  const std::string name = probe_name(seen.probe, policy);
  for (const Condition& condition : each.engine->state(seen.service).conditions) {
    if (condition.name == name) return &condition;
  }
  return nullptr;
}

/// "2 of 3 failures": how far the observation brought its condition.
std::string progress_of(const Redecided& each, const Observation& seen) {
  const Condition* condition = condition_of(each, seen);
  if (condition == nullptr || seen.outcome == Outcome::unknown) return {};
  const ServicePolicy& policy = *each.engine->policy(seen.service);
  const ProbePolicy& rule = policy.probes.at(seen.probe.value());
  const bool fail = seen.outcome == Outcome::fail;
  const std::uint32_t count = fail ? condition->fails : condition->passes;
  const std::uint32_t wanted = fail ? rule.failure_threshold : rule.success_threshold;
  if (count == 0) return {};
  return std::to_string(std::min(count, wanted)) + " of " + std::to_string(wanted) +
         (fail ? " failures" : " passes");
}

class Teller {
 public:
  explicit Teller(IncidentId incident) { story_.id = incident; }

  void hear(const Redecided& each);
  [[nodiscard]] std::optional<Story> finish(const Replayed& replayed);

 private:
  [[nodiscard]] StoryStep step_of(const Redecided& each) const;
  [[nodiscard]] const ServicePolicy* policy_of(const Redecided& each,
                                               std::optional<ServiceId> service) const;
  void hear_lead(const Redecided& each, StoryStep step);
  void begin(const LoggedEvent& logged);
  void take_lead();
  void note(const Record& record);
  [[nodiscard]] std::string why_not_proven(const Replayed& replayed) const;

  Story story_;
  bool begun_ = false;
  std::uint64_t unproven_ = 0;  ///< the first event of the story that was not replayed; 0: none
  std::map<std::string, std::vector<StoryStep>> leads_;  ///< by service
};

const ServicePolicy* Teller::policy_of(const Redecided& each,
                                       std::optional<ServiceId> service) const {
  if (each.engine == nullptr || !service || service->value() >= each.engine->size()) return nullptr;
  return each.engine->policy(*service).get();
}

StoryStep Teller::step_of(const Redecided& each) const {
  StoryStep step;
  step.event = each.logged.row.seq;
  step.wall = each.logged.row.wall;
  step.at = each.event.at;
  step.service = each.logged.row.service_name;
  std::optional<ServiceId> service;
  if (const auto* seen = std::get_if<Observation>(&each.event.input)) {
    service = seen->service;
    step.progress = progress_of(each, *seen);
  }
  if (step.service.empty() && std::holds_alternative<ActionFinished>(each.event.input) &&
      !each.logged.records.empty()) {
    step.service = each.logged.records.front().service_name;
  }
  step.input = describe(each.event, policy_of(each, service));
  return step;
}

void Teller::hear(const Redecided& each) {
  StoryStep step = step_of(each);
  std::vector<StoryDecision> others;  // of no incident: they may lead up to one
  bool ours = false;
  for (const RecordRow& row : each.logged.records) {
    const ServicePolicy* policy = policy_of(each, row.record.service);
    StoryDecision decision{row.record, rule_behind(row.record, policy)};
    const bool its = row.record.incident == story_.id;
    const bool leads = row.record.incident == IncidentId{} && !step.service.empty() &&
                       row.service_name == step.service;
    if (its || leads) others.push_back(std::move(decision));
    ours = ours || its;
  }
  step.decisions = std::move(others);
  if (!ours) return hear_lead(each, std::move(step));
  if (!begun_) begin(each.logged);
  const Closing before = story_.closing;
  for (const StoryDecision& decision : step.decisions) note(decision.record);
  if (before != story_.closing && story_.closing == Closing::open) take_lead();  // a relapse
  if (each.engine == nullptr && unproven_ == 0) unproven_ = step.event;
  story_.steps.push_back(std::move(step));
}

/// What is about heald itself explains a pause in a story, or why it went on otherwise.
bool is_about_heald(const Event& event) {
  return std::holds_alternative<Restarted>(event.input) ||
         std::holds_alternative<PolicyLoaded>(event.input) ||
         std::holds_alternative<Stalled>(event.input) ||
         std::holds_alternative<ShutdownRequested>(event.input);
}

/// Failures and ends count as the beginning of what may become an incident; health ends it.
void Teller::hear_lead(const Redecided& each, StoryStep step) {
  const auto* seen = std::get_if<Observation>(&each.event.input);
  const bool its = seen != nullptr || std::holds_alternative<ProcessExited>(each.event.input);
  const bool goes_on = begun_ && story_.closing == Closing::open;
  if (goes_on && (is_about_heald(each.event) || (its && step.service == story_.service))) {
    story_.steps.push_back(std::move(step));  // it counted, and decided nothing yet
    return;
  }
  if (!its) return;
  std::vector<StoryStep>& lead = leads_[step.service];
  if (seen != nullptr && seen->outcome == Outcome::pass) return lead.clear();
  lead.push_back(std::move(step));
  if (lead.size() > longest_lead) lead.erase(lead.begin());
}

void Teller::begin(const LoggedEvent& logged) {
  begun_ = true;
  for (const RecordRow& row : logged.records) {
    if (row.record.incident == story_.id) story_.service = row.service_name;
  }
  take_lead();
}

void Teller::take_lead() {
  std::vector<StoryStep> lead = std::exchange(leads_[story_.service], {});
  std::move(lead.begin(), lead.end(), std::back_inserter(story_.steps));
}

void Teller::note(const Record& record) {
  if (record.incident != story_.id) return;
  if (record.kind == RecordKind::incident_opened) {
    story_.symptom = record.text;
    story_.beginning_kept = true;
  }
  if (record.kind == RecordKind::incident_relapsed) {
    ++story_.relapses;
    story_.closing = Closing::open;
  }
  if (record.kind == RecordKind::incident_closed) {
    story_.closing = record.closing.value_or(Closing::recovered);
  }
}

std::string Teller::why_not_proven(const Replayed& replayed) const {
  if (unproven_ == 0) return {};
  for (const LifeReplayed& life : replayed.lives) {
    const bool its = life.first_event <= unproven_ && unproven_ <= life.last_event;
    if (its && !life.not_replayed.empty()) return life.not_replayed;
  }
  return "`heald replay` names the first difference";
}

std::optional<Story> Teller::finish(const Replayed& replayed) {
  if (!begun_) return std::nullopt;
  story_.not_proven = why_not_proven(replayed);
  return std::move(story_);
}

}  // namespace

Result<std::optional<Story>> tell_story(EventLog& log, IncidentId incident) {
  Teller teller{incident};
  auto replayed = replay(log, [&](const Redecided& each) { teller.hear(each); });
  if (!replayed) return replayed.error();
  return teller.finish(*replayed);
}

}  // namespace heald
