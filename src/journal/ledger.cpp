#include "journal/ledger.hpp"

#include <algorithm>

namespace heald {

namespace {

/// The wall time of an instant near the entry. Instants of which nothing is known (zero, or in
/// the future) count as the entry's own.
WallTime wall_of(const JournalEntry& entry, Instant instant) {
  if (instant <= Instant{} || instant > entry.at) return entry.wall;
  return entry.wall - std::chrono::duration_cast<std::chrono::milliseconds>(entry.at - instant);
}

template <class T>
void keep_first(std::optional<T>& value, const std::optional<T>& later) {
  if (!value) value = later;
}

template <class T>
void take_last(std::optional<T>& value, const std::optional<T>& later) {
  if (later) value = later;
}

void take_last(std::string& value, const std::string& later) {
  if (!later.empty()) value = later;
}

IncidentRow row_of(const JournalEntry& entry, ServiceId service, const Incident& incident) {
  IncidentRow row;
  row.id = incident.id;
  row.root = incident.root;
  row.service = service;
  row.first_symptom = wall_of(entry, incident.first_symptom);
  row.opened = wall_of(entry, incident.opened);
  row.opened_at = incident.opened;
  row.closing = incident.closing;
  if (incident.closing != Closing::open) {
    row.closed = wall_of(entry, incident.closed);
    row.closed_at = incident.closed;
  }
  row.relapses = incident.relapses;
  row.symptom = incident.symptom;
  return row;
}

ActionRow row_of(const JournalEntry& entry, ServiceId service, const ActionState& action) {
  ActionRow row;
  row.id = action.id;
  row.service = service;
  row.kind = action.kind;
  row.rung = action.rung;
  row.cause = action.cause;
  row.intended = wall_of(entry, action.intended);
  row.intended_at = action.intended;
  if (action.finished > Instant{}) {
    row.finished = wall_of(entry, action.finished);
    row.result = action.result;
    row.evidence = action.evidence;
  }
  return row;
}

/// The part of an action's row that every record about it has.
ActionRow common_part(const Record& record) {
  ActionRow row;
  row.id = record.action;
  row.incident = record.incident;
  row.service = record.service;
  row.kind = record.action_kind;
  row.rung = record.rung;
  row.cause = record.cause;
  return row;
}

}  // namespace

void merge(IncidentRow& row, const IncidentRow& later) {
  row.id = later.id;
  if (later.root != IncidentId{}) row.root = later.root;
  take_last(row.service, later.service);
  keep_first(row.first_symptom, later.first_symptom);
  keep_first(row.opened, later.opened);
  row.opened_at = std::min(row.opened_at, later.opened_at);
  // A closing that was told before keeps its wall time, whatever the wall clock did since.
  const bool told = row.closing != Closing::open && row.closed_at == later.closed_at;
  if (later.closing == Closing::open || !told) {
    row.closed = later.closed;
    row.closed_at = later.closed_at;
  }
  row.closing = later.closing;
  row.relapses = std::max(row.relapses, later.relapses);
  if (row.symptom.empty()) row.symptom = later.symptom;
}

void merge(ActionRow& row, const ActionRow& later) {
  row.id = later.id;
  if (later.incident != IncidentId{}) row.incident = later.incident;
  take_last(row.service, later.service);
  take_last(row.kind, later.kind);
  take_last(row.rung, later.rung);
  take_last(row.cause, later.cause);
  keep_first(row.intended, later.intended);
  row.intended_at = std::min(row.intended_at, later.intended_at);
  keep_first(row.finished, later.finished);
  take_last(row.result, later.result);
  take_last(row.evidence, later.evidence);
  take_last(row.withheld, later.withheld);
  keep_first(row.judged, later.judged);
  take_last(row.verdict, later.verdict);
  take_last(row.proof, later.proof);
}

void Ledger::apply(const JournalEntry& entry) {
  for (const Record& record : entry.records) apply(entry, record);
  // States after records: where both speak of an incident, the state is the newer word.
  for (const auto& [service, state] : entry.changed) apply(entry, service, state);
}

void Ledger::apply(const JournalEntry& entry, const Record& record) {
  const bool opened = record.kind == RecordKind::incident_opened;
  if ((opened || record.kind == RecordKind::incident_closed) && record.incident != IncidentId{}) {
    IncidentRow row;
    row.id = record.incident;
    row.service = record.service;
    if (opened) {
      row.opened = entry.wall;
      row.opened_at = record.at;
      row.symptom = record.text;
    } else {
      row.closing = record.closing.value_or(Closing::recovered);
      row.closed = entry.wall;
      row.closed_at = record.at;
    }
    heald::merge(incidents_[row.id], row);
  }
  if (record.action == ActionId{}) return;
  ActionRow row = common_part(record);
  switch (record.kind) {
    case RecordKind::action_intended:
      row.intended = entry.wall;
      row.intended_at = record.at;
      break;
    case RecordKind::action_finished:
      row.finished = entry.wall;
      row.result = record.result.value_or(ActionResult::unknown);
      row.evidence = record.text;
      break;
    case RecordKind::action_withheld:
      row.withheld = record.text.empty() ? "withheld" : record.text;
      break;
    case RecordKind::verdict:
      row.judged = entry.wall;
      row.verdict = record.verdict;
      row.proof = record.text;
      break;
    default: return;  // every other record only mentions the action
  }
  heald::merge(actions_[row.id], row);
}

void Ledger::apply(const JournalEntry& entry, ServiceId service, const ServiceState& state) {
  if (state.incident && state.incident->id != IncidentId{}) {
    heald::merge(incidents_[state.incident->id], row_of(entry, service, *state.incident));
  }
  if (state.action && state.action->id != ActionId{}) {
    ActionRow row = row_of(entry, service, *state.action);
    const bool of_incident = row.cause == Cause::ladder || row.cause == Cause::slow_retry;
    if (of_incident && state.incident) row.incident = state.incident->id;
    heald::merge(actions_[row.id], row);
  }
}

void Ledger::merge(const Ledger& later) {
  for (const auto& [id, row] : later.incidents_) heald::merge(incidents_[id], row);
  for (const auto& [id, row] : later.actions_) heald::merge(actions_[id], row);
}

std::size_t Ledger::trim(std::size_t most) {
  std::size_t forgotten = 0;
  for (auto row = incidents_.begin(); row != incidents_.end() && incidents_.size() > most;) {
    const bool open = row->second.closing == Closing::open;
    forgotten += open ? 0 : 1;
    row = open ? std::next(row) : incidents_.erase(row);
  }
  for (auto row = actions_.begin(); row != actions_.end() && actions_.size() > most;) {
    const bool kept = unfinished(row->second);
    forgotten += kept ? 0 : 1;
    row = kept ? std::next(row) : actions_.erase(row);
  }
  return forgotten;
}

}  // namespace heald
