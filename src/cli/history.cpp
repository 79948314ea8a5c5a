// `heald incidents` and `heald events`

#include <algorithm>
#include <ostream>

#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace heald {

namespace {

constexpr std::uint64_t shown_by_default = 50;

std::string spaced(std::string word) {
  std::replace(word.begin(), word.end(), '_', ' ');
  return word;
}

/// Every record made while an action is in flight names it; only these tell of it.
bool about_action(const RecordAnswer& record) {
  return record.kind.rfind("action_", 0) == 0 || record.kind == "verdict" ||
         record.kind == "would_act";
}

std::string query_of(const HistoryQuery& query, const std::string& more) {
  auto text = "?limit=" + std::to_string(query.limit != 0 ? query.limit : shown_by_default);
  if (!query.service.empty()) text.append("&service=").append(percent_encoded(query.service));
  if (!query.kinds.empty()) text.append("&kind=").append(percent_encoded(query.kinds));
  if (query.incident != 0) text.append("&incident=").append(std::to_string(query.incident));
  if (query.since) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*query.since).count();
    text.append("&since_seconds=").append(std::to_string(seconds));
  }
  return text + more;
}

void print_events(Console& console, const std::vector<RecordAnswer>& events) {
  for (const auto& event : events) {
    console.out << (event.at ? local_time(*event.at) : "-") << "  ";
    if (!event.service.empty()) {
      console.out << painted(console, Colour::bold, event.service) << "  ";
    }
    console.out << painted(console, colour_of(event), told(event));
    if (event.incident != 0) console.out << "  (incident " << event.incident << ')';
    console.out << '\n';
  }
  console.out.flush();
}

std::string length_of(const IncidentAnswer& incident, WallTime now) {
  const auto begin = incident.first_symptom ? incident.first_symptom : incident.opened;
  if (!begin) return "-";
  return humanise(incident.closed.value_or(now) - *begin);
}

/// The symptom is the first one; what came back since may be another.
std::string symptom_of(const IncidentAnswer& incident) {
  if (incident.relapses == 0) return incident.symptom;
  return incident.symptom + " (and " + counted(incident.relapses, "relapse") + ")";
}

/// A service that is not there has no history either, but it is likelier a slip of the pen.
/// What was removed from the rules may still have some.
bool is_known(Dialogue& dialogue, const std::string& service) {
  return service.empty() ||
         dialogue.get("/v1/services/" + percent_encoded(service)).has_value();
}

Colour colour_of(const IncidentAnswer& incident) {
  return incident.closing == "open" ? Colour::red : Colour::green;
}

}  // namespace

Colour colour_of(const RecordAnswer& record) {
  if (record.kind == "verdict") return record.verdict == "healed" ? Colour::green : Colour::red;
  if (record.kind == "incident_closed") return Colour::green;
  if (record.kind == "incident_opened" || record.kind == "latched") return Colour::red;
  if (record.kind == "held" || record.kind == "would_act") return Colour::yellow;
  return Colour::none;
}

std::string told(const RecordAnswer& record) {
  auto line = spaced(record.kind);
  const auto add = [&](const std::string& part) {
    if (!part.empty()) line.append(" ").append(part);
  };
  add(record.condition);
  if (about_action(record)) {
    add(record.action);
    if (record.rung != record.action) add(record.rung.empty() ? "" : "(rung " + record.rung + ")");
    if (!record.cause.empty() && record.cause != "ladder") add("for " + spaced(record.cause));
  }
  add(spaced(record.result));
  add(spaced(record.verdict));
  add(record.closing);
  if (record.hold) add("by " + spaced(record.hold->guard));
  const bool says_more = !record.text.empty() && record.text != record.closing;
  if (says_more) line.append(": ").append(record.text);
  if (!record.hold || record.kind == "released") return line;  // it was told when it began
  const auto& hold = *record.hold;
  if (!hold.rule.empty()) line.append("; rule: ").append(hold.rule);
  if (!hold.value.empty() && hold.value != record.text) line.append("; saw: ").append(hold.value);
  if (!hold.wanted.empty()) line.append("; wants: ").append(hold.wanted);
  return line;
}

