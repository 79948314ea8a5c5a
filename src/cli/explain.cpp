// `heald explain`: a person's account of why a service is as it is.

#include <ostream>

#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace heald {

namespace {

class Account {
 public:
  Account(Console& console, const ExplainAnswer& answer)
      : console_(&console), answer_(&answer), now_(wall_now()) {}

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
  void line(const std::string& text) { console_->out << "  " << printable(text) << '\n'; }

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
    if (!detail().description.empty()) line(detail().description);
    if (out.desired == "stopped") line("An operator stopped it; it stays so until `heald start`.");
    if (out.pid) line("It runs as pid " + std::to_string(*out.pid) + ".");
    if (!out.said.empty()) line("It says of itself: " + out.said + ".");
    if (!detail().last_exit.empty()) line("It last ended by itself: " + detail().last_exit + ".");
    if (!detail().output.empty()) line("What it prints is in " + detail().output);
    if (answer_->freeze) {
      line("Everything is frozen by " + told(*answer_->freeze) + ", or with `heald thaw`");
    }
    if (out.pause) line("Paused by " + told(*out.pause) + ", or with `heald resume`");
    if (detail().observe) line("The rules say to observe it: no action is taken.");
    if (!detail().owner.empty()) line("Owner: " + detail().owner);
    if (!detail().runbook.empty()) line("Runbook: " + detail().runbook);
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
      line(text);
    }
  }

  void tell_dependencies() {
    for (const auto& [name, health] : detail().dependencies) {
      line("depends on " + name + ", which is " + (health.empty() ? "not known" : health));
    }
  }

  void tell_deeds() {
    heading("What was done");
    if (!answer_->incident) return line("Nothing: there is no incident on record.");
    const auto& incident = *answer_->incident;
    auto text = "Incident " + std::to_string(incident.id) + ", " + incident.closing;
    if (!incident.symptom.empty()) text.append(", began with: ").append(incident.symptom);
    line(text);
    if (incident.root != 0) {
      line("It is collected under incident " + std::to_string(incident.root) +
           " of a dependency, which is healed first.");
    }
    print_timeline(*console_, answer_->timeline, incident.first_symptom);
  }

  void tell(const HoldAnswer& hold) {
    line(hold.guard + (hold.rule.empty() ? "" : ", by the rule: " + hold.rule));
    if (!hold.value.empty()) line("  it saw: " + hold.value);
    if (!hold.wanted.empty()) line("  what would change it: " + hold.wanted);
    if (hold.until) line("  over by itself" + in(hold.until));
  }

  /// The recorded hold, and the guards that the engine would meet at this moment.
  void tell_holds() {
    heading("What was not done, and why not");
    const auto& hold = service().hold;
    if (hold) tell(*hold);
    for (const auto& guard : answer_->guards) {
      if (!hold || hold->guard != guard.guard) tell(guard);
    }
    if (!hold && answer_->guards.empty()) line("Nothing is held back: no guard stands in the way.");
  }

  void tell_future() {
    heading("What happens next");
    if (detail().action && detail().action->finished) {
      tell_verification();
    } else if (detail().action) {
      line(detail().action->action + " is being carried out" + ago(detail().action->intended));
    }
    if (!detail().pending.empty()) line(detail().pending + " follows when the action has ended");
    if (!service().next_what.empty()) line(service().next_what + in(service().next_when));
    if (service().next_what.empty() && !detail().action) line("Nothing by itself but looking.");
    if (answer_->ladder.empty()) return;
    std::string steps;
    for (const auto& rung : answer_->ladder) {
      if (!steps.empty()) steps.append(", then ");
      const auto used = std::to_string(rung.attempts_used);
      steps.append(rung.rung).append(" (").append(used).append(" of ");
      steps.append(counted(rung.attempts, "attempt")).append(" used)");
    }
    line("Ladder: " + steps);
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
         span(verification->stable_for_seconds));
    if (verification->stable_since) line("all of them pass" + ago(verification->stable_since));
  }

  Console* console_;
  const ExplainAnswer* answer_;
  WallTime now_;
};

}  // namespace

ExitCode show_explanation(Dialogue& dialogue, const std::string& service) {
  const auto body = dialogue.get("/v1/services/" + percent_encoded(service) + "/explain");
  if (!body) return dialogue.failure;
  if (dialogue.format == OutputFormat::json) {
    dialogue.console.out << *body;
    return ExitCode::good;
  }
  const auto answer = dialogue.understood(read_explain(*body));
  if (!answer) return ExitCode::failed;
  Account{dialogue.console, *answer}.tell();
  return ExitCode::good;
}

}  // namespace heald
