// `heald backtest`: rules and a journal in, what the rules would have done out.

#include "cli/backtest.hpp"

#include <algorithm>
#include <array>
#include <ostream>

#include "cli/simulate.hpp"
#include "cli/verbs.hpp"
#include "policy/load.hpp"

namespace heald {

namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

std::string action_of(ActionKind kind, const std::string& rung) {
  std::string text{to_string(kind)};
  if (!rung.empty() && rung != text) text.append(" (rung ").append(rung).append(")");
  return text;
}

class BacktestReport {
 public:
  BacktestReport(Console& console, const Backtest& tried) : console_(console), tried_(tried) {}

  void print() {
    print_span();
    for (const TriedService& service : tried_.services) {
      const bool quiet = service.decisions.empty() && service.incidents.empty() &&
                         service.missing.empty() && service.notes.empty() && !service.ending;
      if (!quiet) print(service);
    }
    if (!tried_.services.empty()) print_table();
  }

 private:
  void line(const std::string& text) { console_.out << "  " << printable(text) << '\n'; }

  void print_span() {
    if (tried_.from) {
      console_.out << "judged from " << local_time(*tried_.from) << " to "
                   << local_time(*tried_.to) << '\n';
    } else {
      console_.out << "nothing was judged\n";
    }
    if (!tried_.not_judged.empty()) line("not judged: " + tried_.not_judged);
    if (!tried_.never_recorded.empty()) line("never recorded: " + joined(tried_.never_recorded));
    if (!tried_.not_in_rules.empty()) {
      line("recorded, and not in these rules: " + joined(tried_.not_in_rules));
    }
    for (const TriedGap& gap : tried_.gaps) print(gap);
  }

  void print(const TriedGap& gap) {
    std::string text = "gap: " + gap.what;
    if (gap.from) text.append(", from ").append(local_time(*gap.from));
    if (gap.to) text.append(" to ").append(local_time(*gap.to));
    line(text);
  }

  void print(const TriedService& service) {
    console_.out << '\n' << painted(console_, Colour::bold, service.name) << '\n';
    if (!service.missing.empty()) {
      line("left out, since nobody looked so then: " + joined(service.missing));
    }
    for (const std::string& note : service.notes) line("mind: " + note);
    for (const TriedDecision& decision : service.decisions) print(decision);
    for (const TimedIncident& incident : service.incidents) print(incident);
    for (const TriedAction& action : service.actions) print(action);
    if (service.ending) print(*service.ending);
  }

  void print(const TriedDecision& decision) {
    const Record& record = decision.record;
    // Which number an action would have had tells nothing.
    const bool acts = record.kind == RecordKind::action_intended;
    const std::string text = acts ? "action: " + action_of(*record.action_kind, record.rung)
                                  : sentence_of(record);
    console_.out << "  " << local_time(decision.wall) << "  "
                 << painted(console_, colour_of(record), text) << '\n';
    const bool by_rule = record.kind == RecordKind::held || record.kind == RecordKind::latched;
    if (by_rule && !decision.rule.empty()) line("                     rule: " + decision.rule);
  }

  void print(const TimedIncident& incident) {
    const Onset& onset = incident.recorded ? *incident.recorded : *incident.here;
    std::string text = "incident of " + local_time(onset.wall);
    if (incident.recorded && incident.here) {
      const Duration apart = incident.here->opened - incident.recorded->opened;
      text.append(": ");
      if (incident.timing != Timing::same) text.append(humanise(std::chrono::abs(apart)) + " ");
      text.append(incident.timing == Timing::same ? "at the same time"
                                                  : to_string(incident.timing));
    } else if (incident.timing == Timing::none) {
      text.append(": never opened");
    } else if (incident.timing == Timing::extra) {
      text.append(": opened by these rules only");
    } else {
      text.append(": not opened before the claims end");
    }
    if (incident.in_gap) text.append(" (a gap falls into it)");
    line(text);
  }

  void print(const TriedAction& action) {
    if (action.need == TriedAction::Need::open) return;
    std::string text = "needless: " + action_of(action.kind, action.rung) + " at " +
                       local_time(action.wall) + ": ";
    if (action.need == TriedAction::Need::was_back) {
      text.append("it was back already");
    } else {
      text.append("it came back by itself ").append(humanise(action.back_after)).append(" later");
    }
    line(text);
  }

