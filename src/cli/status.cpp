// `heald status`

#include <algorithm>
#include <ostream>

#include "cli/status_view.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace heald {

namespace {

std::string ago(const std::optional<WallTime>& time) {
  return time ? " " + humanise(wall_now() - *time) + " ago" : "";
}

/// The first of the problems, and how many there are.
std::string first_of(const std::string& problems) {
  const auto more = static_cast<std::size_t>(std::count(problems.begin(), problems.end(), '\n'));
  auto first = problems.substr(0, problems.find('\n'));
  if (more != 0) first.append(" (and ").append(counted(more, "more problem")).append(")");
  return first;
}

/// When a pause or a freeze is over.
std::string ends(const std::optional<WallTime>& until) {
  if (!until) return "";
  return "until " + local_time(*until) + ", in " + humanise(std::max(*until - wall_now(), {}));
}

std::string note_of(const ServiceAnswer& service, WallTime now) {
  auto note = service.reason;
  if (service.pause) note.append("; paused ").append(ends(service.pause->until));
  // While nothing else is to be said of it, it has the word itself.
  if (service.next_what.empty() && note.empty() && !service.said.empty()) {
    return "says: " + service.said;
  }
  if (service.next_what.empty()) return note;
  if (!note.empty()) note.append("; ");
  note.append("next: ").append(service.next_what);
  if (service.next_when) {
    const auto left = *service.next_when - now;
    note.append(left.count() > 0 ? " in " + humanise(left) : " now");
  }
  return note;
}

}  // namespace

std::optional<StatusPages> ask_status(Dialogue& dialogue, const StatusFilter& shown) {
  StatusPages pages;
  std::string wanted = "/v1/status?";
  if (!shown.service.empty()) wanted += "service=" + percent_encoded(shown.service) + "&";
  if (!shown.state.empty()) wanted += "state=" + percent_encoded(shown.state) + "&";
  std::string target = wanted.substr(0, wanted.size() - 1);
  for (;;) {
    auto body = dialogue.get(target);
    if (!body) return std::nullopt;
    auto page = dialogue.understood(read_status(*body));
    if (!page) return std::nullopt;
    const auto next = page->next_after;
    if (pages.bodies.empty()) {
      pages.whole = std::move(*page);
    } else {
      for (auto& one : page->services) pages.whole.services.push_back(std::move(one));
    }
    pages.bodies.push_back(std::move(*body));
    if (!next) return pages;
    target = wanted + "after=" + std::to_string(*next);
  }
}

void print_warnings(Console& console, const DaemonAnswer& daemon) {
  const auto warn = [&](const std::string& text) {
    console.out << painted(console, Colour::yellow, text) << '\n';
  };
  if (!daemon.ready) warn("heald is starting: it still looks at what runs");
  if (daemon.observe) warn("heald only observes: it takes no action");
  if (!daemon.rules_problem.empty()) {
    warn("newer rules were refused" + ago(daemon.rules_refused) +
         ", older ones stay in force: " + first_of(daemon.rules_problem));
  }
  if (!daemon.journal_problem.empty()) {
    warn("the journal does not work, actions are held: " + daemon.journal_problem);
  }
  if (!daemon.oom_problem.empty()) {
    warn("a rung for 'oom' can never apply here: " + daemon.oom_problem);
  }
  for (const ReceiverAnswer& troubled : daemon.troubled_receivers) {
    warn("receiver " + troubled.receiver + " takes no messages, " +
         counted(troubled.waiting, "message") + " wait: " + troubled.problem);
  }
  if (daemon.confirmation_wanted) {
    warn("the journal was lost: nothing is started until `heald confirm`");
  }
  if (const auto& freeze = daemon.freeze) {
    warn("everything is frozen by " + freeze->by +
         (freeze->reason.empty() ? "" : ": " + freeze->reason) + "; " + ends(freeze->until));
  }
}

void print_summary(Console& console, const SummaryAnswer& summary) {
  auto line = counted(summary.services, "service");
  const auto add = [&](std::uint64_t count, const char* word) {
    if (count != 0) line.append(", ").append(std::to_string(count)).append(" ").append(word);
  };
  add(summary.healthy, "healthy");
  add(summary.unhealthy, "unhealthy");
  add(summary.starting, "starting");
  add(summary.unknown, "unknown");
  add(summary.stopped, "stopped");
  line.append("; ").append(counted(summary.incidents_open, "incident")).append(" open");
  console.out << line << '\n';
}

void print_table(Console& console, const std::vector<ServiceAnswer>& services) {
  if (services.empty()) return;
  Table table{{"SERVICE", "DESIRED", "HEALTH", "ACTIVITY", "SINCE", "PID", "REASON"}};
  const auto now = wall_now();
  for (const auto& service : services) {
    const bool asked_to_stop = service.desired == "stopped";
    const auto colour = asked_to_stop ? Colour::dim : colour_of_health(service.health);
    table.add({service.name,
               service.desired,
               {service.health, colour},
               service.activity,
               since(service.health_since, now),
               service.pid ? std::to_string(*service.pid) : "-",
               note_of(service, now)});
  }
  table.print(console);
}

ExitCode show_status(Dialogue& dialogue, const StatusFilter& shown) {
  const auto pages = ask_status(dialogue, shown);
  if (!pages) return dialogue.failure;
  const auto& whole = pages->whole;
  bool lacking = shown.service.empty() && whole.summary.lacking_health != 0;
  for (const auto& one : whole.services) lacking = lacking || one.lacks_health;
  if (dialogue.format == OutputFormat::json) {
    dialogue.console.out << merge_status(pages->bodies);
  } else {
    print_warnings(dialogue.console, whole.daemon);
    if (shown.service.empty()) print_summary(dialogue.console, whole.summary);
    print_table(dialogue.console, whole.services);
  }
  return lacking ? ExitCode::unhealthy : ExitCode::good;
}

}  // namespace heald
