#include "sim/rehearsal.hpp"

#include <algorithm>
#include <utility>

#include "heald/assert.hpp"
#include "heald/life.hpp"

namespace heald::sim {

Rehearsal::Rehearsal(std::shared_ptr<const Policy> policy, std::uint64_t seed, Breach breach,
                     Keep keep)
    : policy_(std::move(policy)),
      seed_(seed),
      keep_(keep),
      engine_(std::make_unique<Engine>(seed)),
      invariants_(std::move(breach)),
      seen_{.at = {}, .input = Observation{}} {}
Rehearsal::~Rehearsal() = default;

Rehearsal& Rehearsal::begin(Past past) {
  const bool lost = past == Past::lost_journal;
  if (lost) {
    journal_.daemon.confirmation_wanted = true;
    origin_ = journal_;
    engine_->restore(*origin_);
    for (const auto& service : policy_->services) {
      if (service->process() == nullptr) continue;
      patients_[service->name].runs = true;
      patients_[service->name].generation = Generation{3};
    }
  }
  feed(PolicyLoaded{policy_});
  if (lost) feed(Restarted{});
  find_processes(*policy_);
  feed(AdoptionFinished{});
  return *this;
}

Rehearsal& Rehearsal::settle_in(Duration lasting) {
  begin();
  run(lasting);
  forget();
  return *this;
}

void Rehearsal::find_processes(const Policy& policy) {
  for (const auto& service : policy.services) {
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

const Decision& Rehearsal::feed(Input input) { return take(Event{now_, std::move(input)}); }

const Decision& Rehearsal::take(const Event& event) {
  HEALD_ASSERT(up_);
  invariants_.before(event);
  if (const auto* loaded = std::get_if<PolicyLoaded>(&event.input)) loaded_ = loaded->policy;
  const Decision& decision = engine_->step(event);
  invariants_.after(*engine_, decision, now_);
  wake_at_ = decision.wake_at;
  records.insert(records.end(), decision.records.begin(), decision.records.end());
  if (keep_ == Keep::everything) {
    taken.push_back({event, decision.marked, digest_of(*engine_, decision)});
  }
  write_down(decision);
  carry_out(decision);
  return decision;
}

/// Only what a decision names as changed is written, as by the journal of the daemon.
void Rehearsal::write_down(const Decision& decision) {
  if (journal_broken_) {
    unwritten_.insert(decision.changed.begin(), decision.changed.end());
    return;
  }
  for (const ServiceId service : decision.changed) write_down(service);
  if (decision.daemon_changed) journal_.daemon = engine_->daemon();
  if (decision.marked) journal_.daemon.now = engine_->daemon().now;
  written_ = loaded_;
}

void Rehearsal::write_down(ServiceId service) {
  const std::size_t place = service.value();
  if (place >= journal_.services.size()) journal_.services.resize(place + 1);
  journal_.services[place] = engine_->state(service);
}

void Rehearsal::carry_out(const Decision& decision) {
  for (const Command& command : decision.commands) {
    if (const auto* probe = std::get_if<ProbeCommand>(&command)) look(*probe);
    if (const auto* act_now = std::get_if<ActCommand>(&command)) act(*act_now);
    if (const auto* tell = std::get_if<TellCommand>(&command)) told.push_back({*tell, now_});
    if (const auto* end = std::get_if<ShutdownFinished>(&command)) shut_down = *end;
  }
}

void Rehearsal::later(Duration delay, std::function<void()> what) {
  agenda_.plan(now_ + delay, life_, std::move(what));
}

void Rehearsal::plan(Duration delay, std::function<void()> what) {
  agenda_.plan(now_ + delay, 0, std::move(what));
}

Patient& Rehearsal::patient_of(ServiceId service, const ServicePolicy& policy) {
  const std::size_t place = service.value();
  if (place >= by_id_.size()) by_id_.resize(place + 1, nullptr);
  if (by_id_[place] == nullptr) by_id_[place] = &patients_[policy.name];
  return *by_id_[place];
}

void Rehearsal::look(const ProbeCommand& command) {
  if (keep_ == Keep::everything) looked.push_back(command.service);
  const ServicePolicy& policy = *engine_->policy(command.service);
  const ProbePolicy& probe = policy.probes[command.probe.value()];
  const Patient& target = patient_of(command.service, policy);
  PlannedLook look{command.service, command.probe, command.run, now_, target.meet(probe, now_)};
  const bool gone = policy.process() != nullptr && !target.runs;
  if (gone && look.meeting.answer == Answer::pass) look.meeting.answer = Answer::fail;
  agenda_.plan(now_ + look.meeting.takes, life_, look);
}

void Rehearsal::see(const PlannedLook& look) {
  const Answer answer = look.meeting.answer;
  auto& seen = std::get<Observation>(seen_.input);
  seen_.at = now_;
  seen.service = look.service;
  seen.probe = look.probe;
  seen.run = look.run;
  seen.begun = look.begun;
  seen.took = look.meeting.takes;
  seen.answered = answer != Answer::silent;
  seen.outcome = Outcome::fail;
  seen.evidence.clear();
  switch (answer) {
    case Answer::pass: seen.outcome = Outcome::pass; break;
    case Answer::fail: seen.evidence = look.meeting.evidence; break;
    case Answer::silent: seen.evidence = "timed out"; break;
    case Answer::unknown:
      seen.outcome = Outcome::unknown;
      seen.evidence = "cannot look: no descriptors";
      break;
  }
  take(seen_);
}

void Rehearsal::run(Duration lasting) {
  advance_to(now_ + lasting, {});
}

bool Rehearsal::run_until(const std::function<bool()>& so, Duration at_most) {
  if (!so()) advance_to(now_ + at_most, so);
  return so();
}

void Rehearsal::advance_to(Instant end, const std::function<bool()>& enough) {
  for (;;) {
    const Instant planned = agenda_.next();
    const Instant next = std::min(planned, wake_at_);
    if (next > end) break;
    now_ = std::max(now_, next);
    if (planned <= wake_at_) {
      turn(agenda_.take());
    } else {
      feed(Tick{});
    }
    if (enough && enough()) return;
  }
  now_ = std::max(now_, end);
}

void Rehearsal::turn(Agenda::Item item) {
  if (item.life != 0 && item.life != life_) return;
  if (const auto* look = std::get_if<PlannedLook>(&item.what)) {
    see(*look);
  } else {
    std::get<std::function<void()>>(item.what)();
  }
}

void Rehearsal::reload(std::shared_ptr<const Policy> policy) {
  policy_ = std::move(policy);
  now_ += 1ns;  // no look begins at the very instant: a replay could not tell which came first
  if (up_) feed(PolicyLoaded{policy_});
}

void Rehearsal::answer(const std::string& service, Answer answer, const std::string& probe) {
  patients_[service].answer(probe, answer);
}

std::string Rehearsal::operate(Operation operation, const std::string& service,
                               Operated::Dependents dependents, std::optional<Duration> lasting) {
  Operated word{.operation = operation, .service = {}, .dependents = dependents,
                .lasting = lasting, .by = "alice", .reason = "rehearsal"};
  if (!service.empty()) word.service = id(service);
  return std::string{feed(word).refusal};
}

void Rehearsal::break_journal() {
  journal_broken_ = true;
  if (up_) invariants_.journal_fails();
}

void Rehearsal::mend_journal() {
  journal_broken_ = false;
  invariants_.journal_works();
  if (!up_) return;
  for (const ServiceId service : unwritten_) write_down(service);
  unwritten_.clear();
  journal_.daemon = engine_->daemon();
  written_ = loaded_;
  feed(JournalChanged{JournalChanged::What::works, {}});
}

void Rehearsal::crash(InFlight in_flight) {
  if (in_flight == InFlight::done) {
    for (const auto& in_hand : in_hand_) undergo(in_hand.second);
  }
  in_hand_.clear();
  if (in_flight == InFlight::unwritten) restart_unwritten();
  if (!journal_broken_) invariants_.check_written(*engine_, journal_);
  unwritten_.clear();
  ++life_;
  up_ = false;
  invariants_.heald_died();
  if (keep_ == Keep::everything) past_.push_back({std::move(origin_), std::move(taken)});
  taken.clear();
  origin_ = journal_;
  engine_ = std::make_unique<Engine>(seed_);
  engine_->restore(*origin_);
  by_id_.clear();  // ids that were given after what is durable will be given again, to others
  wake_at_ = never;
}

void Rehearsal::come_back(Restarted::Boot boot) {
  if (boot == Restarted::Boot::another) {
    for (auto& [name, each] : patients_) each.reboot(now_);
  }
  up_ = true;
  if (journal_broken_) invariants_.journal_fails();
  const auto first = rules_to_begin_with();
  feed(PolicyLoaded{first});
  feed(Restarted{boot});
  find_processes(*first);
  if (first != policy_) feed(PolicyLoaded{policy_});
  feed(AdoptionFinished{});
}

/// As the daemon does: what changed while it was away is taken up as by any reload.
std::shared_ptr<const Policy> Rehearsal::rules_to_begin_with() const {
  auto before = written_ ? written_ : policy_;
  std::vector<std::string> left_over;
  for (const auto& [name, patient] : patients_) {
    if (patient.runs) left_over.push_back(name);
  }
  Policy more = with_left_over(*before, left_over);
  if (more.revision == before->revision) return before;
  return std::make_shared<const Policy>(std::move(more));
}

}  // namespace heald::sim
