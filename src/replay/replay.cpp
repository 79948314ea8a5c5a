#include "replay/replay.hpp"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

#include "replay/rules_book.hpp"
#include "replay/wording.hpp"

namespace heald {

std::uint64_t Replayed::decisions() const {
  return std::accumulate(lives.begin(), lives.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& life) { return sum + life.decisions; });
}

bool Replayed::whole() const {
  return std::all_of(lives.begin(), lives.end(),
                     [](const auto& life) { return life.not_replayed.empty(); });
}

namespace {

class Replayer {
 public:
  Replayer(EventLog& log, const Watch& watch) : log_(log), watch_(watch), book_(log) {}

  [[nodiscard]] Result<Replayed> run();

 private:
  [[nodiscard]] Result<void> take(const LoggedEvent& logged);
  [[nodiscard]] Result<void> redecide(const LoggedEvent& logged, Event& event);
  [[nodiscard]] Result<void> begin_life(const LoggedEvent& first);
  [[nodiscard]] Result<std::optional<Snapshot>> beginning(const LifeRow& row,
                                                          const LoggedEvent& first);
  void give_up(std::string why);
  void step(const LoggedEvent& logged, const Event& event);
  [[nodiscard]] bool orders_are_intended(const LoggedEvent& logged, const Decision& decision);
  void remember(const Decision& decision);
  void differ(const LoggedEvent& logged, Mismatch mismatch);
  [[nodiscard]] Result<void> compare_end();
  [[nodiscard]] const GapRow* gap_before(const LoggedEvent& logged) const;
  [[nodiscard]] const LifeRow* row_of(std::uint64_t start) const;
  [[nodiscard]] const ServicePolicy* policy_of(const Event& event) const;

