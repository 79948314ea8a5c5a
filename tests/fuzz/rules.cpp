// One rule file in memory, YAML or JSON. What is accepted must also be usable: every probe can be
// prepared, and the engine takes the policy and lives with it for a while.

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "fuzz/input.hpp"
#include "heald/engine.hpp"
#include "net/http_request.hpp"
#include "policy/load.hpp"
#include "probe/look.hpp"

namespace heald::fuzz {

namespace {

void check_problems(const Loaded& loaded) {
  require(loaded.policy.has_value() == loaded.problems.empty(), "a policy, or problems");
  const Problem* before = nullptr;
  for (const Problem& problem : loaded.problems) {
    require(!problem.message.empty(), "a problem says what is wrong");
    require(problem.message.find('\n') == std::string::npos, "a problem is one line");
    // The last one may be of the whole file: that there are more.
    const bool in_order = before == nullptr || problem.line == 0 ||
                          std::pair{before->line, before->column} <=
                              std::pair{problem.line, problem.column};
    require(in_order, "problems are in the order of the text");
    before = &problem;
  }
}

void check_probes(const Policy& policy) {
  for (const auto& service : policy.services) {
    for (const ProbePolicy& probe : service->probes) {
      const bool by_itself = std::holds_alternative<NotifyProbe>(probe.kind) ||
                             std::holds_alternative<WatchdogProbe>(probe.kind);
      if (by_itself) continue;  // of what it says nothing is prepared
      const PreparedLook prepared = prepare_look(probe);
      require(prepared.has_value(), "a probe that was accepted can be carried out: " +
                                        (prepared ? std::string{} : prepared.error().message));
    }
    for (const RungPolicy& rung : service->remediation) {
      const auto* http = std::get_if<HttpAction>(&rung.action);
      require(http == nullptr || prepare_request(http->request).has_value(),
              "an HTTP action that was accepted can be sent");
    }
  }
}

/// Nothing ever answers: everything that has a deadline comes to it.
void live_with(Policy policy) {
  Engine engine{1};
  Instant now{};
  const auto* decision = &engine.step({now, PolicyLoaded{std::make_shared<Policy>(policy)}});
  for (std::uint32_t slot = 0; slot < engine.size(); ++slot) {
    engine.step({now, ProcessFound{ServiceId{slot}, ProcessFound::What::none, {}, {}}});
  }
  decision = &engine.step({now, AdoptionFinished{}});
  constexpr int most_ticks = 20;
  for (int tick = 0; tick < most_ticks && decision->wake_at != never; ++tick) {
    require(decision->wake_at > now, "wake_at is ahead");
    now = decision->wake_at;
    decision = &engine.step({now, Tick{}});
  }
}

}  // namespace

void run(std::string_view bytes) {
  const Loaded loaded = parse_rules(bytes, "fuzz.yaml");
  check_problems(loaded);
  if (!loaded.policy) return;
  check_probes(*loaded.policy);
  require(parse_rules(bytes, "again.yaml").policy->revision == loaded.policy->revision,
          "equal text, equal revision");
  constexpr std::size_t most_services = 64;
  if (loaded.policy->services.size() <= most_services) live_with(*loaded.policy);
}

}  // namespace heald::fuzz
