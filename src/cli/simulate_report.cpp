// A rehearsal for people: what happened, what came of each fault, and what to think of it.

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <ostream>
#include <utility>

#include "cli/simulate.hpp"
#include "cli/text.hpp"

namespace heald {

namespace {

constexpr std::string_view heald_itself = "heald";

/// "0:05:02.500", from the scenario's beginning.
std::string clock_of(Duration since) {
  const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  std::array<char, 32> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%lld:%02lld:%02lld.%03lld",
      static_cast<long long>(whole / 3600000), static_cast<long long>(whole / 60000 % 60),
      static_cast<long long>(whole / 1000 % 60), static_cast<long long>(whole % 1000));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string spaced(std::string_view word) {
  std::string text{word};
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

struct Line {
  Instant at{};
  std::string who;
  std::string what;
  Colour colour = Colour::none;
};

class Report {
 public:
  Report(Console& console, const Rehearsed& rehearsed)
      : console_(console),
        rehearsed_(rehearsed),
        scenario_(rehearsed.scenario),
        upshot_(rehearsed.upshot) {}

  void print() {
    print_timeline();
    print_faults();
    print_summary();
    print_failures();
  }

 private:
  [[nodiscard]] const sim::Fault& fault_of(const sim::Hit& hit) const {
    return scenario_.faults.at(hit.fault);
  }
  [[nodiscard]] static std::string subject_of(const sim::Hit& hit) {
    return hit.service.empty() ? std::string{heald_itself} : hit.service;
  }

  void heading(std::string_view text) {
    console_.out << painted(console_, Colour::bold, text) << '\n';
  }

  /// What goes wrong stands before what heald makes of it.
  [[nodiscard]] std::vector<Line> lines() const {
    std::vector<Line> lines;
    for (const sim::Hit& hit : upshot_.hits) {
      const std::string title = spaced(title_of(fault_of(hit)));
      const bool lasts = !sim::is_momentary(fault_of(hit).kind);
      lines.push_back({hit.began, subject_of(hit), "FAULT " + title, Colour::yellow});
      if (!lasts || hit.over == never) continue;
      std::string end = "FAULT " + title;
      if (hit.cured_by == ActionId{}) {
        end += " over";
      } else {
        end.append(" cured by ").append(deed_of(upshot_, hit.cured_by));
      }
      lines.push_back({hit.over, subject_of(hit), std::move(end), Colour::yellow});
    }
    for (const Record& record : upshot_.records) {
      if (record.at < upshot_.beginning || record.kind == RecordKind::service_added) continue;
      const RecordAnswer answer = answer_of(rehearsed_, record);
      const std::string who = record.service ? answer.service : std::string{heald_itself};
      lines.push_back({record.at, who, told(answer), colour_of(answer)});
    }
    std::stable_sort(lines.begin(), lines.end(),
                     [](const Line& a, const Line& b) { return a.at < b.at; });
    return lines;
  }

  void print_timeline() {
    heading("Timeline");
    std::size_t widest = heald_itself.size();
    for (const auto& service : upshot_.services) widest = std::max(widest, service.name.size());
    for (const Line& line : lines()) {
      const std::string clock = clock_of(line.at - upshot_.beginning);
      console_.out << std::string(clock.size() < 12 ? 12 - clock.size() : 0, ' ') << clock << "  "
                   << painted(console_, Colour::bold, line.who)
                   << std::string(widest - std::min(widest, line.who.size()) + 2, ' ')
                   << painted(console_, line.colour, line.what) << '\n';
    }
  }

  [[nodiscard]] static std::string after(const sim::Hit& hit, Instant instant) {
    return instant == never ? "-" : humanise(instant - hit.began);
  }

  [[nodiscard]] std::string ending_of(const sim::Hit& hit) const {
    if (hit.ending == sim::Ending::healed) return "healed by " + deed_of(upshot_, hit.cured_by);
    if (hit.ending == sim::Ending::unseen) return "not healed: no probe saw it";
    return spaced(to_string(hit.ending));
  }

  void print_faults() {
    console_.out << '\n';
    heading("Faults");
    Table table{{"AT", "FAULT", "SERVICE", "DETECTED", "ACTED", "HEALTHY", "TOLD", "ENDING",
                 "ACTIONS"}};
    for (const sim::Hit& hit : upshot_.hits) {
      const Colour colour = sim::is_bad(hit.ending) ? Colour::red : Colour::none;
      table.add({humanise(hit.began - upshot_.beginning), spaced(title_of(fault_of(hit))),
                 subject_of(hit), after(hit, hit.detected), after(hit, hit.acted),
                 after(hit, hit.healthy), std::to_string(hit.told), {ending_of(hit), colour},
                 deeds_of(upshot_, hit)});
    }
    table.print(console_);
  }

  void print_summary() {
    std::map<std::string, std::size_t> endings;
    for (const sim::Hit& hit : upshot_.hits) ++endings[ending_of_kind(hit)];
    std::string text;
    for (const auto& [ending, count] : endings) {
      text.append(text.empty() ? ": " : ", ").append(std::to_string(count)).append(" " + ending);
    }
    console_.out << '\n'
                 << counted(upshot_.hits.size(), "fault") << " of "
                 << counted(scenario_.rules.front()->services.size(), "service") << " in "
                 << humanise(scenario_.length) << ", seed " << scenario_.seed << text << ".\n";
    print_actions();
    print_messages();
  }

  [[nodiscard]] static std::string ending_of_kind(const sim::Hit& hit) {
    return spaced(to_string(sim::is_bad(hit.ending) ? sim::Ending::not_healed : hit.ending));
  }

  void print_actions() {
    std::map<std::string, std::size_t> kinds;
    std::size_t all = 0;
    for (const sim::Ordered& each : upshot_.ordered) {
      if (each.at < upshot_.beginning) continue;
      ++all;
      ++kinds[std::string{to_string(each.kind)}];
    }
    std::string text;
    for (const auto& [kind, count] : kinds) {
      text.append(text.empty() ? ": " : ", ").append(std::to_string(count)).append(" " + kind);
    }
    console_.out << counted(all, "action") << text << ".\n";
  }

  void print_messages() {
    std::map<std::string, std::size_t> receivers;
    for (const sim::Told& told : upshot_.told) {
      for (const std::string& receiver : told.to) ++receivers[receiver];
    }
    std::string text;
    for (const auto& [receiver, count] : receivers) {
      text.append(text.empty() ? ": " : ", ");
      text.append(printable(receiver)).append(" ").append(std::to_string(count));
    }
    console_.out << counted(upshot_.told.size(), "message") << " to people" << text << ".\n";
  }

  void print_failures() {
    const auto tell = [&](std::string_view what, const std::string& text) {
      console_.out << painted(console_, Colour::red, what) << ": " << printable(text) << '\n';
    };
    for (const sim::Hit& hit : upshot_.hits) {
      if (!sim::is_bad(hit.ending)) continue;
      const std::string why = hit.ending == sim::Ending::unseen ? "no probe saw it"
                              : hit.over == never              ? "no rung healed it"
                                                               : "it left the service sick";
      tell("Not healed", subject_of(hit) + ", " + spaced(title_of(fault_of(hit))) + " at " +
                             humanise(hit.began - upshot_.beginning) + ": " + why);
    }
    for (const std::string& name : upshot_.sick) tell("Not healthy at the end", name);
    for (const std::string& breach : upshot_.breaches) {
      tell("A defect of heald's; please report it with the files and the seed", breach);
    }
  }

  Console& console_;
  const Rehearsed& rehearsed_;
  const sim::Scenario& scenario_;
  const sim::Upshot& upshot_;
};

}  // namespace

void print_rehearsal(Console& console, const Rehearsed& rehearsed) {
  Report{console, rehearsed}.print();
}

}  // namespace heald
