#include "replay/backtest.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "replay/candidate.hpp"
#include "replay/fit.hpp"
#include "replay/looks.hpp"
#include "replay/replay.hpp"
#include "replay/trial.hpp"
#include "replay/wording.hpp"

namespace heald {
namespace {

std::string count_of(std::uint64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

/// A look by its names.
struct Named {
  std::string service, probe;
  Instant at{};
  Observation seen;
};

bool same_look(const Named& left, const Named& right) {
  return left.at == right.at && left.service == right.service && left.probe == right.probe &&
         left.seen.begun == right.seen.begun;
}

bool looks_at_all(const Policy& policy) {
  return std::any_of(policy.services.begin(), policy.services.end(),
                     [](const auto& service) { return !service->probes.empty(); });
}

Named named(const Recorded& recorded) {
  return {recorded.service, recorded.probe, recorded.at, recorded.observation};
}

/// A probe whose recorded looks apply to the new rules.
struct Asked {
  Duration here{}, then{};       ///< the intervals
  std::optional<Instant> used;    ///< when the latest look began that was used
  std::optional<Instant> latest;  ///< … or not
};
using AskedProbes = std::map<std::pair<std::string, std::string>, Asked>;

/// Services have other numbers under the new rules, and so have actions. False: what came in is
/// none of theirs.
struct Translation {
  const Engine& then;
  const Candidate& here;
  const Trial& trial;

  [[nodiscard]] bool translate(ServiceId& service) const {
    if (service.value() >= then.size()) return false;
    const auto found = here.find(then.state(service).name);
    if (found) service = *found;
    return found.has_value();
  }
  [[nodiscard]] bool translate(ActionId& action) const {
    const auto found = trial.here_of(action);
    if (found) action = *found;
    return found.has_value();
  }
  bool operator()(ProcessFound& found) const { return translate(found.service); }
  bool operator()(ProcessExited& exited) const { return translate(exited.report.service); }
  bool operator()(ActionFinished& finished) const { return translate(finished.report.id); }
  bool operator()(ActionWithheld& withheld) const { return translate(withheld.action); }
  bool operator()(Operated& operated) const {
    return !operated.service || translate(*operated.service);
  }
  template <class Input>
  bool operator()(Input&) const {
    return true;  // it is about no single service
  }
};

/// Leads the new rules through the journal and the recording. Until the recording begins, the
/// rules of then decide; from there on the new ones do.
class Backtester {
 public:
  Backtester(EventLog& log, Recording recording, const std::shared_ptr<const Policy>& rules)
      : log_(log), looks_(std::move(recording), log.lives()), rules_(rules), trial_(rules) {
    if (looks_.next() != nullptr) first_life_ = looks_.next()->start;
  }

  [[nodiscard]] Result<Backtest> run();

 private:
  void hear(const Redecided& each);
  void begin_life(const Redecided& each);
  void end_life();
  void begin_judging(Instant at);
  void load(Instant at);
  void take_looks(Instant until);
  void pop();
  void look(const Named& look);
  void ask(const Fitted& fitted);
  [[nodiscard]] static bool is_ordered(Asked& asked, Instant begun);
  void feed(const Redecided& each);
  void step(const Redecided& each);
  void note_processes(const Redecided& each);
  void pass(Instant at);
  [[nodiscard]] static std::optional<Named> journaled_look(const Redecided& each);

  EventLog& log_;
  Looks looks_;
  std::shared_ptr<const Policy> rules_;
  Trial trial_;
  std::unique_ptr<Candidate> candidate_;
  std::uint64_t life_ = 0, first_life_ = 0;
  Life lived_;
  std::shared_ptr<const Policy> then_;
  bool judging_ = false, over_ = false;
  std::uint64_t looks_in_life_ = 0;
  WallTime life_began_{}, from_{}, to_{};
  AskedProbes asked_;
  std::vector<Named> just_journaled_;  ///< of the latest instant
};

Result<Backtest> Backtester::run() {
  auto replayed = replay(log_, [this](const Redecided& each) { hear(each); });
  if (!replayed) return replayed.error();
  end_life();
  Backtest result = trial_.finish();
  if (judging_) result.from = from_;
  if (judging_) result.to = to_;
  if (!judging_ && first_life_ == 0) {
    result.not_judged = "nothing was recorded in the lives of heald that the journal knows";
  }
  if (replayed->difference) {
    result.not_judged = "from event " + std::to_string(replayed->difference->event) +
                        " on, a replay of the journal itself comes out differently";
  }
  for (const LifeReplayed& life : replayed->lives) {
    if (!result.not_judged.empty()) break;
    if (life.start >= first_life_) result.not_judged = life.not_replayed;
  }
  return result;
}

void Backtester::hear(const Redecided& each) {
  const bool begins = each.logged.start != life_;
  if (begins) end_life();
  life_ = each.logged.start;
  if (over_) return;
  if (each.engine == nullptr) {
    if (candidate_ && judging_) {
      trial_.cut(each.event.at);
      over_ = true;
    }
    candidate_.reset();
    return;
  }
  if (begins) return begin_life(each);
  if (!candidate_) return;
  take_looks(each.event.at);
  trial_.clock(each.event.at, each.logged.row.wall);
  to_ = each.logged.row.wall;
  candidate_->advance(each.event.at);
  feed(each);
}

void Backtester::begin_life(const Redecided& each) {
  while (looks_.next() != nullptr && looks_.next()->start < life_) looks_.pop();
  const auto* loaded = std::get_if<PolicyLoaded>(&each.event.input);
  if (loaded == nullptr) return;
  // Where nobody looks, ends of processes are all there is, and the journal has them.
  if (looks_.next() == nullptr && first_life_ == 0 && !looks_at_all(*loaded->policy)) {
    first_life_ = life_;
  }
  if (first_life_ == 0 || life_ < first_life_) return;
  const auto& lives = log_.lives();
  const auto row = std::find_if(lives.begin(), lives.end(),
                                [&](const LifeRow& life) { return life.start == life_; });
  if (row == lives.end() || !row->life) return;
  lived_ = *row->life;
  const Instant at = each.event.at;
  Snapshot beginning = judging_ ? candidate_->engine().snapshot() : each.engine->snapshot();
  // Time that only looks told of, before the machine was rebooted, did not pass for the journal.
  beginning.daemon.now = std::min(beginning.daemon.now, at);
  candidate_ = std::make_unique<Candidate>(
      lived_.seed, std::move(beginning),
      CandidateEars{[this](const std::string& service, const Record& record) {
                      trial_.here(service, record);
                    },
                    [this](Deed deed) { trial_.here(std::move(deed)); }});
  trial_.clock(at, each.logged.row.wall);
  life_began_ = to_ = each.logged.row.wall;
  looks_in_life_ = 0;
  then_ = loaded->policy;
  const bool whole = looks_.from_beginning() || looks_.next() == nullptr;
  if (life_ > first_life_ || whole) return begin_judging(at);
  load(at);
}

/// The new rules are in force from here on.
void Backtester::begin_judging(Instant at) {
  if (!judging_) from_ = trial_.wall_of(at);
  judging_ = true;
  load(at);
}

void Backtester::load(Instant at) {
  if (!judging_) {
    trial_.follow(then_);
    return candidate_->load(at, then_);
  }
  Fitted fitted = fit(adapted(*rules_, lived_), *then_, trial_.ended());
  ask(fitted);
  const auto policy = std::make_shared<const Policy>(fitted.policy);
  trial_.rules(then_, std::move(fitted));
  candidate_->load(at, policy);
}

void Backtester::ask(const Fitted& fitted) {
  const AskedProbes before = std::exchange(asked_, {});
  const ServiceIndex then = index_of(*then_);
  for (const auto& service : rules_->services) {
    const ServiceFit& its = fitted.services.at(service->name);
    if (!its.recorded) continue;
    const ServicePolicy& was = *find_service(then, service->name);
    for (const std::string& probe : its.probes) {
      const auto known = before.find({service->name, probe});
      Asked& asked = asked_[{service->name, probe}];
      if (known != before.end()) asked = known->second;
      asked.here = find_probe(*service, probe)->interval;
      asked.then = find_probe(was, probe)->interval;
    }
  }
}

void Backtester::end_life() {
  if (!candidate_ || over_) return;
  take_looks(never);
  if (judging_ && looks_in_life_ == 0 && looks_at_all(*then_)) {
    trial_.gap({life_began_, to_, "heald recorded nothing in its life " + std::to_string(life_)});
  }
  if (!judging_) candidate_.reset();
}

/// The recorded looks of this life from before `until`. Those of its very instant come after the
/// event: what is journaled is recorded as well, and is not taken twice.
void Backtester::take_looks(Instant until) {
  for (const Look* next = looks_.next();
       next != nullptr && next->start == life_ && next->seen.at < until; next = looks_.next()) {
    const Named seen = named(next->seen);
    const bool known = std::any_of(just_journaled_.begin(), just_journaled_.end(),
                                   [&](const Named& each) { return same_look(each, seen); });
    ++looks_in_life_;
    pop();
    if (!known) look(seen);
  }
}

void Backtester::pop() {
  const std::size_t before = looks_.holes().size();
  looks_.pop();
  for (std::size_t place = before; place < looks_.holes().size(); ++place) {
    const Hole& hole = looks_.holes()[place];
    TriedGap gap{trial_.wall_of(hole.from), std::nullopt, {}};
    if (hole.to != never) gap.to = trial_.wall_of(hole.to);
    gap.what = hole.blocks > 0 ? count_of(hole.blocks, "block") + " of the recording"
                               : count_of(hole.looks, "look");
    trial_.gap(std::move(gap));
  }
}

void Backtester::look(const Named& look) {
  if (!judging_) begin_judging(look.at);
  to_ = std::max(to_, trial_.wall_of(look.at));
  const auto asked = asked_.find({look.service, look.probe});
  if (asked == asked_.end()) return;
  trial_.look(look.service, look.probe, look.seen);
  candidate_->advance(look.at);
  if (is_ordered(asked->second, look.seen.begun)) {
    candidate_->look(look.service, look.probe, look.at, look.seen);
  }
  pass(look.at);
}

/// Whether the new rules would have looked then as well. Where they look less often, they take one
/// look an interval, and those that came out of turn (after a start, in a verification, for a
/// dependent): these would have been asked for.
bool Backtester::is_ordered(Asked& asked, Instant begun) {
  const Duration slack = asked.then / 10;  // how uneven a pace may be
  const auto latest = std::exchange(asked.latest, begun);
  const bool due = !asked.used || begun + slack >= *asked.used + asked.here;
  const bool out_of_turn = latest && begun + slack < *latest + asked.then;
  if (asked.here > asked.then && !due && !out_of_turn) return false;
  asked.used = begun;
  return true;
}

std::optional<Named> Backtester::journaled_look(const Redecided& each) {
  const auto* seen = std::get_if<Observation>(&each.event.input);
  if (seen == nullptr) return std::nullopt;
  const ServicePolicy* policy = each.engine->policy(seen->service).get();
  return Named{each.logged.row.service_name, probe_name(seen->probe, policy), each.event.at, *seen};
}

void Backtester::feed(const Redecided& each) {
  const Instant at = each.event.at;
  note_processes(each);
  if (!just_journaled_.empty() && just_journaled_.front().at != at) just_journaled_.clear();
  if (const auto seen = journaled_look(each)) {
    just_journaled_.push_back(*seen);
    if (judging_) {
      look(*seen);
    } else {
      candidate_->look(seen->service, seen->probe, at, seen->seen);
    }
  } else {
    step(each);
  }
  for (const RecordRow& row : each.logged.records) trial_.recorded(row);
  pass(at);
}

void Backtester::step(const Redecided& each) {
  const Instant at = each.event.at;
  if (const auto* loaded = std::get_if<PolicyLoaded>(&each.event.input)) {
    then_ = loaded->policy;
    return load(at);
  }
  auto input = each.event.input;
  const Translation translation{*each.engine, *candidate_, trial_};
  const bool concerns = std::visit(translation, input);
  if (const auto* finished = std::get_if<ActionFinished>(&each.event.input)) {
    trial_.recorded_ended(finished->report.id);
  }
  if (const auto* withheld = std::get_if<ActionWithheld>(&each.event.input)) {
    trial_.recorded_withheld(withheld->action);
  }
  if (concerns) candidate_->step(at, std::move(input));
}

/// Whose process runs after this event: known before anything is decided because of it.
void Backtester::note_processes(const Redecided& each) {
  for (const RecordRow& row : each.logged.records) {
    if (!row.record.service) continue;
    const ServiceId service = *row.record.service;
    const bool known = service.value() < each.engine->size() && each.engine->declared(service);
    if (!known || each.engine->policy(service)->process() == nullptr) continue;
    trial_.process(row.service_name, each.engine->state(service).running
                                         ? Comebacks::Process::runs
                                         : Comebacks::Process::missing);
  }
}

void Backtester::pass(Instant at) {
  if (judging_ && trial_.pass(at)) load(at);
}

}  // namespace

Result<Backtest> backtest(EventLog& log, Recording recording,
                          const std::shared_ptr<const Policy>& rules) {
  return Backtester{log, std::move(recording), rules}.run();
}

}  // namespace heald
