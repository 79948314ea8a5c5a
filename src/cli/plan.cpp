// `heald plan`

#include "cli/plan_answer.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/text.hpp"
#include "cli/verbs.hpp"
#include "policy/load.hpp"
#include "runtime/outlook.hpp"
#include "runtime/plan.hpp"

namespace heald {

namespace {

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const auto& word : words) text.append(text.empty() ? "" : between).append(word);
  return text;
}

/// Reads a plan out to people.
class Reading {
 public:
  Reading(Console& console, const PlanAnswer& plan) : console_(&console), plan_(&plan) {}

  void tell() {
    tell_summary();
    tell_services();
    tell_order();
    tell_incidents();
    tell_daemon();
    if (!plan_->whole) say("There is more to do than can be foreseen: the order is not whole.");
  }

 private:
  void say(const std::string& text) { console_->out << printable(text) << '\n'; }
  void heading(const char* text) {
    console_->out << '\n' << painted(*console_, Colour::bold, text) << '\n';
  }

  [[nodiscard]] std::size_t count(const char* change) const {
    return static_cast<std::size_t>(
        std::count_if(plan_->services.begin(), plan_->services.end(),
                      [&](const auto& one) { return one.change == change; }));
  }

  void tell_summary() {
    const auto untouched = plan_->untouched + count("untouched");
    say(std::to_string(count("added")) + " added, " + std::to_string(count("changed")) +
        " changed, " + std::to_string(count("removed")) + " removed, " +
        std::to_string(untouched) + " untouched");
  }

  static std::string effect(const PlannedServiceAnswer& service) {
    auto text = joined(service.actions, ", ");
    if (!service.waits_for.empty()) {
      text.append(text.empty() ? "" : "; ").append("waits: ").append(service.waits_for);
    }
    if (!text.empty()) return text;
    if (service.left_running) return "its process is left running";
    const bool external = service.runtime == "external";
    if (service.change == "removed") return external ? "left alone" : "nothing";
    return service.change == "added" ? "looked at" : "no action";
  }

  void tell_services() {
    if (plan_->services.empty()) return;
    console_->out << '\n';
    Table table{{"SERVICE", "CHANGE", "ACTION", "RULES"}};
    for (const auto& one : plan_->services) {
      const auto colour = one.change == "added"     ? Colour::green
                          : one.change == "removed" ? Colour::red
                          : one.change == "changed" ? Colour::yellow
                                                    : Colour::none;
      table.add({one.name, {one.change, colour}, effect(one), joined(one.keys, ", ")});
    }
    table.print(*console_);
  }

  void tell_order() {
    if (plan_->actions.empty()) return;
    heading("In this order, when all goes well, and not sooner than");
    Table table{{"AFTER", "ACTION", "SERVICE", "HELD UNTIL THEN BY"}};
    for (const auto& one : plan_->actions) {
      const auto after = std::chrono::duration_cast<Duration>(
          std::chrono::duration<double>(one.after_seconds));
      table.add({after < 50ms ? "at once" : humanise(after), one.action, one.service, one.waited});
    }
    table.print(*console_);
    auto limits = "Limits: start_concurrency " + std::to_string(plan_->start_concurrency);
    for (const auto& group : plan_->groups) {
      limits.append("; group ").append(group.name).append(": max_concurrent ");
      limits.append(std::to_string(group.max_concurrent)).append(", min_healthy ");
      limits.append(std::to_string(std::lround(group.min_healthy * 100))).append("%");
    }
    say(limits);
  }

  void tell_incidents() {
    bool any = false;
    for (const auto& one : plan_->services) {
      if (one.incident == 0 && one.in_flight.empty()) continue;
      if (!any) heading("In progress");
      any = true;
      if (!one.in_flight.empty()) {
        say(one.name + ": " + one.in_flight + " ends, and is judged, under the rules of before");
      }
      if (one.incident == 0) continue;
      const auto incident = one.name + ": incident " + std::to_string(one.incident);
      say(incident + (one.closes ? " closes as removed" : " goes on, with the attempts it used"));
      if (one.unlatched) say(incident + " is no longer latched: its ladder is tried again");
      if (!one.forgotten.empty()) {
        say(incident + " has no rung " + joined(one.forgotten, ", ") + " any more");
      }
    }
  }

  void tell_daemon() {
    if (plan_->keys.empty()) return;
    heading("heald itself");
    for (const auto& key : plan_->keys) {
      const bool later =
          key == "heald.state_dir" || key == "heald.socket" || key == "heald.telemetry";
      say(key + (later ? ": with the next start of heald only" : ""));
    }
  }

  Console* console_;
  const PlanAnswer* plan_;
};

ExitCode show(Console& console, OutputFormat format, const std::string& body) {
  if (format == OutputFormat::json) {
    console.out << body;
    return ExitCode::good;
  }
  const auto plan = read_plan(body);
  if (!plan) {
    console.err << "heald: " << plan.error().message << '\n';
    return ExitCode::failed;
  }
  Reading{console, *plan}.tell();
  return ExitCode::good;
}

/// Null after having told what is wrong.
std::shared_ptr<const Policy> load(Console& console, const std::string& file) {
  auto loaded = load_rules(file);
  if (loaded.policy) return std::make_shared<const Policy>(*std::move(loaded.policy));
  for (const auto& problem : loaded.problems) {
    console.err << printable(to_string(problem)) << '\n';
  }
  console.err << counted(loaded.problems.size(), "problem") << '\n';
  return nullptr;
}

}  // namespace

ExitCode plan(Dialogue& dialogue, const std::string& file) {
  std::string body;
  if (!file.empty()) {
    // The daemon has another working directory.
    const nlohmann::json wish{{"file", std::filesystem::absolute(file).string()}};
    body = wish.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  }
  const auto answer = dialogue.post("/v1/plan", std::move(body), rules_patience);
  return answer ? show(dialogue.console, dialogue.format, *answer) : dialogue.failure;
}

ExitCode plan_between(Console& console, OutputFormat format, const std::string& before,
                      const std::string& after) {
  const auto old = load(console, before);
  const auto rules = load(console, after);
  if (!old || !rules) return ExitCode::usage;
  auto rest = at_rest(old);
  return show(console, format, to_json(plan_reload(std::move(rest.engine), *old, rules, rest.now)));
}

}  // namespace heald
