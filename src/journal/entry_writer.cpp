#include "journal/entry_writer.hpp"

#include <unistd.h>

#include <bit>

#include "journal/codec.hpp"
#include "journal/row_columns.hpp"
#include "journal/words.hpp"

namespace heald {

namespace {

std::string placeholders(int count) {
  std::string text = "?";
  for (int i = 1; i < count; ++i) text += ", ?";
  return text;
}

std::string replace(const char* table, const char* columns, int count) {
  return std::string{"INSERT OR REPLACE INTO "} + table + "(" + columns + ") VALUES (" +
         placeholders(count) + ")";
}

std::string select(const char* table, const char* columns) {
  return std::string{"SELECT "} + columns + " FROM " + table + " WHERE id = ?";
}

template <Word E>
std::optional<std::string_view> word_or_null(const std::optional<E>& value) {
  return value ? std::optional{word_of(*value)} : std::nullopt;
}

/// The row so far; an empty one when there is none, or when it cannot be read: it is written anew.
template <class Row, class Key>
Row load(Statement& statement, Key id, Row (*read)(const Rows&)) {
  Rows rows = statement.rows(id);
  if (!rows.next()) return {};
  try {
    return read(rows);
  } catch (const RowError&) {
    return {};
  }
}

}  // namespace

EntryWriter::EntryWriter(Database& database, Start start, const Recovered& found)
    : database_(database),
      begun_(std::move(start)),
      start_(database.integer("SELECT coalesce(max(start), 0) + 1 FROM starts")),
      snapshots_(database, start_, found),
      messages_(database),
      insert_start_(database, "INSERT OR IGNORE INTO starts VALUES (" + placeholders(10) + ")"),
      insert_rules_(database, "INSERT OR IGNORE INTO rules VALUES (?, ?, NULL)"),
      keep_rules_(database,
                  "INSERT INTO rules VALUES (?, ?, ?) "
                  "ON CONFLICT(revision) DO UPDATE SET text = excluded.text WHERE text IS NULL"),
      insert_gap_(database,
                  std::string{"INSERT INTO gaps VALUES ("} + last_event + ", ?, ?, ?, ?, ?)"),
      insert_event_(database,
                    "INSERT INTO events(wall_ms, at_ns, start, rules, kind, slot, service, "
                    "payload) VALUES (" + placeholders(8) + ")"),
      insert_record_(database,
                     "INSERT INTO records(event, wall_ms, at_ns, kind, slot, service, incident, "
                     "action, condition, rung, action_kind, cause, verdict, result, closing, "
                     "guard, hold_rule, hold_value, hold_wanted, hold_until_ns, text, took_ns) "
                     "VALUES (" + placeholders(22) + ")"),
      replace_state_(database, "INSERT OR REPLACE INTO state VALUES (?, ?, ?)"),
      replace_daemon_(database, "INSERT OR REPLACE INTO daemon VALUES (1, ?)"),
      replace_latest_(database, "INSERT OR REPLACE INTO latest VALUES (1, ?, ?, ?, ?, ?)"),
      select_incident_(database, select("incidents", incident_columns)),
      replace_incident_(database, replace("incidents", incident_columns, 12)),
      select_action_(database, select("actions", action_columns)),
      replace_action_(database, replace("actions", action_columns, 16)) {
  load_names();
}

void EntryWriter::load_names() {
  Statement select_names{database_, "SELECT slot, service FROM state"};
  Rows rows = select_names.rows();
  while (rows.next()) names_[rows.id<ServiceId>(0)] = rows.text(1);
}

std::optional<std::string> EntryWriter::name_of(std::optional<ServiceId> service) const {
  if (!service) return std::nullopt;
  const auto found = names_.find(*service);
  return found == names_.end() ? std::nullopt : std::optional{found->second};
}

void EntryWriter::begin(WallTime now, Copy copy) {
  const Life& life = begun_.life;
  insert_start_.run(start_, begun_.boot_id, now, ::getpid(), std::bit_cast<std::int64_t>(life.seed),
                    life.engine, int{life.observe}, int{life.init}, int{life.journal_lost},
                    encode(life.left_over));
  const bool first = database_.changed_rows() > 0;
  if (first && copy == Copy::kept) snapshots_.make(begun_.max_size);
}

void EntryWriter::write(const RuleTexts& rules, WallTime now) {
  for (const auto& [revision, text] : rules) keep_rules_.run(revision, now, text);
}

void EntryWriter::write(const WaitingEntry& waiting) {
  const JournalEntry& entry = waiting.entry;
  // First the states: they bring the names of new services, which the other tables repeat.
  for (const auto& [service, state] : entry.changed) write_state(service, state);
  std::optional<Row> event;
  if (entry.event) event = write_event(entry);
  for (const Record& record : entry.records) write_record(entry, record, event);
  Ledger ledger;
  ledger.apply(entry);
  write_ledger(ledger);
  messages_.write(entry.wall, entry.messages, entry.message_outcomes);
  if (entry.daemon) replace_daemon_.run(encode(*entry.daemon));
  write_latest(entry.wall, entry.at, waiting.boottime, entry.rules_revision);
}

void EntryWriter::write(const Folded& folded) {
  for (const auto& [service, state] : folded.states) write_state(service, state);
  write_ledger(folded.ledger);
  messages_.write(folded.wall, folded.messages, folded.message_outcomes);
  if (folded.daemon) replace_daemon_.run(encode(*folded.daemon));
  write_latest(folded.wall, folded.at, folded.boottime, folded.rules_revision);
  insert_gap_.run(start_, folded.wall, folded.entries, folded.events, folded.records);
  WaitingEntry when;
  when.entry.wall = folded.wall;
  when.entry.at = folded.at;
  note(when, RecordKind::journal_failed,
       "history was lost while the journal could not be written: " +
           std::to_string(folded.events) + " events and " + std::to_string(folded.records) +
           " records; the state of every service was kept");
}

void EntryWriter::note(const WaitingEntry& when, RecordKind kind, const std::string& text) {
  Record record;
  record.kind = kind;
  record.at = when.entry.at;
  record.text = text;
  write_record(when.entry, record, std::nullopt);
}

EntryWriter::Row EntryWriter::write_event(const JournalEntry& entry) {
  const auto service = service_of(*entry.event);
  const Event& event = *entry.event;
  insert_event_.run(entry.wall, event.at.time_since_epoch(), start_, entry.rules_revision,
                    kind_of(event), service, name_of(service), encode(event));
  return database_.last_row();
}

void EntryWriter::write_record(const JournalEntry& entry, const Record& record,
                               std::optional<Row> event) {
  const Hold& hold = record.hold;
  insert_record_.run(event, entry.wall, record.at.time_since_epoch(), word_of(record.kind),
                     record.service, name_of(record.service), record.incident, record.action,
                     record.condition, record.rung, word_or_null(record.action_kind),
                     word_or_null(record.cause), word_or_null(record.verdict),
                     word_or_null(record.result), word_or_null(record.closing),
                     word_of(hold.guard), hold.rule, hold.value, hold.wanted, hold.until,
                     record.text, record.took);
}

void EntryWriter::write_state(ServiceId service, const ServiceState& state) {
  names_[service] = state.name;
  replace_state_.run(service, state.name, encode(state));
}

void EntryWriter::write_ledger(const Ledger& ledger) {
  for (const auto& [id, told] : ledger.incidents()) write_incident(told);
  for (const auto& [id, told] : ledger.actions()) write_action(told);
}

void EntryWriter::write_incident(const IncidentRow& told) {
  const auto before = load<IncidentRow>(select_incident_, told.id, read_incident);
  IncidentRow row = before;
  merge(row, told);
  row.service_name = name_of(row.service).value_or(before.service_name);
  if (row == before) return;
  replace_incident_.run(row.id, row.root, row.service, row.service_name, row.first_symptom,
                        row.opened, row.opened_at, row.closed, row.closed_at,
                        word_of(row.closing), row.relapses, row.symptom);
}

void EntryWriter::write_action(const ActionRow& told) {
  const auto before = load<ActionRow>(select_action_, told.id, read_action);
  ActionRow row = before;
  merge(row, told);
  row.service_name = name_of(row.service).value_or(before.service_name);
  if (row == before) return;
  replace_action_.run(row.id, row.incident, row.service, row.service_name, word_or_null(row.kind),
                      row.rung, word_or_null(row.cause), row.intended, row.intended_at,
                      row.finished, word_or_null(row.result), row.evidence, row.withheld,
                      row.judged, word_or_null(row.verdict), row.proof);
}

void EntryWriter::write_latest(WallTime wall, Instant at, Duration boottime,
                               const std::string& rules) {
  if (!rules.empty()) insert_rules_.run(read_revision(rules), wall);
  replace_latest_.run(wall, at.time_since_epoch(), boottime, begun_.boot_id, rules);
}

}  // namespace heald
