#include "runtime/supervisor.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>
#include <variant>

#include "heald/assert.hpp"
#include "heald/life.hpp"
#include "runtime/startup.hpp"

namespace heald {
namespace {

/// How long after a probe's timeout its sink is called at the latest; see Prober::start.
constexpr Duration prober_grace = 1s;

Duration shortest_interval(const Policy& policy) {
  Duration shortest = Duration::max();
  for (const auto& service : policy.services) {
    for (const auto& probe : service->probes) shortest = std::min(shortest, probe.interval);
  }
  return shortest;
}

}  // namespace

Supervisor::Supervisor(std::uint64_t seed, Parts parts)
    : parts_(std::move(parts)),
      engine_(seed),
      alarm_(parts_.strand, [this] { ring(); }),
      observations_(parts_.now, [this] { on_strand([this] { take_observations(); }); }),
      written_(parts_.now, [this] { on_strand([this] { take_written(); }); }) {}

Supervisor::~Supervisor() = default;

void Supervisor::begin(Beginning beginning) {
  HEALD_ASSERT(phase_ == Phase::new_born);
  phase_ = Phase::running;
  oom_problem_ = std::move(beginning.oom_problem);
  page_.rules_loaded = parts_.wall();
  page_.observe = beginning.mode == Beginning::Mode::observe;
  page_.logs = std::move(beginning.logs);
  last_message_ = beginning.last_message;
  const bool restored = beginning.snapshot.has_value();
  if (restored) engine_.restore(*std::move(beginning.snapshot));
  // What was removed from the rules while heald was away is declared once more, adopted, and
  // then removed as by any reload: so its stop is an action like all others.
  const auto policy = std::move(beginning.policy);
  auto first = beginning.before ? beginning.before : policy;
  if (auto more = with_left_over(*first, beginning.left_over); more.revision != first->revision) {
    first = std::make_shared<const Policy>(std::move(more));
  }
  step(PolicyLoaded{first});
  if (restored) step(Restarted{beginning.boot});
  adopt();
  if (first != policy) step(PolicyLoaded{policy});
  step(AdoptionFinished{});
  if (!beginning.messages.empty()) parts_.send(std::move(beginning.messages));
  page_.ready = true;
  show_daemon();
  wind();
}

void Supervisor::adopt() {
  for (std::uint32_t slot = 0; slot < engine_.size(); ++slot) {
    const ServiceId service{slot};
    if (!engine_.declared(service)) continue;
    const std::shared_ptr<const ServicePolicy> policy = engine_.policy(service);
    if (policy->process() != nullptr) step(parts_.processes.adopt(service, *policy));
  }
}

void Supervisor::load(std::shared_ptr<const Policy> policy, Answered answered) {
  HEALD_ASSERT(phase_ == Phase::running || phase_ == Phase::ending);
  page_.rules_problem.clear();
  page_.rules_loaded = parts_.wall();
  ++page_.reloads_loaded;
  turn(PolicyLoaded{std::move(policy)}, std::move(answered));
  show_daemon();
}

void Supervisor::refuse_rules(std::string problem) {
  page_.rules_problem = std::move(problem);
  page_.rules_refused = parts_.wall();
  ++page_.reloads_refused;
  show_daemon();
}

// --- What comes in -----------------------------------------------------------------------

void Supervisor::on_strand(std::function<void()> work) {
  boost::asio::post(parts_.strand, std::move(work));
}

void Supervisor::observed(Observation observation) { observations_.put(std::move(observation)); }

void Supervisor::take_observations() {
  const Instant since = observations_.take(observation_batch_);
  if (phase_ != Phase::ended) {
    for (Observer* observer : parts_.observers) observer->on_loop_lag(parts_.now() - since);
    Instant due = since;
    for (const Observation& observation : observation_batch_) {
      due = std::min(due, promised(observation));
    }
    notice_stall(due);
    for (Observation& observation : observation_batch_) {
      show_reading(observation);
      step(std::move(observation));
      if (phase_ == Phase::ended) break;
    }
    wind();
  }
  observation_batch_.clear();
}

// When nothing else is due, a look that took longer than any look may is the only sign that the
// machine was suspended: the prober's own deadlines stood still with it.
Instant Supervisor::promised(const Observation& observation) const {
  const std::size_t probe = observation.probe.value();
  if (!engine_.declared(observation.service)) return never;
  const auto& probes = engine_.policy(observation.service)->probes;
  if (probe >= probes.size()) return never;
  return observation.begun + probes[probe].timeout + prober_grace;
}

void Supervisor::finished(ActionReport report) { turn(ActionFinished{std::move(report)}); }

void Supervisor::exited(ExitReport report) { turn(ProcessExited{report}); }

void Supervisor::journal_changed(JournalChanged change) {
  on_strand([this, change = std::move(change)]() mutable {
    page_.journal_problem = change.what == JournalChanged::What::works ? "" : change.why;
    turn(std::move(change));
    show_daemon();
  });
}

void Supervisor::receivers_changed(std::vector<TroubledReceiver> troubled) {
  page_.troubled_receivers = std::move(troubled);
  show_daemon();
}

void Supervisor::operate(Operated operated, std::function<void(std::string)> answered) {
  on_strand([this, operated = std::move(operated), answered = std::move(answered)]() mutable {
    if (phase_ == Phase::new_born) return answered("heald is still starting");
    if (phase_ == Phase::ended) return answered("heald is ending");
    turn(std::move(operated), std::move(answered));
  });
}

void Supervisor::inspect(ServiceId service, std::function<void(Inspection)> answered) {
  on_strand([this, service, answered = std::move(answered)] {
    const bool known = service.value() < engine_.size() && engine_.declared(service);
    answered(known ? Inspection{engine_.guards(service)} : Inspection{});
  });
}

void Supervisor::shut_down() {
  on_strand([this] {
    if (phase_ == Phase::ended) return;
    if (phase_ != Phase::running) return end();
    phase_ = Phase::ending;
    turn(ShutdownRequested{});
  });
}

// --- One step ----------------------------------------------------------------------------

void Supervisor::turn(Input input, Answered answered) {
  // What is reported while heald ends at once belongs to the next one, which will look for it.
  if (phase_ == Phase::ended) return;
  notice_stall(wake_at_);
  step(std::move(input), std::move(answered));
  wind();
}

// A tick or a batch that is late by more than a probe's interval means that whatever was in
// flight may have been starved by us rather than refused by its target. Each stretch of time is
// reported once, however many things it made late.
void Supervisor::notice_stall(Instant due) {
  const Instant now = parts_.now();
  const Instant since = std::max(std::min(due, wake_at_), stall_known_until_);
  if (since >= now || now - since <= shortest_interval_) return;
  stall_known_until_ = now;
  step(Stalled{now - since});
}

void Supervisor::step(Input input, Answered answered) {
  HEALD_ASSERT(phase_ != Phase::ended);
  const auto* loaded = std::get_if<PolicyLoaded>(&input);
  if (loaded != nullptr) {
    policy_ = loaded->policy;
    shortest_interval_ = shortest_interval(*policy_);
    page_.oom_problem = asks_for_oom(*policy_) ? oom_problem_ : std::string{};
  }
  const bool rules_changed = loaded != nullptr;
  last_ = std::max(last_, parts_.now());
  Event event{last_, std::move(input)};
  const Decision& decision = engine_.step(event);
  wake_at_ = decision.wake_at;
  if (const auto* seen = std::get_if<Observation>(&event.input)) show_observation(*seen);
  if (answered && !decision.refusal.empty()) {
    std::exchange(answered, {})(std::string{decision.refusal});
  }
  std::vector<Message> messages = messages_of(decision);
  write(std::move(event), decision, messages, std::move(answered));
  tell_observers(decision);
  show(decision);
  if (rules_changed) show_rules();
  carry_out(decision, last_);
  if (!messages.empty()) parts_.send(std::move(messages));
}

void Supervisor::carry_out(const Decision& decision, Instant at) {
  for (const Command& command : decision.commands) {
    if (const auto* look = std::get_if<ProbeCommand>(&command)) {
      probe(*look, at);
    } else if (const auto* over = std::get_if<ShutdownFinished>(&command)) {
      for (const ServiceId service : over->remaining) parts_.processes.kill(service);
      end();
    }  // actions start when their intent is durable (see `write`); messages are sent apart
  }
}

std::vector<Message> Supervisor::messages_of(const Decision& decision) {
  std::vector<Message> messages;
  for (const Command& command : decision.commands) {
    const auto* tell = std::get_if<TellCommand>(&command);
    if (tell == nullptr) continue;
    HEALD_ASSERT(tell->policy != nullptr);  // nothing is decided about a service without rules
    for (const std::string& receiver : tell->to) {
      last_message_ = MessageId{last_message_.value() + 1};
      Message message{last_message_, receiver, tell->policy->name, tell->incident, tell->occasion,
                      tell->reminder, last_, {}};
      message.body = parts_.message_body(message, *tell);
      messages.push_back(std::move(message));
    }
  }
  return messages;
}

void Supervisor::probe(const ProbeCommand& command, Instant at) {
  const auto& policy = engine_.policy(command.service);
  HEALD_ASSERT(command.probe.value() < policy->probes.size());
  const std::size_t slot = command.service.value();
  if (slot >= asked_.size()) asked_.resize(engine_.size());
  asked_[slot].resize(policy->probes.size());
  asked_[slot][command.probe.value()] = command.run;
  parts_.prober.start(ProbeOrder{command.service, command.probe, command.run, at, policy});
}

// Looks that are due within a few milliseconds are ordered at once, so that threads wake each other
// for a handful of them and not for each of thousands a second. What waits for no time (an exit, an
// answer, an operator) is not held up by it.
Instant Supervisor::together(Instant wake_at) {
  constexpr Duration grid = 4ms;
  if (wake_at == never) return never;
  const Duration since = wake_at.time_since_epoch();
  return Instant{(since + grid - Duration{1}) / grid * grid};
}

// --- Waking up and ending ----------------------------------------------------------------

void Supervisor::ring() {
  wound_for_ = never;
  if (phase_ == Phase::ended) return;
  const Instant now = parts_.now();
  if (wake_at_ <= now) {
    for (Observer* observer : parts_.observers) {
      observer->on_loop_lag(now - std::min(now, together(wake_at_)));
    }
    notice_stall(wake_at_);
    step(Tick{});
  }
  wind();
}

void Supervisor::wind() {
  const Instant wanted = phase_ == Phase::ended ? never : together(wake_at_);
  if (wanted == wound_for_) return;
  wound_for_ = wanted;
  if (wanted == never) return alarm_.clear();
  alarm_.set(wanted - parts_.now());
}

void Supervisor::end() {
  phase_ = Phase::ended;
  wind();
  // What was decided is still on its way to the journal, and answers wait for it: the strand
  // goes on until they are given.
  on_strand([this] {
    parts_.journal.flush();
    on_strand([this] { parts_.ended(); });
  });
}

}  // namespace heald