void print_timeline(Console& console, const std::vector<RecordAnswer>& timeline,
                    const std::optional<WallTime>& from) {
  for (const auto& record : timeline) {
    const auto when = record.at && from ? offset(*from, *record.at) : std::string{"-"};
    console.out << std::string(when.size() < 12 ? 12 - when.size() : 0, ' ') << when << "  "
                << painted(console, colour_of(record), told(record)) << '\n';
  }
}

ExitCode show_incidents(Dialogue& dialogue, const HistoryQuery& query) {
  const auto body =
      dialogue.get("/v1/incidents" + query_of(query, query.open_only ? "&open=true" : ""));
  if (!body) return dialogue.failure;
  const auto answer = dialogue.understood(read_incidents(*body));
  if (!answer) return ExitCode::failed;
  if (answer->incidents.empty() && !is_known(dialogue, query.service)) return dialogue.failure;
  if (dialogue.format == OutputFormat::json) {
    dialogue.console.out << *body;
    return ExitCode::good;
  }
  if (answer->incidents.empty()) {
    dialogue.console.out << "no incidents\n";
    return ExitCode::good;
  }
  Table table{{"ID", "SERVICE", "STATE", "OPENED", "LASTED", "SYMPTOM"}};
  const auto now = wall_now();
  for (const auto& incident : answer->incidents) {
    table.add({std::to_string(incident.id),
               incident.service,
               {incident.closing, colour_of(incident)},
               incident.opened ? local_time(*incident.opened) : "-",
               length_of(incident, now),
               symptom_of(incident)});
  }
  table.print(dialogue.console);
  return ExitCode::good;
}

ExitCode show_incident(Dialogue& dialogue, const std::string& id) {
  const auto body = dialogue.get("/v1/incidents/" + percent_encoded(id));
  if (!body) return dialogue.failure;
  auto& console = dialogue.console;
  if (dialogue.format == OutputFormat::json) {
    console.out << *body;
    return ExitCode::good;
  }
  const auto answer = dialogue.understood(read_incident(*body));
  if (!answer) return ExitCode::failed;
  const auto& incident = answer->incident;
  console.out << "Incident " << incident.id << " of " << printable(incident.service) << ": "
              << painted(console, colour_of(incident), incident.closing);
  if (incident.first_symptom) {
    console.out << "; first symptom " << local_time(*incident.first_symptom) << ", "
                << (incident.closing == "open" ? "for " : "lasted ")
                << length_of(incident, wall_now());
  }
  if (incident.root != 0) console.out << "; collected under incident " << incident.root;
  console.out << "\n\n";
  print_timeline(console, answer->timeline, incident.first_symptom);
  return ExitCode::good;
}

ExitCode show_events(Dialogue& dialogue, HistoryQuery query) {
  std::string more;
  for (;;) {
    const auto body = dialogue.get("/v1/events" + query_of(query, more));
    if (!body) return dialogue.failure;
    const auto answer = dialogue.understood(read_events(*body));
    if (!answer) return ExitCode::failed;
    // What comes after something shown is young enough.
    if (query.follow && answer->latest != 0) query.since.reset();
    const bool none_at_all = more.empty() && answer->events.empty();
    if (none_at_all && !is_known(dialogue, query.service)) return dialogue.failure;
    if (dialogue.format == OutputFormat::table) {
      print_events(dialogue.console, answer->events);
    } else if (query.follow) {
      dialogue.console.out << event_lines(*body) << std::flush;
    } else {
      dialogue.console.out << *body;
    }
    if (!query.follow) return ExitCode::good;
    // Whoever listened through a pipe is gone: nothing to follow for.
    if (!dialogue.console.out || reader_is_gone()) return ExitCode::good;
    more = "&wait=2&after=" + std::to_string(answer->latest);
  }
}

}  // namespace heald
