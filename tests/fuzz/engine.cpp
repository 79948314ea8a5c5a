// The engine under a driver that keeps no contract but the first: rules come first. What follows
// comes in any order, of any service, repeated, late, or never asked for. No assertion may trip,
// and what src/sim holds of every step must hold here too.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/input.hpp"
#include "fuzz/small_rules.hpp"
#include "heald/engine.hpp"
#include "journal/codec.hpp"
#include "sim/invariants.hpp"

namespace heald::fuzz {

namespace {

/// Whether an invariant holds whatever the driver tells. The others recount looks, ends and
/// verdicts, and so hold only where these tell one story, in time; this driver answers looks that
/// nobody ordered, ends children that nobody started and sleeps over deadlines. The campaign
/// (docs/campaign.md) holds those in a world that is consistent.
bool holds_in_any_world(std::string_view invariant) {
  constexpr std::array<std::string_view, 24> names{
      "durable intent", "acting", "one action at a time", "verdict before the next action",
      "one verdict", "max_concurrent", "budget", "total budget", "start_concurrency", "pause",
      "freeze", "observe", "adoption", "confirmation", "shutdown", "stop order",
      "stop takes dependents", "operator's stop", "one incident", "people told",
      "a reason for what is not done", "wake_at", "marking", "one look at a time"};
  return std::find(names.begin(), names.end(), invariant) != names.end();
}

class Driver {
 public:
  explicit Driver(std::string_view bytes) : input_(bytes) {
    load();
    if (!input_.one_in(4)) adopt();
  }

  void go_on() {
    while (!input_.empty()) one_thing();
  }

 private:
  using EventInput = decltype(Event::input);

  void feed(EventInput what) {
    // An instant before the last one counts as that.
    const Event event{input_.one_in(16) ? now_ - std::chrono::seconds{5} : now_, std::move(what)};
    if (traced_) trace(event);
    // The books go by the instants that count.
    Event heard = event;
    heard.at = std::max(event.at, engine_->daemon().now);
    invariants_.before(heard);
    const Decision& decision = engine_->step(event);
    if (traced_) trace(decision);
    invariants_.after(*engine_, decision, engine_->daemon().now);
    wake_at_ = decision.wake_at;
    for (const Command& command : decision.commands) note(command);
  }

  static void trace(const Event& event) {
    const auto seconds = std::chrono::duration<double>{event.at.time_since_epoch()};
    std::fprintf(stderr, "%.3f %s %s\n", seconds.count(), std::string{kind_of(event)}.c_str(),
                 encode(event).c_str());
  }

  void trace(const Decision& decision) const {
    for (const Record& record : decision.records) {
      const std::string name = record.service ? engine_->state(*record.service).name : "-";
      std::fprintf(stderr, "    %s: %s %s (action %llu)\n", name.c_str(),
                   std::string{to_string(record.kind)}.c_str(), record.text.c_str(),
                   static_cast<unsigned long long>(record.action.value()));
    }
    for (const Command& command : decision.commands) {
      if (std::holds_alternative<ShutdownFinished>(command)) {
        std::fprintf(stderr, "    the shutdown has finished\n");
      }
    }
  }

  void note(const Command& command) {
    constexpr std::size_t remembered = 64;
    if (const auto* look = std::get_if<ProbeCommand>(&command)) looks_.push_back(*look);
    if (const auto* act = std::get_if<ActCommand>(&command)) actions_.push_back(act->order.id);
    if (looks_.size() > remembered) looks_.erase(looks_.begin());
    if (actions_.size() > remembered) actions_.erase(actions_.begin());
  }

  void one_thing() {
    switch (input_.below(16)) {
      case 0:
      case 1: return wake();
      case 2: return pass_time();
      case 3:
      case 4:
      case 5: return observe();
      case 6:
      case 7: return finish();
      case 8: return feed(ActionWithheld{some_action(), "the disk is full"});
      case 9: return exit();
      case 10: return change_journal();
      case 11: return operate();
      case 12: return load();
      case 13: return adopt();
      case 14: return die();
      default: return seldom();
    }
  }

  void wake() {
    if (wake_at_ != never) now_ = std::max(now_, wake_at_);
    feed(Tick{});
  }

  void pass_time() {
    const auto amount = static_cast<Duration::rep>(input_.number(2));
    const bool long_one = input_.one_in(8);
    now_ += amount * (long_one ? Duration{1min} : Duration{10ms});
    if (input_.one_in(2)) feed(Tick{});
  }

