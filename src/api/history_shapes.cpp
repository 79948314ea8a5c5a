// The shapes of what the journal tells.

#include <nlohmann/json.hpp>

#include "api/shapes.hpp"
#include "api/words.hpp"
#include "base/iso8601.hpp"

namespace heald {

namespace {

using nlohmann::json;

json time(const std::optional<WallTime>& wall) {
  return wall ? json(iso8601(*wall)) : json(nullptr);
}

std::optional<WallTime> wall_of(Instant instant, const LiveClock& clock) {
  if (instant == never || instant == Instant{}) return std::nullopt;
  return clock.wall_of(instant);
}

template <class Word>
json word(const std::optional<Word>& value) {
  return value ? json(to_string(*value)) : json(nullptr);
}

template <class Number>
json unless_none(const Number& id) {
  return id.value() == 0 ? json(nullptr) : json(id.value());
}

json incident_json(const IncidentRow& row) {
  const bool open = row.closing == Closing::open;
  return {{"id", row.id.value()},
          {"service", row.service_name},
          {"root_id", unless_none(row.root)},
          {"symptom", row.symptom},
          {"first_symptom", time(row.first_symptom)},
          {"opened", time(row.opened)},
          {"closed", open ? json(nullptr) : time(row.closed)},
          {"closing", to_string(row.closing)},
          {"relapses", row.relapses}};
}

}  // namespace

json incident_shape(const IncidentRow& row) { return incident_json(row); }

json incident_shape(const Incident& incident, const std::string& service, const LiveClock& clock) {
  IncidentRow row;
  row.id = incident.id;
  row.root = incident.root;
  row.service_name = service;
  row.first_symptom = wall_of(incident.first_symptom, clock);
  row.opened = wall_of(incident.opened, clock);
  row.closed = wall_of(incident.closed, clock);
  row.closing = incident.closing;
  row.relapses = incident.relapses;
  row.symptom = incident.symptom;
  return incident_json(row);
}

json action_shape(const ActionRow& row) {
  return {{"id", row.id.value()},
          {"service", row.service_name},
          {"action", word(row.kind)},
          {"rung", row.rung},
          {"cause", word(row.cause)},
          {"intended", time(row.intended)},
          {"finished", time(row.finished)},
          {"result", word(row.result)},
          {"evidence", row.evidence},
          {"withheld", row.withheld},
          {"judged", time(row.judged)},
          {"verdict", word(row.verdict)},
          {"proof", row.proof}};
}

json record_shape(const RecordRow& row, const LiveClock& clock) {
  const auto& record = row.record;
  const double took = std::chrono::duration<double>(record.took).count();
  return {{"sequence", row.seq},
          {"at", iso8601(row.wall)},
          {"kind", to_string(record.kind)},
          {"service", row.service_name},
          {"incident_id", unless_none(record.incident)},
          {"action_id", unless_none(record.action)},
          {"condition", record.condition},
          {"rung", record.rung},
          {"action", word(record.action_kind)},
          {"cause", word(record.cause)},
          {"verdict", word(record.verdict)},
          {"result", word(record.result)},
          {"closing", word(record.closing)},
          {"hold", hold_shape(record.hold, clock)},
          {"text", record.text},
          {"took_seconds", took}};
}

}  // namespace heald
