#pragma once
// One history, told to a journal, for tests of what can be read from it.

#include "journal/entries.hpp"

namespace heald::test {

/// `web` fails, is restarted without success and then healed; `db` has an incident that stays
/// open, under that of `web`.
inline void tell_history(Journal& journal) {
  JournalEntry opening = intent(10, 1, 1);
  Record opened;
  opened.kind = RecordKind::incident_opened;
  opened.at = at(10);
  opened.service = ServiceId{0};
  opened.incident = IncidentId{1};
  opened.text = "connection refused";
  opening.records.insert(opening.records.begin(), opened);
  opening.changed.emplace_back(ServiceId{1}, service("db"));
  journal.append(opening, {});

  JournalEntry finished = entry(12);
  Record& outcome = finished.records.front();
  outcome.kind = RecordKind::action_finished;
  outcome.incident = IncidentId{1};
  outcome.action = ActionId{1};
  outcome.result = ActionResult::done;
  outcome.text = "pid 4711";
  Record verdict = outcome;
  verdict.kind = RecordKind::verdict;
  verdict.verdict = Verdict::not_healed;
  verdict.text = "still refused";
  finished.records.push_back(verdict);
  journal.append(finished, {});

  JournalEntry withheld = entry(14);
  Record& why_not = withheld.records.front();
  why_not.kind = RecordKind::action_withheld;
  why_not.service = ServiceId{1};
  why_not.incident = IncidentId{2};
  why_not.action = ActionId{2};
  why_not.action_kind = ActionKind::reprovision;
  why_not.hold = Hold{Guard::journal, "journal", "disk full", "room", at(90)};
  why_not.text = "disk full";
  ServiceState db = service("db");
  db.incident = incident(2, 14);
  db.incident->root = IncidentId{1};
  withheld.changed = {{ServiceId{1}, db}};
  journal.append(withheld, {});

  JournalEntry closing = entry(20);
  Record& closed = closing.records.front();
  closed.kind = RecordKind::incident_closed;
  closed.incident = IncidentId{1};
  closed.closing = Closing::healed;
  Incident healed = incident(1, 10);
  healed.closed = at(20);
  healed.closing = Closing::healed;
  healed.relapses = 2;
  closing.changed.front().second.incident = healed;
  journal.append(closing, {});
  // The closed incident is in later states too, and must not be closed anew by them.
  JournalEntry later = closing;
  later.at = at(30);
  later.wall = new_year - std::chrono::hours{24};
  later.event->at = at(30);
  later.records.clear();
  journal.append(later, {});
  journal.flush();
}

}  // namespace heald::test
