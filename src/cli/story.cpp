// `heald explain INCIDENT`

#include "replay/story.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace heald {

namespace {

using nlohmann::json;

std::string spaced(std::string_view word) {
  std::string text{word};
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

json shape_of(const StoryDecision& decision) {
  const Record& record = decision.record;
  json shape{{"kind", std::string{to_string(record.kind)}},
             {"rule", decision.rule},
             {"text", record.text},
             {"action_id", record.action.value()},
             {"rung", record.rung}};
  if (record.verdict) shape["verdict"] = std::string{to_string(*record.verdict)};
  if (record.hold.guard != Guard::none) {
    shape["hold"] = {{"guard", std::string{to_string(record.hold.guard)}},
                     {"rule", record.hold.rule},
                     {"value", record.hold.value},
                     {"wanted", record.hold.wanted}};
  }
  return shape;
}

void print_json(Console& console, const Story& story) {
  auto steps = json::array();
  for (const StoryStep& step : story.steps) {
    auto decisions = json::array();
    for (const StoryDecision& decision : step.decisions) decisions.push_back(shape_of(decision));
    steps.push_back({{"event", step.event},
                     {"time", utc_time(step.wall)},
                     {"service", step.service},
                     {"input", step.input},
                     {"progress", step.progress},
                     {"decisions", std::move(decisions)}});
  }
  const json shape{{"incident_id", story.id.value()},
                   {"service", story.service},
                   {"symptom", story.symptom},
                   {"closing", std::string{to_string(story.closing)}},
                   {"relapses", story.relapses},
                   {"beginning_kept", story.beginning_kept},
                   {"proven", story.not_proven.empty()},
                   {"not_proven", story.not_proven},
                   {"steps", std::move(steps)}};
  console.out << shape.dump(-1, ' ', true, json::error_handler_t::replace) << '\n';
}

class StoryTable {
 public:
  StoryTable(Console& console, const Story& story, Sources sources)
      : console_(console), story_(story), sources_(sources) {}

  void print() {
    console_.out << painted(console_, Colour::bold, "incident " + std::to_string(story_.id.value()))
                 << " of " << printable(story_.service) << ", " << to_string(story_.closing);
    if (story_.relapses > 0) console_.out << ", " << counted(story_.relapses, "relapse");
    console_.out << "; " << local_time(story_.steps.front().wall) << '\n';
    if (!story_.beginning_kept) console_.out << "What it began with was forgotten.\n";
    for (const StoryStep& step : story_.steps) print(step);
    print_proof();
  }

 private:
  void print(const StoryStep& step) {
    const Duration since = step.at - story_.steps.front().at;
    console_.out << '\n' << offset(WallTime{}, WallTime{std::chrono::duration_cast<
                                   std::chrono::milliseconds>(since)})
                 << "  ";
    if (!step.service.empty()) console_.out << printable(step.service) << ": ";
    console_.out << printable(step.input);
    if (!step.progress.empty()) console_.out << " (" << step.progress << ")";
    console_.out << '\n';
    if (sources_ == Sources::shown) detail("from", "event " + std::to_string(step.event));
    for (const StoryDecision& decision : step.decisions) print(decision);
  }

  void print(const StoryDecision& decision) {
    const Record& record = decision.record;
    console_.out << "    " << painted(console_, colour_of(record), sentence_of(record)) << '\n';
    if (!decision.rule.empty()) detail("rule", decision.rule);
    if (record.kind != RecordKind::held && record.kind != RecordKind::latched) return;
    if (record.hold.value != record.text) detail("it saw", record.hold.value);
    detail("what would change it", record.hold.wanted);
  }

  void detail(const char* what, const std::string& text) {
    if (!text.empty()) console_.out << "        " << what << ": " << printable(text) << '\n';
  }

  void print_proof() {
    console_.out << '\n';
    if (story_.not_proven.empty()) {
      console_.out << "Replayed: every decision of this story came out the same.\n";
    } else {
      console_.out << "Not proven by a replay: " << printable(story_.not_proven) << ".\n";
    }
  }

  Console& console_;
  const Story& story_;
  Sources sources_;
};

}  // namespace

std::string sentence_of(const Record& record) {
  std::string text = spaced(to_string(record.kind));
  if (record.kind == RecordKind::held) {
    text.append(" by ").append(to_string(record.hold.guard));
  }
  if (record.kind == RecordKind::condition_changed) text = "condition " + record.condition;
  if (record.kind == RecordKind::health_changed) text = "health";
  if (record.kind == RecordKind::action_intended && record.action_kind) {
    text = "action " + std::to_string(record.action.value()) + ": " +
           std::string{to_string(*record.action_kind)};
    if (!record.rung.empty()) text.append(" (rung ").append(record.rung).append(")");
  }
  if (record.verdict) text.append(" ").append(to_string(*record.verdict));
  if (record.closing) text.append(" as ").append(to_string(*record.closing));
  if (record.result) text.append(" as ").append(to_string(*record.result));
  const bool said = record.closing && record.text == to_string(*record.closing);
  if (!record.text.empty() && !said) text.append(": ").append(record.text);
  return text;
}

Colour colour_of(const Record& record) {
  const bool held = record.kind == RecordKind::held || record.kind == RecordKind::latched;
  if (held) return Colour::yellow;
  if (!record.verdict) return Colour::none;
  if (*record.verdict == Verdict::healed) return Colour::green;
  return *record.verdict == Verdict::not_healed ? Colour::red : Colour::yellow;
}

ExitCode show_story(Console& console, OutputFormat format, const std::string& journal,
                    std::uint64_t incident, Sources sources) {
  const auto complain = [&](const std::string& message, ExitCode code) {
    console.err << "heald: " << printable(message) << '\n';
    return code;
  };
  auto log = open_event_log(journal);
  if (!log) return complain(log.error().message, ExitCode::usage);
  const auto story = tell_story(**log, IncidentId{incident});
  if (!story) return complain(story.error().message, ExitCode::usage);
  if (!*story) {
    return complain("the journal " + journal + " tells of no incident " +
                        std::to_string(incident) + ": there was none, or it was forgotten",
                    ExitCode::failed);
  }
  if (format == OutputFormat::json) {
    print_json(console, **story);
  } else {
    StoryTable{console, **story, sources}.print();
  }
  return ExitCode::good;
}

}  // namespace heald
