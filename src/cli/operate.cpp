// `heald start`, `stop`, `restart` and `confirm`

#include <ostream>

#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace heald {

namespace {

/// How a word of an operator ended, as far as one can tell.
struct Ending {
  ExitCode code = ExitCode::good;
  std::string text;
};

/// Follows a service from the moment of the command on, until it has come to rest.
class Follower {
 public:
  Follower(Dialogue& dialogue, const OperateOptions& options, std::uint64_t after)
      : dialogue_(&dialogue), options_(&options), after_(after) {}

  ExitCode wait() {
    for (;;) {
      auto ending = from_state();
      if (!ending) return give_up();
      if (*ending) return finish(**ending);
      // The journal has it a moment after the page; each turn of the loop asks for both.
      auto later = from_events();
      if (!later) return give_up();
      if (*later) return finish(**later);
    }
  }

 private:
  /// Empty outside: the daemon did not answer. Empty inside: it goes on.
  using Seen = std::optional<std::optional<Ending>>;

  Seen from_state() {
    const auto body = dialogue_->get("/v1/services/" + percent_encoded(options_->service));
    if (!body) return std::nullopt;
    const auto detail = dialogue_->understood(read_detail(*body));
    if (!detail) return std::nullopt;
    return judge(*detail);
  }

  [[nodiscard]] std::optional<Ending> judge(const DetailAnswer& detail) {
    const auto& service = detail.service;
    if (service.hold && quiet_) {
      say_once("held by " + service.hold->guard + ": " + service.hold->value + "; waits for: " +
               service.hold->wanted);
    }
    if (!detail.pending.empty() || detail.converging || detail.action) return std::nullopt;
    if (options_->verb == "stop") {
      const bool stopped = service.desired == "stopped" && !detail.running;
      if (stopped && service.activity == "idle") return Ending{ExitCode::good, "stopped"};
      return std::nullopt;
    }
    if (service.desired == "stopped") return Ending{ExitCode::failed, "stopped by an operator"};
    if (service.desired == "done") return Ending{ExitCode::good, "done"};
    // The page may be the one of before our word: a restart is done when its action has been seen.
    const bool begun = options_->verb != "restart" || ours_ != 0;
    if (begun && service.health == "healthy" && service.activity == "idle") {
      return Ending{ExitCode::good, "healthy"};
    }
    if (service.activity == "latched") return Ending{ExitCode::failed, service.reason};
    return std::nullopt;
  }

  Seen from_events() {
    const auto body = dialogue_->get("/v1/events?limit=100&wait=" +
                                     std::string{quiet_ ? "5" : "1"} + "&service=" +
                                     percent_encoded(options_->service) +
                                     "&after=" + std::to_string(after_));
    if (!body) return std::nullopt;
    const auto events = dialogue_->understood(read_events(*body));
    if (!events) return std::nullopt;
    after_ = events->latest;
    quiet_ = events->events.empty();
    for (const auto& event : events->events) {
      if (auto ending = judge(event)) return ending;
    }
    return std::optional<Ending>{};
  }

  /// Only an action that began after our word is ours: one before it may still be verified, and
  /// our word itself ends that, with a verdict.
  [[nodiscard]] std::optional<Ending> judge(const RecordAnswer& event) {
    if (event.kind == "service_removed") return Ending{ExitCode::failed, "removed from the rules"};
    if (event.kind == "action_intended" && event.cause == "operation") ours_ = event.action_id;
    if (event.action_id == 0 || event.action_id != ours_) return std::nullopt;
    if (event.kind == "verdict" && options_->verb != "stop") {
      const bool healed = event.verdict == "healed";
      return Ending{healed ? ExitCode::good : ExitCode::failed, told(event)};
    }
    const bool bad = !event.result.empty() && event.result != "done";
    if ((event.kind == "action_finished" && bad) || event.kind == "action_withheld") {
      return Ending{ExitCode::failed, told(event)};
    }
    return std::nullopt;
  }

  void say_once(const std::string& text) {
    if (text == said_) return;
    said_ = text;
    dialogue_->console.err << printable(options_->service + ": " + text) << '\n';
  }

  ExitCode give_up() {
    if (dialogue_->failure == ExitCode::unreachable) {
      dialogue_->console.err << printable(
          "heald ended while " + options_->verb + " of " + options_->service +
          " was waited for. The word is in its journal and holds when it runs again; `heald "
          "explain " + options_->service + "` then tells how it went.") << '\n';
    }
    return dialogue_->failure;
  }

  ExitCode finish(const Ending& ending) {
    if (ending.code == ExitCode::good) {
      if (dialogue_->format == OutputFormat::table) {
        dialogue_->console.out << printable(options_->service + ": " + ending.text) << '\n';
      }
    } else {
      dialogue_->complain(options_->verb + " of " + options_->service + ": " + ending.text);
    }
    return ending.code;
  }

  Dialogue* dialogue_;
  const OperateOptions* options_;
  std::uint64_t after_;
  std::uint64_t ours_ = 0;  ///< the latest action that an operator's word began; 0: none yet
  bool quiet_ = false;  ///< nothing happened for a second: what holds it now is worth telling
  std::string said_;
};

}  // namespace

ExitCode operate(Dialogue& dialogue, const OperateOptions& options) {
  const auto target = "/v1/services/" + percent_encoded(options.service) + "/" + options.verb;
  const auto dependents = options.dependents ? "include" : "refuse";
  const auto body = dialogue.post(target, command_body(options.reason, dependents));
  if (!body) return dialogue.failure;
  if (dialogue.format == OutputFormat::json) {
    dialogue.console.out << *body;
  } else if (!options.wait) {
    dialogue.console.out << options.verb << " of " << printable(options.service)
                         << " is under way; `heald explain " << printable(options.service)
                         << "` tells how it goes\n";
  }
  if (!options.wait) return ExitCode::good;
  dialogue.console.out.flush();
  return Follower{dialogue, options, read_after(*body)}.wait();
}

ExitCode confirm(Dialogue& dialogue, const std::string& reason) {
  const auto before = dialogue.get("/v1/status?limit=1");
  if (!before) return dialogue.failure;
  const auto status = dialogue.understood(read_status(*before));
  if (!status) return ExitCode::failed;
  const auto body = dialogue.post("/v1/confirm", command_body(reason, std::nullopt));
  if (!body) return dialogue.failure;
  if (dialogue.format == OutputFormat::json) {
    dialogue.console.out << *body;
  } else {
    dialogue.console.out << (status->daemon.confirmation_wanted
                                 ? "confirmed: services may be started\n"
                                 : "nothing waited for a confirmation\n");
  }
  return ExitCode::good;
}

}  // namespace heald
