// `heald simulate`: rules and faults in, what came of them out.

#include "cli/simulate.hpp"

#include <ostream>

#include "cli/text.hpp"
#include "drill/script.hpp"
#include "policy/load.hpp"

namespace heald {

namespace {

void complain(Console& console, OutputFormat format, const std::vector<Problem>& problems) {
  if (format == OutputFormat::json) return print_problems_json(console, problems);
  for (const Problem& problem : problems) console.err << printable(to_string(problem)) << '\n';
  console.err << counted(problems.size(), "problem") << '\n';
}

ExitCode verdict_on(const sim::Upshot& upshot) {
  if (!upshot.breaches.empty()) return ExitCode::failed;
  bool good = upshot.sick.empty();
  for (const sim::Hit& hit : upshot.hits) good = good && !sim::is_bad(hit.ending);
  return good ? ExitCode::good : ExitCode::unhealthy;
}

}  // namespace

ExitCode simulate(Console& console, OutputFormat format, const SimulateOptions& options) {
  Loaded loaded = load_rules(options.rules);
  if (!loaded.policy) {
    complain(console, format, loaded.problems);
    return ExitCode::usage;
  }
  const auto rules = std::make_shared<const Policy>(std::move(*loaded.policy));
  FaultScript script;
  if (options.faults.empty()) {
    script.faults = default_faults(*rules);
  } else {
    ReadScript read = read_faults(options.faults, *rules);
    if (!read.script) {
      complain(console, format, read.problems);
      return ExitCode::usage;
    }
    script = std::move(*read.script);
  }
  if (options.seed) script.seed = options.seed;
  if (options.length) script.length = options.length;
  Rehearsed rehearsed{options.rules, options.faults, scenario_of(rules, std::move(script)), {}};
  rehearsed.upshot = sim::play(rehearsed.scenario);
  if (format == OutputFormat::json) {
    print_rehearsal_json(console, rehearsed);
  } else {
    print_rehearsal(console, rehearsed);
  }
  return verdict_on(rehearsed.upshot);
}

RecordAnswer answer_of(const Rehearsed& rehearsed, const Record& record) {
  const auto word = [](const auto& value) {
    return value ? std::string{to_string(*value)} : std::string{};
  };
  RecordAnswer answer;
  answer.at = WallTime{} + std::chrono::duration_cast<std::chrono::milliseconds>(
                               record.at - rehearsed.upshot.beginning);
  answer.kind = to_string(record.kind);
  if (record.service) {
    answer.service = rehearsed.upshot.services.at(record.service->value()).name;
  }
  answer.condition = record.condition;
  answer.rung = record.rung;
  answer.action = word(record.action_kind);
  answer.cause = word(record.cause);
  answer.verdict = word(record.verdict);
  answer.result = word(record.result);
  answer.closing = word(record.closing);
  answer.text = record.text;
  answer.incident = record.incident.value();
  answer.action_id = record.action.value();
  if (record.hold.guard != Guard::none) {
    answer.hold = HoldAnswer{std::string{to_string(record.hold.guard)}, record.hold.rule,
                             record.hold.value, record.hold.wanted, {}};
  }
  return answer;
}

std::string title_of(const sim::Fault& fault) {
  std::string title{sim::word_of(fault.kind)};
  if (const auto* go = std::get_if<sim::ActionsGo>(&fault.kind)) {
    title.append(" ").append(sim::word_of(*go));
  } else if (const auto* probes = std::get_if<sim::ProbesGo>(&fault.kind)) {
    title.append(" ").append(sim::word_of(*probes));
  } else if (const auto* word = std::get_if<sim::Operate>(&fault.kind)) {
    title = to_string(word->operation);
    for (const std::string& service : fault.services) title.append(" ").append(service);
  }
  return title;
}

std::string deed_of(const sim::Upshot& upshot, ActionId action) {
  for (const sim::Ordered& each : upshot.ordered) {
    if (each.id == action) return each.rung.empty() ? std::string{to_string(each.kind)} : each.rung;
  }
  return {};
}

std::string deeds_of(const sim::Upshot& upshot, const sim::Hit& hit) {
  std::string text;
  for (const ActionId action : hit.actions) {
    text.append(text.empty() ? "" : " ").append(deed_of(upshot, action));
  }
  return text;
}

}  // namespace heald
