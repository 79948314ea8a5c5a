// An engine that goes on from whatever a journal could be read as. The input: the daemon's state
// and then those of services, as JSON, each after a line `===`. What decodes is a snapshot, and the
// engine must take it unless it contradicts itself, get through start-up and live on.

#include <memory>
#include <utility>

#include "fuzz/input.hpp"
#include "fuzz/small_rules.hpp"
#include "heald/engine.hpp"
#include "journal/codec.hpp"

namespace heald::fuzz {

namespace {

void start_up(Engine& engine, Instant now, Input& rules) {
  const auto policy = std::make_shared<const Policy>(small_rules(rules));
  engine.step({now, PolicyLoaded{policy}});
  engine.step({now, Restarted{static_cast<Restarted::Boot>(rules.below(2))}});
  for (std::uint32_t slot = 0; slot < engine.size(); ++slot) {
    ProcessFound found{ServiceId{slot}, static_cast<ProcessFound::What>(rules.below(3)), {}, {}};
    found.generation = Generation{rules.below(4)};
    engine.step({now, std::move(found)});
  }
}

/// Every action is carried out, every look fails or passes.
void live_on(Engine& engine, Instant now, Outcome outcome) {
  constexpr int most_turns = 30;
  const auto* decision = &engine.step({now, AdoptionFinished{}});
  for (int turn = 0; turn < most_turns && decision->wake_at != never; ++turn) {
    require(decision->wake_at > now, "wake_at is ahead");
    now = decision->wake_at;
    const Decision& woken = engine.step({now, Tick{}});
    const std::vector<Command> commands{woken.commands.begin(), woken.commands.end()};
    decision = &woken;
    for (const Command& command : commands) {
      if (const auto* look = std::get_if<ProbeCommand>(&command)) {
        Observation seen{look->service, look->probe, look->run, outcome, true, now, {}, "seen"};
        decision = &engine.step({now, std::move(seen)});
      }
      if (const auto* act = std::get_if<ActCommand>(&command)) {
        ActionReport report{act->order.id, ActionResult::done, 1000, {}, {}};
        decision = &engine.step({now, ActionFinished{std::move(report)}});
      }
    }
  }
}

}  // namespace

void run(std::string_view bytes) {
  Input input{bytes};
  Input rules{input.section()};
  auto daemon = decode_daemon(input.section());
  if (!daemon) return;
  Snapshot snapshot{std::move(*daemon), {}};
  while (!input.empty()) {
    auto service = decode_service(input.section());
    if (!service) return;
    snapshot.services.push_back(std::move(*service));
  }
  if (!contradiction(snapshot).empty()) return;
  const Instant now = snapshot.daemon.now;
  Engine engine{1};
  engine.restore(std::move(snapshot));
  start_up(engine, now, rules);
  live_on(engine, now, static_cast<Outcome>(rules.below(3)));
}

}  // namespace heald::fuzz
