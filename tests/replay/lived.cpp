#include "replay/lived.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string_view>

#include "journal/database.hpp"
#include "journal/recovery.hpp"
#include "policy/load.hpp"

namespace heald::test {
namespace {

constexpr std::string_view rules = R"(
services:
  web:
    external: {restart: ["true"]}
    probes:
      answers: {exec: ["true"], interval: 2s, timeout: 1s, failure_threshold: 3}
    remediation: [{restart: {}, attempts: 2, verify: {within: 10s, stable_for: 2s}}]
)";

}  // namespace

Lived::Lived(const std::string& folder, Instant begin) : now_(begin) {
  const std::vector<RuleFile> files{{"heald.yaml", std::string{rules}}};
  const auto policy = std::make_shared<const Policy>(*parse_rule_files(files).policy);
  revision_ = policy->revision;
  JournalOptions options;
  options.reserve = Bytes{0};
  options.life.seed = 7;
  auto opened = open_journal(folder, std::move(options));
  REQUIRE(opened.has_value());
  journal_ = std::move(opened->journal);
  journal_->keep_rules(revision_, files);
  const bool restored = opened->recovered.snapshot.has_value();
  if (restored) engine_.restore(*std::move(opened->recovered.snapshot));
  step(PolicyLoaded{policy});
  if (restored) step(Restarted{});
  step(AdoptionFinished{});
}

void Lived::look(Outcome outcome, int times) {
  for (int i = 0; i < times; ++i) {
    const Instant next = now_ + 2s;
    while (wake_at_ < next) {
      now_ = std::max(now_, wake_at_);
      step(Tick{});
    }
    now_ = next;
    Observation seen{.service = {}, .probe = {}, .run = ProbeRun{++run_}, .outcome = outcome,
                     .answered = true, .begun = now_ - 1ms, .took = 1ms, .evidence = {}};
    if (outcome == Outcome::fail) seen.evidence = "exited with status 1";
    step(seen);
  }
}

void Lived::step(decltype(Event::input) input) {
  const Event event{now_, std::move(input)};
  const Decision& decision = engine_.step(event);
  wake_at_ = decision.wake_at;
  JournalEntry entry;
  entry.at = now_;
  entry.wall = WallTime{} + std::chrono::duration_cast<WallTime::duration>(
                                now_.time_since_epoch());
  entry.rules_revision = revision_;
  entry.records.assign(decision.records.begin(), decision.records.end());
  for (const ServiceId id : decision.changed) entry.changed.emplace_back(id, engine_.state(id));
  if (decision.daemon_changed) entry.daemon = engine_.daemon();
  std::vector<ActionId> acts;
  for (const Command& command : decision.commands) {
    if (const auto* act = std::get_if<ActCommand>(&command)) acts.push_back(act->order.id);
  }
  if (decision.marked) {
    entry.event = event;
    journal_->append(std::move(entry), {});
  }
  for (const ActionId id : acts) {
    step(ActionFinished{{.id = id, .result = ActionResult::done, .pid = {}, .evidence = "ran",
                         .generation = {}}});
  }
}

void live_twice(const std::string& folder) {
  Instant end{100s};
  {
    Lived first{folder, end};
    first.look(Outcome::pass, 3);
    first.look(Outcome::fail, 3);
    first.look(Outcome::pass, 10);
    end = first.now();
  }
  Lived second{folder, end + 5s};
  second.look(Outcome::pass, 2);
  second.look(Outcome::fail, 3);
  second.look(Outcome::pass, 10);
}

void live_over_a_restart(const std::string& folder) {
  Instant end{100s};
  {
    Lived first{folder, end};
    first.look(Outcome::pass, 3);
    first.look(Outcome::fail, 4);
    end = first.now();
  }
  Lived second{folder, end + 5s};
  second.look(Outcome::fail, 5);
  second.look(Outcome::pass, 10);
}

void live_unhealed(const std::string& folder) {
  Lived life{folder, Instant{100s}};
  life.look(Outcome::pass, 3);
  life.look(Outcome::fail, 40);
}

void change(const std::string& folder, const std::string& sql) {
  Database database{journal_path(folder), Database::Access::write};
  database.run("PRAGMA foreign_keys = ON");
  database.run(sql);
}

}  // namespace heald::test
