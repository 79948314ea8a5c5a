// The play of a scenario: its faults, each at its time.

#include <algorithm>

#include "heald/assert.hpp"
#include "sim/scenario.hpp"

namespace heald::sim {

Play::Play(Scenario scenario, Keep keep)
    : scenario_(std::move(scenario)),
      world_(scenario_.rules.at(0), scenario_.seed,
             [this](const std::string& breach) { note(breach); }, keep),
      beginning_(Instant{} + scenario_.settling) {
  world_.let_one_shots_end();
  plan_faults();
}
Play::~Play() = default;

void Play::note(const std::string& breach) {
  const auto at = std::chrono::floor<std::chrono::milliseconds>(world_.now().time_since_epoch());
  breaches_.push_back(breach + " (at +" + script_duration(at) + ")");
}

Play& Play::run() {
  const Duration left = beginning_ + scenario_.length - world_.now();
  return left > Duration::zero() || !begun_ ? go_on(left) : *this;
}

Play& Play::go_on(Duration lasting) {
  if (!begun_) {
    begun_ = true;
    for (std::size_t number = 0; number < scenario_.faults.size(); ++number) {
      if (begins_before_heald(scenario_.faults[number])) begin_fault(number);
    }
    world_.begin(scenario_.past);
  }
  world_.run(lasting);
  return *this;
}

/// With nothing to settle in, what is wrong with services from the first moment on is so already
/// when heald looks for the first time.
bool Play::begins_before_heald(const Fault& fault) const {
  return scenario_.settling + fault.at == Duration::zero() && hits_services(fault.kind);
}

void Play::plan_faults() {
  for (std::size_t number = 0; number < scenario_.faults.size(); ++number) {
    const Fault& fault = scenario_.faults[number];
    if (!begins_before_heald(fault)) {
      world_.plan(scenario_.settling + fault.at, [this, number] {
        if (!calm_) begin_fault(number);
      });
    }
    if (!fault.lasting || is_momentary(fault.kind)) continue;
    world_.plan(scenario_.settling + fault.at + *fault.lasting, [this, number] {
      if (!calm_) end_fault(number);
    });
  }
}

std::vector<std::string> Play::hit_by(const Fault& fault) const {
  std::vector<std::string> names;
  for (const auto& service : world_.policy().services) {
    const auto& named = fault.services;
    const bool meant = named.empty() ||
                       std::find(named.begin(), named.end(), service->name) != named.end();
    if (meant) names.push_back(service->name);
  }
  return names;
}

void Play::begin_fault(std::size_t number) {
  const Fault& fault = scenario_.faults[number];
  if (!hits_services(fault.kind)) return begin_for_heald(number);
  for (const std::string& name : hit_by(fault)) world_.suffer(name, fault, number);
}

void Play::end_fault(std::size_t number) {
  const Fault& fault = scenario_.faults[number];
  if (hits_services(fault.kind)) {
    for (const auto& [name, patient] : world_.patients()) world_.recover(name, number);
    return;
  }
  for (Hit& hit : for_heald_) {
    if (hit.fault == number) hit.over = world_.now();
  }
  const bool still_failing = std::any_of(for_heald_.begin(), for_heald_.end(), [&](const Hit& hit) {
    return hit.over == never &&
           std::holds_alternative<FailJournal>(scenario_.faults[hit.fault].kind);
  });
  if (std::holds_alternative<FailJournal>(fault.kind) && !still_failing) world_.mend_journal();
}

namespace {

/// What a fault of heald does at its time.
struct Strike {
  Rehearsal& world;
  const Fault& fault;

  /// Returns when it is over; `never`: when its time has passed.
  Instant operator()(const KillHeald& kill) const {
    if (!world.up()) return world.now();
    world.crash(kill.in_flight);
    world.plan(kill.down_for, [&to = world, boot = kill.boot] {
      if (!to.up()) to.come_back(boot);
    });
    return world.now() + kill.down_for;
  }
  Instant operator()(const FailJournal&) const {
    world.break_journal();
    if (world.up()) {
      world.feed(JournalChanged{JournalChanged::What::fails, "no space left on device"});
    }
    return never;
  }
  Instant operator()(const Stall&) const {
    const Duration lasting = fault.lasting.value_or(Duration::zero());
    world.stand_still(lasting);
    if (world.up()) world.feed(Stalled{lasting});
    return world.now();
  }
  Instant operator()(const JumpClock& jump) const {
    world.stand_still(jump.by);
    return world.now();
  }
  template <class Other>
  Instant operator()(const Other&) const {
    return world.now();
  }
};

}  // namespace

void Play::begin_for_heald(std::size_t number) {
  const Fault& fault = scenario_.faults[number];
  for_heald_.push_back(Hit{.fault = number, .service = {}, .began = world_.now(), .cured_by = {},
                           .actions = {}});
  const std::size_t place = for_heald_.size() - 1;
  if (const auto* word = std::get_if<Operate>(&fault.kind)) operate(fault, *word);
  if (const auto* reload = std::get_if<ReloadRules>(&fault.kind)) {
    if (reload->rules < scenario_.rules.size()) world_.reload(scenario_.rules[reload->rules]);
  }
  for_heald_[place].over = std::visit(Strike{world_, fault}, fault.kind);
}

void Play::operate(const Fault& fault, const Operate& word) {
  if (!world_.up()) return;
  const bool all = word.operation == Operation::freeze || word.operation == Operation::thaw ||
                   word.operation == Operation::confirm;
  if (all) {
    world_.operate(word.operation, {}, word.dependents, word.lasting);
    return;
  }
  for (const std::string& name : hit_by(fault)) {
    world_.operate(word.operation, name, word.dependents, word.lasting);
  }
}

Play& Play::end_faults() {
  calm_ = true;
  for (const auto& each : world_.patients()) world_.recover(each.first);
  if (!world_.up()) world_.come_back();
  world_.mend_journal();
  for (const auto& service : world_.policy().services) {
    world_.operate(Operation::resume, service->name);
  }
  world_.operate(Operation::thaw);
  world_.operate(Operation::confirm);
  return *this;
}

Upshot play(const Scenario& scenario) { return Play{scenario}.run().upshot(); }

}  // namespace heald::sim
