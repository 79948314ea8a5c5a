#include "actuate/running_action.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>
#include <variant>

#include "base/fill_in.hpp"
#include "base/secret_file.hpp"
#include "base/signals.hpp"

namespace heald {
namespace {

/// Rules may say anything; a clock's sum must not overflow.
constexpr Duration longest_timeout = 24h * 365;

/// A command that runs as the process does.
SpawnRequest beside(const ProcessRuntime& rules, const std::string& what, const Argv& command) {
  SpawnRequest program;
  program.name = what;
  program.exec = rules.exec;
  program.exec.command = command;
  program.umask = rules.umask;
  program.limits = rules.limits;
  return program;
}

}  // namespace

RunningAction::RunningAction(ActionOrder order, Tools tools, Finished finished)
    : order_(std::move(order)), tools_(tools), finished_(std::move(finished)) {}

void RunningAction::begin() {
  deadline_ = std::chrono::steady_clock::now() + std::min(order_.timeout, longest_timeout);
  std::visit([this](const auto& action) { compose(action); }, order_.action);
  if (refusal_.empty()) return next();
  steps_.clear();
  evidence_ = refusal_;
  finish(ActionResult::unsupported);
}

void RunningAction::next() {
  if (steps_.empty()) return finish(ActionResult::done);
  const auto step = std::move(steps_.front());
  steps_.pop_front();
  step(left(), [weak = weak_from_this()](StepResult result) {
    if (const auto self = weak.lock()) self->step_ended(std::move(result));
  });
}

void RunningAction::step_ended(StepResult step) {
  evidence_ = std::move(step.evidence);
  if (step.result != ActionResult::done) return finish(step.result);
  if (!steps_.empty() && left() <= Duration::zero()) {
    evidence_ = "the time was over before the last step; so far: " + evidence_;
    return finish(ActionResult::timed_out);
  }
  next();
}

void RunningAction::finish(ActionResult result) {
  steps_.clear();
  finished_({order_.id, result, tools_.process.pid(), as_evidence(evidence_)});
}

Duration RunningAction::left() const {
  return std::max<Duration>(Duration::zero(), deadline_ - std::chrono::steady_clock::now());
}

void RunningAction::refuse(const std::string& why) {
  if (refusal_.empty()) refusal_ = why;
}

// --- Steps -------------------------------------------------------------------------------

void RunningAction::add_start(const ProcessRuntime& rules) {
  // Workers of a master that died while heald was away would hold its port.
  steps_.emplace_back([this](Duration left, Done done) { clear(left, std::move(done)); });
  for (const auto& command : rules.pre_start) {
    const auto what = "pre_start of " + name();
    add_command(what, beside(rules, what, command));
  }
  steps_.emplace_back([this](Duration, const Done& done) {
    auto started = tools_.process.start(*order_.policy, order_.id, order_.generation);
    if (!remarks_.empty()) started.evidence.append("; ").append(remarks_);
    done(std::move(started));
  });
}

void RunningAction::add_stop(const ProcessRuntime& rules) {
  steps_.emplace_back([this, &rules](Duration left, Done done) {
    if (!tools_.process.pid()) return clear(left, std::move(done));
    tools_.process.stop(rules.stop, left, std::move(done));
  });
  add_post_stop(rules);
}

/// What it leaves undone keeps nothing down: whatever comes next is done all the same, and one that
/// hangs leaves half of the time to that.
void RunningAction::add_post_stop(const ProcessRuntime& rules) {
  for (const auto& command : rules.post_stop) {
    const auto what = "post_stop of " + name();
    steps_.emplace_back([this, what, program = beside(rules, what, command)](Duration left,
                                                                           Done done) {
      tools_.commands.run({program, left / 2, {}}, [this, what, done = std::move(done),
                                                before = evidence_](const RunResult& run) {
        StepResult ended = judge_command(what, run);
        if (ended.result == ActionResult::done) return done({ActionResult::done, before});
        add_remark(ended.evidence);
        if (!before.empty()) ended.evidence.insert(0, before + "; ");
        done({ActionResult::done, std::move(ended.evidence)});
      });
    });
  }
}

void RunningAction::add_remark(const std::string& remark) {
  remarks_.append(remarks_.empty() ? "" : "; ").append(remark);
}

void RunningAction::clear(Duration left, Done done) {
  tools_.process.clear(left, [this, done = std::move(done)](StepResult cleared) {
    if (!cleared.evidence.empty()) add_remark(cleared.evidence);
    done(std::move(cleared));
  });
}

void RunningAction::add_signal(Signal signal) {
  steps_.emplace_back([this, signal](Duration, const Done& done) {
    if (tools_.process.signal(signal)) {
      return done({ActionResult::done, "sent " + signal_name(signal.number)});
    }
    const auto* why = tools_.process.pid() ? ": the kernel refuses" : ": it does not run";
    done({ActionResult::failed,
          "cannot send " + signal_name(signal.number) + " to " + name() + why});
  });
}

void RunningAction::add_command(const std::string& what, SpawnRequest program) {
  program.name = what;
  steps_.emplace_back([this, what, program = std::move(program)](Duration left, Done done) {
    tools_.commands.run({program, left, {}}, [what, done = std::move(done)](
                                                 const RunResult& run) {
      done(judge_command(what, run));
    });
  });
}

void RunningAction::add_command(const std::string& what, const ExecPolicy& exec,
                                Leftovers leftovers) {
  SpawnRequest program;
  program.exec = exec;
  program.leftovers = leftovers;
  add_command(what, std::move(program));
}

void RunningAction::add_external(const std::string& word, const Seldom<ExecPolicy>& exec) {
  if (!exec) return refuse("the rules have no command to " + word + " " + name());
  // What it starts is the service, and leaves the group of the command when it gets to it.
  add_command(word + " of " + name(), *exec, Leftovers::kept);
}

// --- Actions -----------------------------------------------------------------------------

void RunningAction::compose(const RestartAction&) {
  if (const auto* process = order_.policy->process()) {
    add_stop(*process);
    return add_start(*process);
  }
  const auto& external = *order_.policy->external();
  if (external.restart) return add_external("restart", external.restart);
  add_external("stop", external.stop);
  add_external("start", external.start);
}

void RunningAction::compose(const StartAction&) {
  const auto* process = order_.policy->process();
  if (process == nullptr) return add_external("start", order_.policy->external()->start);
  if (!tools_.process.pid()) return add_start(*process);
  steps_.emplace_back([this](Duration, const Done& done) {
    tools_.process.claim(order_.id, order_.generation);
    done({ActionResult::done, "it ran already"});
  });
}

void RunningAction::compose(const StopAction&) {
  const auto* process = order_.policy->process();
  if (process == nullptr) return add_external("stop", order_.policy->external()->stop);
  // One step: with a second, a stop that took all of its time would count as timed out.
  steps_.emplace_back([process, &target = tools_.process](Duration left, Done done) {
    target.stop(process->stop, left, [&target, done = std::move(done)](StepResult stopped) {
      target.remove_record();
      done(std::move(stopped));
    });
  });
  add_post_stop(*process);
}

void RunningAction::compose(const ReloadAction&) {
  const auto* process = order_.policy->process();
  if (process == nullptr) return add_external("reload", order_.policy->external()->reload);
  add_signal(process->reload);
}

void RunningAction::compose(const SignalAction& action) {
  if (order_.policy->process() == nullptr) {
    return refuse(name() + " is external: heald does not know its process");
  }
  add_signal(action.signal);
}

void RunningAction::compose(const ExecAction& action) {
  add_command("exec for " + name(), action.exec);
}

void RunningAction::compose(const HttpAction& action) {
  if (!tools_.parts.http) return refuse("HTTP is not available");
  steps_.emplace_back([this, &action](Duration left, Done done) {
    const auto what = action.request.method + " " + action.request.url;
    HttpRequestPolicy request = action.request;
    if (const auto filled = fill_in_headers(request.headers); !filled) {
      return done({ActionResult::failed, what + ": " + filled.error().message});
    }
    if (const auto added = add_header_files(request.header_files, request.headers); !added) {
      return done({ActionResult::failed, what + ": " + added.error().message});
    }
    auto judged = [what, good = action.status, done = std::move(done)](const HttpReply& reply) {
      done(judge_reply(what, reply, good));
    };
    tools_.parts.http(std::move(request), left,
                      [control = tools_.parts.control, judged](HttpReply reply) {
                        boost::asio::post(control, [judged, reply = std::move(reply)] {
                          judged(reply);
                        });
                      });
  });
}

void RunningAction::compose(const ReprovisionAction& action) {
  const auto what = "reprovision of " + name();
  if (const auto* process = order_.policy->process()) {
    add_stop(*process);
    add_command(what, action.exec);
    return add_start(*process);
  }
  const auto& external = *order_.policy->external();
  if (external.stop) add_external("stop", external.stop);
  add_command(what, action.exec);
  if (external.start) add_external("start", external.start);
}

void RunningAction::compose(const NotifyAction& action) {
  const auto receivers = action.to.empty() ? order_.policy->notify.to.get() : action.to;
  if (receivers.empty()) return refuse(name() + " has no receivers");
  const auto body = message_body(order_, action, tools_.parts.now(), tools_.parts.wall_of);
  steps_.emplace_back([this, receivers, body](Duration left, Done done) {
    struct Answers {
      std::size_t missing = 0;
      StepResult worst;
    };
    const auto answers = std::make_shared<Answers>(Answers{receivers.size(), {}});
    const auto collect = [answers, done = std::move(done)](const Messenger::Attempt& attempt) {
      const StepResult& result = attempt.step;
      auto& worst = answers->worst;
      if (worst.result == ActionResult::done) worst.result = result.result;
      worst.evidence += (worst.evidence.empty() ? "" : "; ") + result.evidence;
      if (--answers->missing == 0) done(std::move(worst));
    };
    for (const auto& receiver : receivers) tools_.messenger.deliver(receiver, body, left, collect);
  });
}

}  // namespace heald
