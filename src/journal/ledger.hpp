#pragma once
// What entries say about incidents and actions, each told once.

#include <cstddef>
#include <map>

#include "journal/journal.hpp"
#include "journal/rows.hpp"

namespace heald {

/// Rows as far as the applied entries tell them. An incident or action is told of by many
/// entries, in records and in states; merging is the same whether the row is in memory or in a
/// table, and doing it twice changes nothing.
class Ledger {
 public:
  void apply(const JournalEntry& entry);
  /// Adds what a later ledger says.
  void merge(const Ledger& later);
  /// Forgets the oldest finished rows beyond `most` of each kind; returns how many.
  std::size_t trim(std::size_t most);

  [[nodiscard]] const std::map<IncidentId, IncidentRow>& incidents() const { return incidents_; }
  [[nodiscard]] const std::map<ActionId, ActionRow>& actions() const { return actions_; }

 private:
  void apply(const JournalEntry& entry, const Record& record);
  void apply(const JournalEntry& entry, ServiceId service, const ServiceState& state);

  std::map<IncidentId, IncidentRow> incidents_;
  std::map<ActionId, ActionRow> actions_;
};

void merge(IncidentRow& row, const IncidentRow& later);
void merge(ActionRow& row, const ActionRow& later);

/// The intent has no outcome yet: it must not be forgotten.
[[nodiscard]] inline bool unfinished(const ActionRow& row) {
  return !row.result && row.withheld.empty();
}

}  // namespace heald
