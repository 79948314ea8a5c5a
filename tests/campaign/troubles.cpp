#include "troubles.hpp"

#include <algorithm>

namespace heald::campaign {
namespace {

using namespace sim;

ExitStatus random_exit(Chance& chance) {
  switch (chance.below(5)) {
    case 0: return exit_with(0);
    case 1: return exit_with(78);
    case 2: return {.kind = ExitStatus::Kind::signaled, .code = 9, .oom = true};
    case 3: return killed_by(11);
    default: return exit_with(1);
  }
}

/// None of them: nothing cures it.
std::vector<ActionKind> some_kinds(Chance& chance) {
  std::vector<ActionKind> kinds;
  for (std::size_t kind = 0; kind < 9; ++kind) {
    if (chance.one_in(4)) kinds.push_back(static_cast<ActionKind>(kind));
  }
  return kinds;
}

/// Whose course goes otherwise; none named is every kind.
std::vector<ActionKind> random_kinds(Chance& chance) {
  return chance.one_in(3) ? std::vector<ActionKind>{} : some_kinds(chance);
}

std::string random_probe_name(Chance& chance) {
  return chance.of<const char*>({"", "", "answers", "queue"});
}

FaultKind random_operation(Chance& chance) {
  Operate made;
  made.operation = static_cast<Operation>(chance.below(8));
  if (chance.one_in(2)) made.dependents = Operated::Dependents::include;
  if (chance.one_in(2)) made.lasting = chance.up_to(30min);
  return made;
}

/// What is wrong with services.
FaultKind random_ailment(Chance& chance) {
  switch (chance.below(11)) {
    case 0:
    case 1: return Crash{random_exit(chance), chance.of<Duration>({100ms, 1s, 20s, 5min})};
    case 2: return Hang{random_probe_name(chance)};
    case 3: return AnswerBadly{random_probe_name(chance)};
    case 4:
      return Flap{1s + chance.up_to(1min), 1s + chance.up_to(1min), random_probe_name(chance)};
    case 5: return SlowDown{chance.up_to(5s), random_probe_name(chance)};
    case 6: return Leak{chance.up_to(10min), static_cast<Leak::Then>(chance.below(3))};
    case 7: return FailToStart{};
    case 8: return NeedDependencies{};
    case 9: return StartSlowly{chance.up_to(2min)};
    default: return AnswerBadly{};
  }
}

/// What an ailment is met under.
FaultKind random_circumstance(Chance& chance, std::size_t variants) {
  switch (chance.below(14)) {
    case 0:
    case 1:
      return ActionsGo{static_cast<ActionsGo::How>(chance.below(6)), random_kinds(chance),
                       chance.up_to(1min)};
    case 2:
    case 3:
    case 4:
      return ProbesGo{static_cast<ProbesGo::How>(chance.below(5)), random_probe_name(chance),
                      chance.up_to(10s)};
    case 5:
    case 6:
      return KillHeald{chance.up_to(20s), static_cast<KillHeald::InFlight>(chance.below(3)),
                       chance.one_in(4) ? Restarted::Boot::another : Restarted::Boot::same};
    case 7: return FailJournal{};
    case 8: return Stall{};
    case 9: return JumpClock{chance.up_to(2h)};
    case 10:
    case 11: return ReloadRules{chance.below(variants)};
    default: return random_operation(chance);
  }
}

Duration random_lasting(Chance& chance) {
  switch (chance.below(4)) {
    case 0: return chance.up_to(5s);
    case 1: return chance.up_to(1min);
    case 2: return chance.up_to(10min);
    default: return chance.up_to(40min);
  }
}

Fault random_fault(Chance& chance, const Scenario& scenario) {
  Fault made;
  made.at = chance.up_to(scenario.length);
  made.kind = chance.one_in(2) ? random_ailment(chance)
                               : random_circumstance(chance, scenario.rules.size());
  const auto& services = scenario.rules.front()->services;
  const bool together = std::holds_alternative<ProbesGo>(made.kind) && chance.one_in(3);
  if (!together && !chance.one_in(6)) {
    const std::size_t most = chance.one_in(3) ? services.size() : 1;
    for (std::size_t count = 0; count < most; ++count) {
      made.services.push_back(services[chance.below(services.size())]->name);
    }
  }
  const bool heald = !hits_services(made.kind);
  if (heald || !is_ailment(made.kind) || chance.one_in(2)) made.lasting = random_lasting(chance);
  if (std::holds_alternative<Stall>(made.kind)) made.lasting = chance.up_to(2min);
  if (is_ailment(made.kind) && chance.one_in(3)) made.cured_by = Cure{some_kinds(chance), {}};
  return made;
}

}  // namespace

Scenario random_scenario(std::uint64_t seed, Rules rules) {
  Chance chance{seed * 2 + 1};
  Scenario made;
  made.seed = seed;
  made.rules.push_back(std::move(rules));
  const std::size_t variants = chance.below(4);
  while (made.rules.size() <= variants) {
    const Rules& before = made.rules[chance.below(made.rules.size())];
    Policy changed = *changed_rules(chance, *before);
    changed.revision += "#" + std::to_string(made.rules.size());  // two changes may be of one name
    made.rules.push_back(std::make_shared<const Policy>(std::move(changed)));
  }
  made.settling = chance.one_in(4) ? 0s : 2min;
  if (chance.one_in(10)) made.past = Past::lost_journal;
  made.length = chance.of<Duration>({10min, 30min, 1h, 1h, 3h});
  const std::size_t faults = 1 + chance.below(chance.one_in(3) ? 40 : 12);
  while (made.faults.size() < faults) made.faults.push_back(random_fault(chance, made));
  // Much goes wrong within a moment of something else: there lie the races.
  for (std::size_t place = 1; place < made.faults.size(); ++place) {
    if (!chance.one_in(3)) continue;
    made.faults[place].at = std::min(made.length, made.faults[place - 1].at + chance.up_to(30s));
  }
  std::stable_sort(made.faults.begin(), made.faults.end(),
                   [](const Fault& a, const Fault& b) { return a.at < b.at; });
  return made;
}

Scenario random_scenario(std::uint64_t seed) {
  Chance chance{seed * 2};
  return random_scenario(seed, random_rules(chance));
}

}  // namespace heald::campaign