  void print(const Ending& ending) {
    const std::string when = local_time(ending.wall);
    switch (ending.why) {
      case Ending::Why::divergence: return line(when + "  divergence: " + sides(ending));
      case Ending::Why::dependency:
        return line(when + "  no claims from here on: it depends on " + ending.through +
                    ", which diverged");
      case Ending::Why::group:
        return line(when + "  no claims from here on: " + sides(ending) + ", but " +
                    ending.through + ", which a guard looked at, had diverged");
      case Ending::Why::journal:
        return line(when + "  no claims from here on: the journal cannot be replayed further");
    }
  }

  static std::string sides(const Ending& ending) {
    std::string text = "these rules ";
    text.append(ending.here ? action_of(ending.here->kind, ending.here->rung) : "do nothing yet");
    text.append("; then ");
    if (!ending.recorded) return text + "nothing was done";
    text.append(action_of(ending.recorded->kind, ending.recorded->rung));
    if (!ending.here) return text;
    const Duration apart = ending.recorded->at - ending.here->at;
    if (apart == Duration{}) return text;
    text.append(", ").append(humanise(std::chrono::abs(apart)));
    return text + (apart > Duration{} ? " later" : " earlier");
  }

  void print_table() {
    console_.out << '\n';
    Table table{{"SERVICE", "SAME", "EARLIER", "LATER", "NEVER", "EXTRA", "UNTOLD", "ACTIONS",
                 "NEEDLESS", "CLAIMS END"}};
    for (const TriedService& service : tried_.services) {
      std::vector<Table::Cell> row{service.name};
      for (const Timing timing : {Timing::same, Timing::earlier, Timing::later, Timing::none,
                                  Timing::extra, Timing::untold}) {
        row.emplace_back(std::to_string(count_of(service, timing)));
      }
      row.emplace_back(std::to_string(service.actions.size()));
      const std::size_t needless = needless_of(service);
      row.emplace_back(std::to_string(needless), needless > 0 ? Colour::yellow : Colour::none);
      row.emplace_back(service.ending ? std::string{to_string(service.ending->why)} + " at " +
                                            local_time(service.ending->wall)
                                      : "with the recording");
      table.add(std::move(row));
    }
    table.print(console_);
  }

  Console& console_;
  const Backtest& tried_;
};

/// Whether anything at all is claimed.
bool says_something(const Backtest& tried) { return tried.from && !tried.services.empty(); }

ExitCode complain(Console& console, const std::string& message, ExitCode code) {
  console.err << "heald: " << printable(message) << '\n';
  return code;
}

}  // namespace

std::size_t count_of(const TriedService& service, Timing timing) {
  return static_cast<std::size_t>(
      std::count_if(service.incidents.begin(), service.incidents.end(),
                    [&](const TimedIncident& each) { return each.timing == timing; }));
}

std::size_t needless_of(const TriedService& service) {
  return static_cast<std::size_t>(
      std::count_if(service.actions.begin(), service.actions.end(), [](const TriedAction& each) {
        return each.need != TriedAction::Need::open;
      }));
}

void print_backtest(Console& console, const Backtest& tried) {
  BacktestReport{console, tried}.print();
}

ExitCode show_backtest(Console& console, OutputFormat format, const BacktestOptions& options) {
  Loaded loaded = load_rules(options.rules);
  if (!loaded.policy) {
    if (format == OutputFormat::json) {
      print_problems_json(console, loaded.problems);
      return ExitCode::usage;
    }
    for (const Problem& problem : loaded.problems) {
      console.err << printable(to_string(problem)) << '\n';
    }
    console.err << counted(loaded.problems.size(), "problem") << '\n';
    return ExitCode::usage;
  }
  auto log = open_event_log(options.journal);
  if (!log) return complain(console, log.error().message, ExitCode::usage);
  auto recording = Recording::open(ring_beside(options.journal));
  if (!recording) {
    const char* why = "; without what the recorder kept there is nothing to try rules on";
    return complain(console, recording.error().message + why, ExitCode::failed);
  }
  const auto tried = backtest(**log, *std::move(recording),
                              std::make_shared<const Policy>(*std::move(loaded.policy)));
  if (!tried) return complain(console, tried.error().message, ExitCode::usage);
  if (format == OutputFormat::json) {
    print_backtest_json(console, *tried);
  } else {
    print_backtest(console, *tried);
  }
  return says_something(*tried) ? ExitCode::good : ExitCode::failed;
}

}  // namespace heald
