#include "journal/entries.hpp"

#include <stdexcept>

#include "journal/recovery.hpp"

namespace heald::test {

Instant at(std::int64_t seconds) { return Instant{std::chrono::seconds{seconds}}; }

ServiceState service(const std::string& name) {
  ServiceState state;
  state.name = name;
  return state;
}

Incident incident(std::uint64_t id, std::int64_t opened) {
  Incident incident;
  incident.id = IncidentId{id};
  incident.first_symptom = at(opened - 1);
  incident.opened = at(opened);
  incident.symptom = "connection refused";
  return incident;
}

JournalEntry entry(std::int64_t seconds) {
  JournalEntry entry;
  entry.wall = new_year + std::chrono::seconds{seconds};
  entry.at = at(seconds);
  entry.event = Event{at(seconds), Tick{}};
  entry.rules_revision = "r1";
  Record record;
  record.kind = RecordKind::health_changed;
  record.at = at(seconds);
  record.service = ServiceId{0};
  record.text = "second " + std::to_string(seconds);
  entry.records.push_back(record);
  ServiceState state = service("web");
  state.restarts = static_cast<std::uint64_t>(seconds);
  entry.changed.emplace_back(ServiceId{0}, state);
  return entry;
}

JournalEntry intent(std::int64_t seconds, std::uint64_t action, std::uint64_t of_incident) {
  JournalEntry intent = entry(seconds);
  Record& record = intent.records.front();
  record.kind = RecordKind::action_intended;
  record.action = ActionId{action};
  record.incident = IncidentId{of_incident};
  record.action_kind = ActionKind::restart;
  record.rung = "restart";
  record.cause = Cause::ladder;
  ServiceState& state = intent.changed.front().second;
  state.activity = Activity::acting;
  state.incident = incident(of_incident, seconds);
  state.action.emplace();
  state.action->id = ActionId{action};
  state.action->rung = "restart";
  state.action->intended = at(seconds);
  state.verification.emplace();
  return intent;
}

OpenedJournal open(const std::string& folder, JournalOptions options) {
  auto opened = open_journal(folder, std::move(options));
  if (!opened) throw std::runtime_error{opened.error().message};
  return std::move(*opened);
}

JournalOptions small_options() {
  JournalOptions options;
  options.reserve = Bytes{256 * 1024};
  options.upkeep_every = Duration{0};
  return options;
}

std::string append(Journal& journal, JournalEntry entry) {
  std::string answer = "no answer";
  journal.append(std::move(entry), [&](const std::string& why_not) { answer = why_not; });
  journal.flush();
  return answer;
}

std::int64_t count(const std::string& folder, const std::string& sql) {
  Database database{journal_path(folder), Database::Access::read};
  return database.integer(sql);
}

std::string text(const std::string& folder, const std::string& sql) {
  Database database{journal_path(folder), Database::Access::read};
  return database.text(sql);
}

}  // namespace heald::test
