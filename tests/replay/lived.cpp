#include "replay/lived.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>

#include "journal/database.hpp"
#include "journal/recovery.hpp"
#include "journal/sqlite_journal.hpp"
#include "policy/load.hpp"

namespace heald::test {
namespace {

WallTime wall_now() {
  return std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
}

}  // namespace

Lived::Lived(const std::string& folder, Instant begin, std::string_view rules, Setup setup)
    : begin_(begin), now_(begin) {
  JournalOptions options;
  options.reserve = Bytes{0};
  options.life.seed = 7;
  options.life.observe = setup.observe;
  life_ = options.life;
  // Lives are told apart by the millisecond in which they began.
  for (const WallTime before = wall_now(); wall_now() == before;) continue;
  auto opened = open_journal(folder, std::move(options));
  REQUIRE(opened.has_value());
  journal_ = std::move(opened->journal);
  if (setup.recording == Recording::on) {
    auto recorder = open_recorder(folder, {setup.ring, 1U << 20U, {}});
    REQUIRE(recorder.has_value());
    recorder_ = *std::move(recorder);
  }
  began_ = wall_now();
  const auto policy = read(rules);
  const bool restored = opened->recovered.snapshot.has_value();
  if (restored) engine_.restore(*std::move(opened->recovered.snapshot));
  step(PolicyLoaded{policy});
  if (restored) step(Restarted{});
  step(AdoptionFinished{});
}

std::shared_ptr<const Policy> Lived::read(std::string_view rules) {
  const std::vector<RuleFile> files{{"heald.yaml", std::string{rules}}};
  auto loaded = parse_rule_files(files);
  REQUIRE(loaded.policy.has_value());
  revision_ = loaded.policy->revision;
  journal_->keep_rules(revision_, files);
  return std::make_shared<const Policy>(adapted(*std::move(loaded.policy), life_));
}

void Lived::reload(std::string_view rules) { step(PolicyLoaded{read(rules)}); }

void Lived::look(Outcome outcome, int times) {
  std::set<std::string> failing;
  for (std::uint32_t slot = 0; slot < engine_.size(); ++slot) {
    if (outcome == Outcome::fail) failing.insert(engine_.state(ServiceId{slot}).name);
  }
  look(failing, times);
}

void Lived::look(const std::set<std::string>& failing, int times) {
  for (int i = 0; i < times; ++i) look_once(failing);
}

void Lived::look_unrecorded(const std::set<std::string>& failing, int times) {
  recorded_ = false;
  look(failing, times);
  recorded_ = true;
}

void Lived::wait_until(Instant next) {
  while (wake_at_ < next) {
    now_ = std::max(now_, wake_at_);
    step(Tick{});
  }
  now_ = next;
}

void Lived::look_once(const std::set<std::string>& failing) {
  wait_until(now_ + std::chrono::seconds{2});
  for (std::uint32_t slot = 0; slot < engine_.size(); ++slot) {
    const ServiceId service{slot};
    if (!engine_.declared(service)) continue;
    const auto policy = engine_.policy(service);
    for (std::uint32_t probe = 0; probe < policy->probes.size(); ++probe) {
      const bool fails = failing.contains(policy->name);
      Observation seen{.service = service, .probe = ProbeIndex{probe}, .run = ProbeRun{++run_},
                       .outcome = fails ? Outcome::fail : Outcome::pass, .answered = true,
                       .begun = now_ - std::chrono::milliseconds{1},
                       .took = std::chrono::milliseconds{1}, .evidence = {}};
      if (fails) seen.evidence = "exited with status 1";
      step(seen);
      if (recorder_ && recorded_) recorder_->record(seen, now_, policy);
      now_ += std::chrono::milliseconds{1};
    }
  }
}

void Lived::operate(Operation operation, const std::string& service) {
  Operated operated;
  operated.operation = operation;
  operated.service = engine_.find(service);
  operated.by = "alice";
  step(std::move(operated));
}

void Lived::step(decltype(Event::input) input) {
  const Event event{now_, std::move(input)};
  const Decision& decision = engine_.step(event);
  wake_at_ = decision.wake_at;
  JournalEntry entry;
  entry.at = now_;
  entry.wall = began_ + std::chrono::duration_cast<WallTime::duration>(now_ - begin_);
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
