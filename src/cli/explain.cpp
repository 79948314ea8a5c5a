// `heald explain`: a person's account of why a service is as it is.

#include <ostream>

#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace heald {

namespace {

class Account {
 public:
  Account(Console& console, const ExplainAnswer& answer, Sources sources)
      : console_(&console), answer_(&answer), sources_(sources), now_(wall_now()) {}

  void tell() {
    tell_state();
    tell_conditions();
    tell_dependencies();
    tell_deeds();
    tell_holds();
    tell_future();
  }

 private:
  [[nodiscard]] const DetailAnswer& detail() const { return answer_->detail; }
  [[nodiscard]] const ServiceAnswer& service() const { return answer_->detail.service; }

  void heading(const char* text) {
    console_->out << '\n' << painted(*console_, Colour::bold, text) << '\n';
  }
  /// `from`: what it is known from.
  void line(const std::string& text, const std::string& from) {
    console_->out << "  " << printable(text) << '\n';
    tell_source(from);
  }
  void tell_source(const std::string& from) {
    if (sources_ == Sources::hidden) return;
    console_->out << "      " << painted(*console_, Colour::dim, "from " + from) << '\n';
  }

  [[nodiscard]] std::string ago(const std::optional<WallTime>& time) const {
    if (!time) return "";
    return " for " + humanise(now_ - *time) + " (since " + local_time(*time) + ")";
  }

  /// Who, why, and for how long still.
  [[nodiscard]] std::string told(const PauseAnswer& pause) const {
    auto text = pause.by + (pause.reason.empty() ? "" : ": " + pause.reason);
    return text.append("; over by itself").append(in(pause.until));
  }

  [[nodiscard]] std::string in(const std::optional<WallTime>& time) const {
    if (!time) return "";
    if (*time <= now_) return ", now";
    return ", in " + humanise(*time - now_) + " (at " + local_time(*time) + ")";
  }

  void tell_state() {
    const auto& out = service();
    console_->out << painted(*console_, Colour::bold, out.name) << " is "
                  << painted(*console_, colour_of_health(out.health), out.health)
                  << ago(out.health_since) << ". Desired: " << printable(out.desired)
                  << "; activity: " << printable(out.activity) << ".\n";
    tell_source("its conditions and its activity, below; desired: the rules, or a command");
    if (!detail().description.empty()) line(detail().description, "the rules: description");
    const auto operated = "a command: heald events --kind operated --service " + out.name;
    if (out.desired == "stopped") {
      line("An operator stopped it; it stays so until `heald start`.", operated);
    }
    if (out.pid) {
      line("It runs as pid " + std::to_string(*out.pid) + ".", "its process, which heald follows");
    }
    if (!out.said.empty()) {
      line("It says of itself: " + out.said + ".", "its process, over sd_notify");
    }
    if (!detail().last_exit.empty()) {
      line("It last ended by itself: " + detail().last_exit + ".", "the end of its process");
    }
    if (!detail().output.empty()) {
      line("What it prints is in " + detail().output, "the rules: process: output");
    }
    if (answer_->freeze) {
      line("Everything is frozen by " + told(*answer_->freeze) + ", or with `heald thaw`",
           "a command: heald events --kind operated");
    }
    if (out.pause) {
      line("Paused by " + told(*out.pause) + ", or with `heald resume`",
           operated);
    }
    if (detail().observe) {
      line("The rules say to observe it: no action is taken.", "the rules: observe");
    }
    if (!detail().owner.empty()) line("Owner: " + detail().owner, "the rules: owner");
    if (!detail().runbook.empty()) line("Runbook: " + detail().runbook, "the rules: runbook");
  }

  void tell_conditions() {
    if (detail().conditions.empty()) return;
    heading("Why");
    for (const auto& condition : detail().conditions) {
      auto text = condition.name + ": " + condition.status + ago(condition.changed);
      if (condition.fails != 0) {
        text.append(", ").append(counted(condition.fails, "failure")).append(" in a row");
        if (condition.failure_threshold != 0) {
          text.append(" of ").append(std::to_string(condition.failure_threshold)).append(" needed");
        }
      }
      if (condition.unknown_since) {
        text.append("; nothing certain").append(ago(condition.unknown_since));
      }
      if (condition.status != "pass" && !condition.evidence.empty()) {
        text.append("; it said: ").append(condition.evidence);
      }
      line(text, source_of(condition));
    }
  }

  void tell_dependencies() {
    for (const auto& [name, health] : detail().dependencies) {
      line("depends on " + name + ", which is " + (health.empty() ? "not known" : health),
           "the rules: depends_on; heald explain " + name);
    }
  }

  void tell_deeds() {
    heading("What was done");
    if (!answer_->incident) {
      return line("Nothing: there is no incident on record.", "the journal");
    }
    const auto& incident = *answer_->incident;
    auto text = "Incident " + std::to_string(incident.id) + ", " + incident.closing;
    if (!incident.symptom.empty()) text.append(", began with: ").append(incident.symptom);
    const auto id = std::to_string(incident.id);
    line(text, "the journal: heald incidents " + id + "; the rules of it: heald explain " + id);
    if (incident.root != 0) {
      line("It is collected under incident " + std::to_string(incident.root) +
           " of a dependency, which is healed first.",
           "the rules: depends_on; heald explain " + std::to_string(incident.root));
    }
    for (const auto& record : answer_->timeline) {
      print_timeline(*console_, {record}, incident.first_symptom);
      tell_source(source_of(record));
    }
  }