  /// Mostly the answer to a look that was ordered; else to none, of anything.
  void observe() {
    Observation seen;
    if (!looks_.empty() && !input_.one_in(4)) {
      const std::size_t back = std::min(input_.below(4), looks_.size() - 1);
      const ProbeCommand& look = looks_[looks_.size() - 1 - back];
      seen.service = look.service;
      seen.probe = look.probe;
      seen.run = look.run;
    } else {
      seen.service = some_service();
      seen.probe = ProbeIndex{static_cast<std::uint32_t>(input_.below(5))};
      seen.run = ProbeRun{input_.number(1)};
    }
    seen.outcome = static_cast<Outcome>(input_.below(3));
    seen.answered = input_.one_in(2);
    seen.begun = now_ - std::chrono::seconds{input_.below(4)};
    seen.took = std::chrono::milliseconds{input_.byte()};
    if (seen.outcome != Outcome::pass) seen.evidence = "refused";
    feed(seen);
  }

  void finish() {
    ActionReport report;
    report.id = some_action();
    report.result = static_cast<ActionResult>(input_.below(5));
    if (input_.one_in(2)) report.pid = input_.byte();
    if (input_.one_in(8)) report.generation = Generation{input_.number(1)};
    feed(ActionFinished{report});
  }

  void exit() {
    ExitReport report;
    report.service = some_service();
    const bool known = report.service.value() < engine_->size();
    report.generation = known && !input_.one_in(4) ? engine_->state(report.service).generation
                                                   : Generation{input_.number(1)};
    report.status.kind = static_cast<ExitStatus::Kind>(input_.below(3));
    report.status.code = input_.one_in(3) ? 78 : static_cast<int>(input_.below(3));
    report.status.oom = input_.one_in(8);
    feed(ProcessExited{report});
  }

  void change_journal() {
    feed(JournalChanged{static_cast<JournalChanged::What>(input_.below(2)), "x"});
  }

  void operate() {
    Operated word;
    word.operation = static_cast<Operation>(input_.below(8));
    if (!input_.one_in(4)) word.service = some_service();
    word.dependents = static_cast<Operated::Dependents>(input_.below(2));
    if (input_.one_in(2)) word.lasting = std::chrono::seconds{input_.number(2)};
    word.by = "alice";
    feed(word);
  }

  void load() { feed(PolicyLoaded{std::make_shared<const Policy>(small_rules(input_))}); }

  void adopt() {
    for (std::uint32_t slot = 0; slot < engine_->size(); ++slot) {
      if (!input_.one_in(8)) find(ServiceId{slot});
    }
    feed(AdoptionFinished{});
  }

  void find(ServiceId service) {
    ProcessFound found{service, static_cast<ProcessFound::What>(input_.below(3)), {}, {}};
    found.generation = Generation{input_.below(4)};
    if (found.what == ProcessFound::What::running) found.pid = 1000;
    feed(found);
  }

  /// heald dies, and another one goes on from what was durable.
  void die() {
    Snapshot kept = engine_->snapshot();
    require(contradiction(kept).empty(), contradiction(kept));
    engine_ = std::make_unique<Engine>(1);
    engine_->restore(std::move(kept));
    invariants_.heald_died();
    if (traced_) std::fprintf(stderr, "--- heald dies\n");
    load();
    feed(Restarted{static_cast<Restarted::Boot>(input_.below(2))});
    if (!input_.one_in(4)) adopt();
  }

  void seldom() {
    switch (input_.below(4)) {
      case 0: return feed(ShutdownRequested{});
      case 1: return feed(Stalled{std::chrono::seconds{input_.byte()}});
      case 2: return find(some_service());
      default: return feed(AdoptionFinished{});
    }
  }

  ServiceId some_service() { return ServiceId{static_cast<std::uint32_t>(input_.below(6))}; }

  ActionId some_action() {
    if (actions_.empty() || input_.one_in(8)) return ActionId{input_.number(1)};
    const std::size_t back = std::min(input_.below(4), actions_.size() - 1);
    return actions_[actions_.size() - 1 - back];
  }

  Input input_;
  bool traced_ = std::getenv("HEALD_FUZZ_TRACE") != nullptr;  // tells the story of one input
  std::unique_ptr<Engine> engine_ = std::make_unique<Engine>(1);
  sim::Invariants invariants_{[](const std::string& breached) {
    const bool firm = holds_in_any_world(std::string_view{breached}.substr(0, breached.find(':')));
    require(!firm, breached);
  }};
  Instant now_{1h};
  Instant wake_at_ = never;
  std::vector<ProbeCommand> looks_;  // the latest ordered
  std::vector<ActionId> actions_;
};

}  // namespace

void run(std::string_view bytes) { Driver{bytes}.go_on(); }

}  // namespace heald::fuzz
