#include "sim/rehearsal.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

#include "heald/assert.hpp"

namespace heald::sim {

Rehearsal::Rehearsal(Policy policy, std::uint64_t seed, Breach breach)
    : policy_(std::make_shared<const Policy>(std::move(policy))),
      seed_(seed),
      engine_(std::make_unique<Engine>(seed)),
      invariants_(std::move(breach)) {}
Rehearsal::~Rehearsal() = default;

Rehearsal& Rehearsal::begin() {
  feed(PolicyLoaded{policy_});
  find_processes();
  feed(AdoptionFinished{});
  return *this;
}

Rehearsal& Rehearsal::settle_in(Duration lasting) {
  begin();
  run(lasting);
  forget();
  return *this;
}

void Rehearsal::find_processes() {
  for (const auto& service : policy_->services) {
    if (service->process() == nullptr) continue;
    const Patient& patient = patients_[service->name];
    ProcessFound found{.service = id(service->name), .generation = patient.generation, .pid = {}};
    if (patient.runs) {
      found.what = ProcessFound::What::running;
      found.pid = 1000;
    } else if (patient.has_ended()) {
      found.what = ProcessFound::What::ended;
    }
    feed(found);
  }
}

const Decision& Rehearsal::feed(Input input) {
  Event event{now_, std::move(input)};
  invariants_.before(event);
  const Decision& decision = engine_->step(event);
  invariants_.after(*engine_, decision, now_);
  wake_at_ = decision.wake_at;
  for (const Record& record : decision.records) records.push_back(record);
  taken.push_back({std::move(event), decision.marked, digest_of(*engine_, decision)});
  carry_out(decision);
  return decision;
}

void Rehearsal::carry_out(const Decision& decision) {
  for (const Command& command : decision.commands) {
    if (const auto* probe = std::get_if<ProbeCommand>(&command)) look(*probe);
    if (const auto* act_now = std::get_if<ActCommand>(&command)) act(*act_now);
    if (const auto* tell = std::get_if<TellCommand>(&command)) told.push_back(*tell);
    if (const auto* end = std::get_if<ShutdownFinished>(&command)) shut_down = *end;
  }
}

void Rehearsal::later(Duration delay, std::function<void()> what) {
  agenda_.emplace(now_ + delay, [this, life = life_, what = std::move(what)] {
    if (life == life_) what();
  });
}

void Rehearsal::look(const ProbeCommand& command) {
  looked.push_back(command.service);
  const ServicePolicy& policy = *engine_->policy(command.service);
  const std::string probe = policy.probes.at(command.probe.value()).name;
  Patient& target = patients_[policy.name];
  const bool up = policy.process() == nullptr || target.runs;
  const Answer answer = up ? target.answer_to(probe) : Answer::fail;
  Observation seen{.service = command.service, .probe = command.probe, .run = command.run,
                   .outcome = Outcome::pass, .answered = answer != Answer::silent, .begun = now_,
                   .took = target.look_takes, .evidence = {}};
  if (answer == Answer::fail) seen.evidence = "refused";
  if (answer == Answer::silent) seen.evidence = "timed out";
  if (answer == Answer::unknown) seen.evidence = "cannot look: no descriptors";
  if (answer != Answer::pass) seen.outcome = Outcome::fail;
  if (answer == Answer::unknown) seen.outcome = Outcome::unknown;
  later(target.look_takes, [this, seen] { feed(seen); });
}

void Rehearsal::act(const ActCommand& command) {
  const ActionOrder& order = command.order;
  const ActionState& action = *engine_->state(order.service).action;
  ordered.push_back({now_, order.policy->name, kind_of(order.action), action.cause, action.rung,
                     order.id});
  if (journal_broken_ && !command.without_journal) {
    later(Duration{1}, [this, action_id = order.id] {
      feed(ActionWithheld{action_id, "cannot write the journal: the disk is full"});
    });
    return;
  }
  const Course course = patients_[order.policy->name].next_course();
  in_hand_.emplace(order.id, InHand{order, course});
  if (course.reported) later(course.takes, [this, action_id = order.id] { finish(action_id); });
}

void Rehearsal::finish(ActionId action) {
  const auto node = in_hand_.extract(action);
  if (node.empty()) return;
  const InHand& hand = node.mapped();
  Patient& target = patients_[hand.order.policy->name];
  target.undergo(hand.order, hand.course);
  ActionReport report{.id = action, .result = hand.course.result, .pid = {}, .evidence = "ran",
                      .generation = {}};
  const bool process = hand.order.policy->process() != nullptr;
  if (process && target.runs) report.pid = 1000 + target.generation.value();
  feed(ActionFinished{report});
}

void Rehearsal::run(Duration lasting) {
  advance_to(now_ + lasting, [] { return false; });
}

bool Rehearsal::run_until(const std::function<bool()>& so, Duration at_most) {
  if (!so()) advance_to(now_ + at_most, so);
  return so();
}

void Rehearsal::advance_to(Instant end, const std::function<bool()>& enough) {
  for (;;) {
    const Instant planned = agenda_.empty() ? never : agenda_.begin()->first;
    const Instant next = std::min(planned, wake_at_);
    if (next > end) break;
    now_ = std::max(now_, next);
    if (planned <= wake_at_) {
      const auto what = agenda_.extract(agenda_.begin());
      what.mapped()();
    } else {
      feed(Tick{});
    }
    if (enough()) return;
  }
  now_ = end;
}

void Rehearsal::reload(Policy policy) {
  policy_ = std::make_shared<const Policy>(std::move(policy));
  feed(PolicyLoaded{policy_});
}

void Rehearsal::answer(const std::string& service, Answer answer, const std::string& probe) {
  patients_[service].answer(probe, answer);
}

void Rehearsal::end(const std::string& service, ExitStatus status) {
  Patient& target = patients_[service];
  HEALD_ASSERT(target.runs);
  target.end(status);
  if (engine_) feed(ProcessExited{{id(service), target.generation, status}});
}

std::string Rehearsal::operate(Operation operation, const std::string& service,
                               Operated::Dependents dependents) {
  Operated word{.operation = operation, .service = {}, .dependents = dependents, .lasting = {},
                .by = "alice", .reason = "rehearsal"};
  if (!service.empty()) word.service = id(service);
  return std::string{feed(word).refusal};
}

void Rehearsal::mend_journal() {
  journal_broken_ = false;
  feed(JournalChanged{JournalChanged::What::works, {}});
}

void Rehearsal::crash(InFlight in_flight) {
  for (const auto& [action, hand] : in_hand_) {
    if (in_flight == InFlight::done) {
      patients_[hand.order.policy->name].undergo(hand.order, hand.course);
    }
  }
  in_hand_.clear();
  ++life_;
  agenda_.clear();
  origin_ = engine_->snapshot();
  engine_ = std::make_unique<Engine>(seed_);
  engine_->restore(*origin_);
  wake_at_ = never;
}

void Rehearsal::come_back(Restarted::Boot boot) {
  if (boot == Restarted::Boot::another) {
    for (auto& [name, each] : patients_) each.reboot();
  }
  invariants_.heald_died();
  taken.clear();
  feed(PolicyLoaded{policy_});
  feed(Restarted{boot});
  find_processes();
  feed(AdoptionFinished{});
}

}  // namespace heald::sim