  void tell(const HoldAnswer& hold, const std::string& from) {
    line(hold.guard + (hold.rule.empty() ? "" : ", by the rule: " + hold.rule), from);
    const auto add = [&](const std::string& text) {
      console_->out << "    " << printable(text) << '\n';
    };
    if (!hold.value.empty()) add("it saw: " + hold.value);
    if (!hold.wanted.empty()) add("what would change it: " + hold.wanted);
    if (hold.until) add("over by itself" + in(hold.until));
  }

  /// The recorded hold, and the guards that the engine would meet at this moment.
  void tell_holds() {
    heading("What was not done, and why not");
    const auto& hold = service().hold;
    if (hold) tell(*hold, "the engine, when it was last about to act");
    for (const auto& guard : answer_->guards) {
      if (hold && hold->guard == guard.guard) continue;
      tell(guard, "the engine, asked at this moment");
    }
    if (hold || !answer_->guards.empty()) return;
    const bool halted = service().pause || answer_->freeze || detail().observe;
    line(halted ? "Nothing was to be done; what is said above would hold it back."
                : "Nothing is held back: no guard stands in the way.",
         "the engine, asked at this moment");
  }

  void tell_future() {
    heading("What happens next");
    if (detail().action && detail().action->finished) {
      tell_verification();
    } else if (detail().action) {
      line(detail().action->action + " is being carried out" + ago(detail().action->intended),
           "the journal: action_intended, rung " + detail().action->rung);
    }
    const std::string engine = "the engine's next deadline";
    if (!detail().pending.empty()) {
      line(detail().pending + " follows when the action has ended",
           "a command that came meanwhile");
    }
    if (!service().next_what.empty()) line(service().next_what + in(service().next_when), engine);
    if (service().next_what.empty() && !detail().action) {
      line("Nothing by itself but looking.", engine);
    }
    if (answer_->ladder.empty()) return;
    std::string steps;
    for (const auto& rung : answer_->ladder) {
      if (!steps.empty()) steps.append(", then ");
      const auto used = std::to_string(rung.attempts_used);
      steps.append(rung.rung).append(" (").append(used).append(" of ");
      steps.append(counted(rung.attempts, "attempt")).append(" used)");
    }
    line("Ladder: " + steps, "the rules: remediation; attempts of this incident");
  }

  void tell_verification() {
    const auto& verification = detail().verification;
    if (!verification) return;
    std::string names;
    for (const auto& name : verification->probes) {
      names.append(names.empty() ? "" : ", ").append(name);
    }
    const auto span = [](double seconds) {
      return humanise(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
    };
    line(detail().action->action + " ended; " + names + " must pass within " +
             span(verification->within_seconds) + " and stay so for " +
             span(verification->stable_for_seconds),
         "the rules: verify of rung " + detail().action->rung);
    if (verification->stable_since) {
      line("all of them pass" + ago(verification->stable_since), "the probes, as above");
    }
  }

  /// A condition is what a probe saw, or what became of heald's own child.
  [[nodiscard]] std::string source_of(const ConditionAnswer& condition) const {
    if (condition.failure_threshold == 0) return "its process and its exits, which heald follows";
    return "its probe: heald probe " + service().name + "/" + condition.name +
           "; the rules: failure_threshold " + std::to_string(condition.failure_threshold);
  }

  static std::string source_of(const RecordAnswer& record) {
    const auto told_by = ", record " + std::to_string(record.sequence);
    const auto& kind = record.kind;
    if (kind == "condition_changed") return "what '" + record.condition + "' saw" + told_by;
    if (kind == "operated" || kind == "refused" || record.cause == "operation") {
      return "a command" + told_by;
    }
    if (kind == "action_finished") return "what the action came to" + told_by;
    if (record.hold && !record.hold->rule.empty()) {
      return "the rule: " + record.hold->rule + told_by;
    }
    if (!record.rung.empty()) return "the rules: rung " + record.rung + told_by;
    return "the engine" + told_by;
  }

  Console* console_;
  const ExplainAnswer* answer_;
  Sources sources_;
  WallTime now_;
};

}  // namespace

ExitCode show_explanation(Dialogue& dialogue, const std::string& service, Sources sources) {
  const auto body = dialogue.get("/v1/services/" + percent_encoded(service) + "/explain");
  if (!body) return dialogue.failure;
  if (dialogue.format == OutputFormat::json) {
    dialogue.console.out << *body;
    return ExitCode::good;
  }
  const auto answer = dialogue.understood(read_explain(*body));
  if (!answer) return ExitCode::failed;
  Account{dialogue.console, *answer, sources}.tell();
  return ExitCode::good;
}

}  // namespace heald
