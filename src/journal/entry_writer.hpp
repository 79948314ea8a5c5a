#pragma once
// Writes entries into the tables. On the journal's thread, inside a transaction of the caller.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "journal/backlog.hpp"
#include "journal/database.hpp"
#include "journal/messages.hpp"
#include "journal/snapshots.hpp"

namespace heald {

/// The text of rules by revision, encoded.
using RuleTexts = std::map<std::string, std::string>;

class EntryWriter {
 public:
  struct Start {
    Life life;
    std::string boot_id;
    Bytes max_size;  ///< of the database
  };
  /// `database` must outlive the writer; `found` is what it held at its opening.
  EntryWriter(Database& database, Start start, const Recovered& found);

  enum class Copy : std::uint8_t { kept, spared };
  /// Before the first write of a transaction: tells that heald was started, with a copy of the
  /// state that it found.
  void begin(WallTime now, Copy copy);
  void write(const RuleTexts& rules, WallTime now);

  /// Throws DatabaseError; the caller rolls everything back and may write the same again.
  void write(const WaitingEntry& waiting);
  /// States, incidents and actions of given-up entries, and one record that says so.
  void write(const Folded& folded);
  /// A record of the journal's own.
  void note(const WaitingEntry& when, RecordKind kind, const std::string& text);

 private:
  using Row = std::int64_t;
  Row write_event(const JournalEntry& entry);
  /// `event`: the row of the event that the record follows from, if that was written.
  void write_record(const JournalEntry& entry, const Record& record, std::optional<Row> event);
  void write_state(ServiceId service, const ServiceState& state);
  void write_ledger(const Ledger& ledger);
  void write_incident(const IncidentRow& told);
  void write_action(const ActionRow& told);
  void write_latest(WallTime wall, Instant at, Duration boottime, const std::string& rules);
  void load_names();
  /// The name of a slot; NULL in the table when there is none.
  [[nodiscard]] std::optional<std::string> name_of(std::optional<ServiceId> service) const;

  Database& database_;
  Start begun_;
  std::int64_t start_;  ///< the row of `starts` that stands for this run
  Snapshots snapshots_;
  MessageTable messages_;
  std::map<ServiceId, std::string> names_;

  Statement insert_start_, insert_rules_, keep_rules_, insert_gap_, insert_event_,
      insert_record_, replace_state_, replace_daemon_, replace_latest_, select_incident_,
      replace_incident_, select_action_, replace_action_;
};

}  // namespace heald