  EventLog& log_;
  const Watch& watch_;
  RulesBook book_;
  Replayed result_;
  std::optional<Life> life_;         ///< of the life that is replayed
  std::unique_ptr<Engine> engine_;   ///< null: this life is not replayed (any more)
  std::optional<Snapshot> durable_;  ///< what the journal should hold by now; empty: not known
  std::uint64_t last_seq_ = 0;
  WallTime last_wall_{};
  Instant last_at_{};
};

Result<Replayed> Replayer::run() {
  for (;;) {
    auto logged = log_.next();
    if (!logged) return logged.error();
    if (!*logged) break;
    if (const auto taken = take(**logged); !taken) return taken.error();
    if (result_.difference && !watch_) break;
  }
  if (const auto compared = compare_end(); !compared) return compared.error();
  return std::move(result_);
}

Result<void> Replayer::take(const LoggedEvent& logged) {
  if (result_.lives.empty() || result_.lives.back().start != logged.start) {
    if (const auto begun = begin_life(logged); !begun) return begun.error();
  }
  const std::uint64_t before = std::exchange(last_seq_, logged.row.seq);
  result_.lives.back().last_event = last_seq_;
  if (before != 0 && before + 1 != last_seq_ && !result_.difference) {
    differ(logged, {{}, "what came before", "event " + std::to_string(last_seq_ - 1),
                    "event " + std::to_string(before)});
  }
  last_wall_ = logged.row.wall;
  last_at_ = std::max(last_at_, logged.row.event.at);
  if (const GapRow* gap = gap_before(logged); engine_ && gap != nullptr) {
    give_up(std::to_string(gap->events) + " events after event " + std::to_string(gap->after) +
            " were given up while the journal could not be written");
  }
  Event event = logged.row.event;
  if (engine_ && !result_.difference) {
    if (const auto stepped = redecide(logged, event); !stepped) return stepped.error();
  }
  if (watch_) watch_({logged, event, result_.difference ? nullptr : engine_.get()});
  return {};
}

Result<void> Replayer::redecide(const LoggedEvent& logged, Event& event) {
  if (auto* loaded = std::get_if<PolicyLoaded>(&event.input)) {
    auto rules = book_.find(loaded->policy->revision, *life_);
    if (!rules) {
      give_up(rules.error().message);
      return {};
    }
    loaded->policy = *std::move(rules);
  }
  step(logged, event);
  return {};
}

const GapRow* Replayer::gap_before(const LoggedEvent& logged) const {
  for (const GapRow& gap : log_.gaps()) {
    if (gap.start == logged.start && gap.after < logged.row.seq) return &gap;
  }
  return nullptr;
}

const LifeRow* Replayer::row_of(std::uint64_t start) const {
  const auto& lives = log_.lives();
  const auto found = std::find_if(lives.begin(), lives.end(),
                                  [&](const LifeRow& row) { return row.start == start; });
  return found == lives.end() ? nullptr : &*found;
}

void Replayer::give_up(std::string why) {
  result_.lives.back().not_replayed = std::move(why);
  engine_.reset();
  durable_.reset();
}

Result<void> Replayer::begin_life(const LoggedEvent& first) {
  if (!result_.lives.empty()) {
    const bool lost = std::any_of(log_.gaps().begin(), log_.gaps().end(), [&](const GapRow& gap) {
      return gap.start == result_.lives.back().start;
    });
    if (lost) durable_.reset();
  }
  LifeReplayed& life = result_.lives.emplace_back();
  life.start = first.start;
  life.first_event = life.last_event = first.row.seq;
  life_.reset();
  engine_.reset();
  const LifeRow* row = row_of(first.start);
  if (row != nullptr) life.started = row->started;
  if (result_.difference) return {};
  if (row == nullptr || !row->life) {
    give_up("the heald that lived it kept neither its seed nor the text of its rules");
    return {};
  }
  life_ = row->life;
  if (life_->engine != engine_revision) {
    give_up("it was decided by revision " + std::to_string(life_->engine) +
            " of the engine, and this is revision " + std::to_string(engine_revision));
    return {};
  }
  auto begun = beginning(*row, first);
  if (!begun) return begun.error();
  if (!life.not_replayed.empty() || result_.difference) return {};
  engine_ = std::make_unique<Engine>(life_->seed);
  durable_ = begun->value_or(Snapshot{});
  if (*begun) engine_->restore(**std::move(begun));
  return {};
}

/// What this life began with; empty: nothing. Where it cannot be told, the life is given up.
Result<std::optional<Snapshot>> Replayer::beginning(const LifeRow& row, const LoggedEvent& first) {
  const bool kept = row.snapshot_after && *row.snapshot_after + 1 == first.row.seq;
  const bool follows = durable_ && last_seq_ + 1 == first.row.seq;
  if (kept) {
    auto snapshot = log_.snapshot(row.start);
    if (!snapshot) return snapshot.error();
    if (follows) {
      durable_->daemon.now = snapshot->daemon.now;
      if (auto found = compare(*snapshot, *durable_)) differ(first, *std::move(found));
    }
    return std::optional{*std::move(snapshot)};
  }
  if (follows) {
    durable_->daemon.now = last_at_;
    return std::exchange(durable_, std::nullopt);
  }
  if (first.row.seq != 1) {
    give_up("its beginning was forgotten, or follows what was, and no copy of the state that it "
            "began with is kept");
    return std::optional<Snapshot>{};
  }
  if (!row.life->journal_lost) return std::optional<Snapshot>{};
  Snapshot lost;
  lost.daemon.confirmation_wanted = true;
  return std::optional{std::move(lost)};
}

void Replayer::step(const LoggedEvent& logged, const Event& event) {
  const Decision& decision = engine_->step(event);
  if (auto found = compare(logged.records, decision.records)) {
    if (found->service.empty()) found->service = logged.row.service_name;
    return differ(logged, *std::move(found));
  }
  if (!decision.marked) {
    return differ(logged, {logged.row.service_name, "the event", "changed a decision",
                           "changed none"});
  }
  if (!orders_are_intended(logged, decision)) return;
  remember(decision);
  ++result_.lives.back().decisions;
}

/// Each order has the intent in the journal that it waited for, and each intent its order; but for
/// one whose process is found.
bool Replayer::orders_are_intended(const LoggedEvent& logged, const Decision& decision) {
  std::vector<ActionId> ordered, intended;
  for (const Command& command : decision.commands) {
    if (const auto* act = std::get_if<ActCommand>(&command)) ordered.push_back(act->order.id);
  }
  for (const RecordRow& row : logged.records) {
    if (row.record.kind == RecordKind::action_intended) intended.push_back(row.record.action);
  }
  const bool found = std::holds_alternative<ProcessFound>(logged.row.event.input);
  if (ordered == intended || (found && ordered.empty())) return true;
  differ(logged, {logged.row.service_name, "orders", std::to_string(intended.size()),
                  std::to_string(ordered.size())});
  return false;
}

void Replayer::remember(const Decision& decision) {
  for (const ServiceId service : decision.changed) {
    auto& states = durable_->services;
    if (service.value() >= states.size()) states.resize(service.value() + 1);
    states[service.value()] = engine_->state(service);
  }
  if (decision.daemon_changed) durable_->daemon = engine_->daemon();
}

const ServicePolicy* Replayer::policy_of(const Event& event) const {
  const auto* seen = std::get_if<Observation>(&event.input);
  if (seen == nullptr || !engine_ || seen->service.value() >= engine_->size()) return nullptr;
  return engine_->policy(seen->service).get();
}

void Replayer::differ(const LoggedEvent& logged, Mismatch mismatch) {
  const Event& event = logged.row.event;
  result_.difference = Difference{logged.row.seq, logged.row.wall,
                                  describe(event, policy_of(event)), std::move(mismatch)};
}

/// The states that the journal holds now are those of its last event, unless something was given
/// up after it.
Result<void> Replayer::compare_end() {
  if (!engine_ || result_.difference) return {};
  const auto& gaps = log_.gaps();
  const bool lost = std::any_of(gaps.begin(), gaps.end(),
                                [&](const GapRow& gap) { return gap.after >= last_seq_; });
  if (lost) {
    give_up("what came after event " + std::to_string(last_seq_) +
            " was given up while the journal could not be written");
    return {};
  }
  auto newest = log_.newest();
  if (!newest) return newest.error();
  if (auto found = compare(*newest, *durable_)) {
    result_.difference = Difference{last_seq_, last_wall_, "the last event", *std::move(found)};
  }
  return {};
}

}  // namespace

Result<Replayed> replay(EventLog& log, const Watch& watch) { return Replayer{log, watch}.run(); }

}  // namespace heald
