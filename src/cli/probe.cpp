// `heald probe`: a look on demand, through the daemon or by a rule file.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>
#include <variant>

#include "cli/text.hpp"
#include "cli/verbs.hpp"
#include "policy/load.hpp"
#include "policy/wording.hpp"
#include "runtime/examination_shape.hpp"

namespace heald {

namespace {

using nlohmann::json;

std::string text(const json& from, const char* name) {
  const auto found = from.find(name);
  return found != from.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

double seconds(const json& from, const char* name) {
  const auto found = from.find(name);
  return found != from.end() && found->is_number() ? found->get<double>() : 0;
}

/// "0.4 ms", "12.3 ms", "2.500 s": phases lie close together.
std::string fine(double seconds) {
  char written[32];
  const bool long_one = seconds >= 1;
  const auto size = std::snprintf(written, sizeof written, long_one ? "%.3f s" : "%.1f ms",
                                  long_one ? seconds : seconds * 1000);
  return {written, static_cast<std::size_t>(size)};
}

Colour colour_of_outcome(const std::string& outcome) {
  if (outcome == "pass") return Colour::green;
  return outcome == "fail" ? Colour::red : Colour::yellow;
}

/// One look as people read it.
class LookReport {
 public:
  LookReport(Console& console, const json& look) : console_(&console), look_(&look) {}

  void print() {
    print_header();
    for (const auto& phase : (*look_)["phases"]) {
      line(fine(seconds(phase, "at_seconds")), text(phase, "phase"), text(phase, "text"));
    }
    for (const auto& check : (*look_)["checks"]) print_check(check);
    print_verdict();
    print_said();
    print_condition();
  }

 private:
  void print_header() {
    console_->out << painted(*console_, Colour::bold,
                             text(*look_, "service") + "/" + text(*look_, "probe"))
                  << ": " << text(*look_, "kind");
    const auto address = text(*look_, "address");
    if (!address.empty()) {
      console_->out << ' ' << printable(address) << ", within "
                    << fine(seconds(*look_, "timeout_seconds"));
    }
    console_->out << '\n';
  }

  void line(const std::string& when, const std::string& what, const std::string& more,
            Colour colour = Colour::none) {
    constexpr std::size_t when_wide = 10;
    constexpr std::size_t what_wide = 12;
    console_->out << std::string(when.size() < when_wide ? when_wide - when.size() : 0, ' ') << when
                  << "  " << painted(*console_, colour, what);
    if (!more.empty()) {
      console_->out << std::string(what.size() < what_wide ? what_wide - what.size() : 1, ' ')
                    << printable(more);
    }
    console_->out << '\n';
  }

  void print_check(const json& check) {
    const bool held = check.value("held", false);
    auto told = text(check, "check") + " " + text(check, "wanted");
    if (const auto seen = text(check, "seen"); !seen.empty()) told += ": " + seen;
    line("", held ? "holds" : "fails", told, held ? Colour::green : Colour::red);
  }

  void print_verdict() {
    const auto outcome = text(*look_, "outcome");
    line(fine(seconds(*look_, "took_seconds")), outcome, text(*look_, "evidence"),
         colour_of_outcome(outcome));
  }

  /// What a program printed is the answer; what a server sent is only worth its room on a fail.
  void print_said() {
    constexpr int most_lines = 20;
    const auto kind = text(*look_, "kind");
    const bool sent = kind == "http" || kind == "tcp";
    const bool wanted = !sent || text(*look_, "outcome") != "pass";
    const auto said = text(*look_, "said");
    if (!wanted || said.empty()) return;
    std::size_t at = 0;
    for (int number = 0; at < said.size(); ++number) {
      if (number == most_lines) {
        console_->out << "            | … (`-o json` has more)\n";
        return;
      }
      const auto end = std::min(said.find('\n', at), said.size());
      console_->out << "            | " << printable(said.substr(at, end - at)) << '\n';
      at = end + 1;
    }
  }

  /// A look on demand decides nothing, so that it is read beside what does.
  void print_condition() {
    const auto& condition = (*look_)["condition"];
    if (!condition.is_object()) return;
    auto told = "heald's own looks: " + text(condition, "status");
    if (const auto changed = parse_iso8601(text(condition, "changed"))) {
      told += " for " + humanise(wall_now() - *changed);
    }
    const auto fails = condition.value("fails", 0U);
    if (fails != 0) {
      told += ", " + counted(fails, "fail") + " in a row of " +
              std::to_string(condition.value("failure_threshold", 0U));
    }
    console_->out << "            " << painted(*console_, Colour::dim, told) << '\n';
  }

  Console* console_;
  const json* look_;
};

/// Passes looks on to the console, and adds up the exit status.
class Looks {
 public:
  explicit Looks(Dialogue& dialogue) : dialogue_(&dialogue) {}

  /// `body`: a document of the API.
  [[nodiscard]] bool show(const std::string& body) {
    const auto look = json::parse(body, nullptr, false);
    if (!look.is_object() || !look.contains("phases") || !look.contains("checks")) {
      dialogue_->complain("the daemon's answer is not understood");
      return false;
    }
    if (text(look, "outcome") != "pass") status_ = ExitCode::failed;
    if (dialogue_->format == OutputFormat::json) {
      dialogue_->console.out << look.dump(-1, ' ', true, json::error_handler_t::replace) << '\n';
    } else {
      LookReport{dialogue_->console, look}.print();
    }
    dialogue_->console.out.flush();
    return true;
  }
  [[nodiscard]] ExitCode status() const { return status_; }

 private:
  Dialogue* dialogue_;
  ExitCode status_ = ExitCode::good;
};

/// The probes asked for; empty: there is none, which has been told.
std::vector<std::string> chosen(Dialogue& dialogue, const ProbeOptions& options,
                                const std::vector<std::string>& there) {
  if (there.empty()) dialogue.complain("'" + options.service + "' has no probes");
  if (options.probe.empty()) return there;
  if (std::count(there.begin(), there.end(), options.probe) != 0) return {options.probe};
  if (there.empty()) return {};
  const std::vector<std::string_view> known{there.begin(), there.end()};
  const auto hint = suggestion(options.probe, known);
  dialogue.complain("there is no probe '" + options.probe + "' of '" + options.service + "'" +
                    (hint.empty() ? "; it has " + listed(known) : hint));
  return {};
}

ExitCode ask_daemon(Dialogue& dialogue, const ProbeOptions& options) {
  const auto target = "/v1/services/" + percent_encoded(options.service);
  const auto body = dialogue.get(target);
  if (!body) return dialogue.failure;
  std::vector<std::string> there;
  const auto detail = json::parse(*body, nullptr, false);
  if (detail.is_object() && detail.contains("probes")) {
    for (const auto& probe : detail["probes"]) there.push_back(text(probe, "name"));
  }
  const auto wanted = chosen(dialogue, options, there);
  if (wanted.empty()) return ExitCode::failed;
  Looks looks{dialogue};
  for (const auto& probe : wanted) {
    // The daemon holds the look to the probe's timeout, which may be any.
    const auto seen =
        dialogue.post(target + "/probes/" + percent_encoded(probe), {}, std::chrono::hours{24});
    if (!seen) return dialogue.failure;
    if (!looks.show(*seen)) return ExitCode::failed;
  }
  return looks.status();
}

bool tells_by_itself(const ProbePolicy& probe) {
  return std::holds_alternative<NotifyProbe>(probe.kind) ||
         std::holds_alternative<WatchdogProbe>(probe.kind);
}

ExitCode look_here(Dialogue& dialogue, const ProbeOptions& options, const Verbs& verbs) {
  const auto loaded = load_rules(options.config);
  if (!loaded.policy) {
    for (const auto& problem : loaded.problems) {
      dialogue.console.err << printable(to_string(problem)) << '\n';
    }
    return ExitCode::usage;
  }
  const auto& services = loaded.policy->services;
  const auto service =
      std::find_if(services.begin(), services.end(),
                   [&](const auto& one) { return one->name == options.service; });
  if (service == services.end()) {
    dialogue.complain("there is no service '" + options.service + "' in " + options.config);
    return ExitCode::failed;
  }
  std::vector<std::string> there;
  for (const auto& probe : (*service)->probes) there.push_back(probe.name);
  const auto wanted = chosen(dialogue, options, there);
  if (wanted.empty()) return ExitCode::failed;
  Looks looks{dialogue};
  for (const auto& probe : wanted) {
    const auto at = static_cast<std::uint32_t>(std::find(there.begin(), there.end(), probe) -
                                               there.begin());
    if (tells_by_itself((*service)->probes[at])) {
      dialogue.complain("'" + options.service + "/" + probe +
                        "' is what a process tells the daemon that started it: ask that daemon, "
                        "without --config");
      return ExitCode::failed;
    }
    const auto seen = verbs.examine(*service, ProbeIndex{at});
    if (!looks.show(examination_shape(seen).dump(-1, ' ', true, json::error_handler_t::replace))) {
      return ExitCode::failed;
    }
  }
  return looks.status();
}

}  // namespace

ExitCode probe_now(Dialogue& dialogue, const ProbeOptions& options, const Verbs& verbs) {
  return options.config.empty() ? ask_daemon(dialogue, options)
                                : look_here(dialogue, options, verbs);
}

}  // namespace heald
