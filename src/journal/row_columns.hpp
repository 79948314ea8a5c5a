#pragma once
// Rows of the tables as structs: the columns in one order, for those who write and who read.

#include <string>

#include "journal/database.hpp"
#include "journal/rows.hpp"

namespace heald {

inline constexpr const char* incident_columns =
    "id, root, slot, service, first_symptom_ms, opened_ms, opened_ns, closed_ms, closed_ns, "
    "closing, relapses, symptom";
inline constexpr const char* action_columns =
    "id, incident, slot, service, kind, rung, cause, intended_ms, intended_ns, finished_ms, "
    "result, evidence, withheld, judged_ms, verdict, proof";
inline constexpr const char* record_columns =
    "seq, wall_ms, at_ns, kind, slot, service, incident, action, condition, rung, action_kind, "
    "cause, verdict, result, closing, guard, hold_rule, hold_value, hold_wanted, hold_until_ns, "
    "text, took_ns";
inline constexpr const char* event_columns =
    "seq, wall_ms, at_ns, rules, kind, service, payload";

// Each reads the current row, selected with the columns above. Throws RowError for a row that
// cannot have been written by this program.

class RowError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

[[nodiscard]] IncidentRow read_incident(const Rows& rows);
[[nodiscard]] ActionRow read_action(const Rows& rows);
[[nodiscard]] RecordRow read_record(const Rows& rows);
[[nodiscard]] EventRow read_event(const Rows& rows);

}  // namespace heald
