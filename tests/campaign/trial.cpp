#include "trial.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "estate.hpp"
#include "liveness.hpp"

namespace heald::campaign {
namespace {

using namespace sim;
using namespace std::chrono_literals;

/// A life that began with nothing may know fewer services than the one before it told of.
std::string name_of(const Engine& engine, ServiceId service) {
  if (service.value() < engine.size()) return engine.state(service).name;
  return "service " + std::to_string(service.value());
}

std::string timeline_of(const Rehearsal& world) {
  std::string text;
  for (const Record& record : world.records) {
    const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(
        record.at.time_since_epoch());
    text += "  +" + script_duration(at) + " ";
    if (record.service) text += name_of(world.engine(), *record.service) + " ";
    text += std::string{to_string(record.kind)};
    if (record.action_kind) text += " " + std::string{to_string(*record.action_kind)};
    if (record.cause) text += "/" + std::string{to_string(*record.cause)};
    if (record.verdict) text += " " + std::string{to_string(*record.verdict)};
    if (record.hold.guard != Guard::none) text += " " + std::string{to_string(record.hold.guard)};
    text += " " + record.condition + (record.rung.empty() ? "" : " rung " + record.rung) + " " +
            record.text + '\n';
  }
  return text;
}

class Trial {
 public:
  Trial(const Scenario& scenario, Depth depth)
      : scenario_(scenario),
        depth_(depth),
        play_(scenario, depth == Depth::whole ? Keep::everything : Keep::records) {}

  std::optional<Failure> run() {
    try {
      go_on();
    } catch (const std::runtime_error& error) {  // the invariants have had enough
      if (play_.breaches().empty()) throw;
    }
    if (play_.breaches().empty()) return failure_;
    const std::string& breach = play_.breaches().front();
    return Failure{breach.substr(0, breach.find(':')), breach};
  }

  [[nodiscard]] std::string timeline() { return timeline_of(play_.world()); }
  [[nodiscard]] std::span<const Record> records() { return play_.world().records; }

 private:
  [[nodiscard]] bool well() const { return play_.breaches().empty() && !failure_; }

  /// In slices, so that the rest is not played after a breach.
  void go_on() {
    constexpr int slices = 16;
    for (int slice = 0; slice < slices && well(); ++slice) {
      play_.go_on((scenario_.settling + scenario_.length) / slices);
    }
    if (well()) calm_down();
    if (well() && depth_ == Depth::whole) check_replay();
    if (well()) end();
  }

  void calm_down() {
    play_.end_faults();
    restart_for_reports();
    const Policy& policy = play_.world().policy();
    std::set<Duration> bounds;  // each service has its own
    for (const auto& each : policy.services) bounds.insert(bound_of(policy, each->name));
    const Duration longest = bounds.empty() ? 1h : *bounds.rbegin();
    Duration passed{};
    // Once everything is at rest, and has been for a minute, nothing more can come.
    for (Duration step = 1min; passed < longest && well(); step += step / 2) {
      const bool rested = unrest(longest).empty();
      const auto bound = bounds.upper_bound(passed);
      const Duration next = std::min(step, (bound == bounds.end() ? longest : *bound) - passed);
      play_.go_on(next);
      passed += next;
      if (!well() || (rested && unrest(longest).empty())) return;
      const std::string why = unrest(passed);
      if (why.empty()) continue;
      failure_ = Failure{"liveness",
                         why + ", " + script_duration(passed) + " after the end of all faults"};
    }
  }

  /// An action whose report never comes is only found out about by a heald that starts anew.
  void restart_for_reports() {
    const bool lost = std::any_of(
        scenario_.faults.begin(), scenario_.faults.end(), [](const Fault& fault) {
          const auto* go = std::get_if<ActionsGo>(&fault.kind);
          return go != nullptr && go->how == ActionsGo::How::never_report;
        });
    if (!lost) return;
    play_.world().crash(Rehearsal::InFlight::done);
    play_.world().come_back();
  }

  /// Nothing more is to be done about it, and what runs is not as the rules in force start it.
  [[nodiscard]] bool runs_as_before(ServiceId service) {
    const Engine& engine = play_.world().engine();
    const ServiceState& state = engine.state(service);
    const bool ours = engine.declared(service) && engine.policy(service)->process() != nullptr;
    if (!ours || !state.running || state.activity != Activity::idle) return false;
    const Patient& patient = play_.world().patient(state.name);
    // Of a start that no journal took in, the next heald cannot know by which rules it was.
    if (patient.unrecorded || engine.policy(service)->observe) return false;
    const auto& rules = patient.started_by;
    return rules && !starts_alike(*rules, *engine.policy(service));
  }

  /// Under any of the rules that were in force.
  [[nodiscard]] bool observed(const std::string& service) const {
    return std::any_of(scenario_.rules.begin(), scenario_.rules.end(), [&](const Rules& rules) {
      return std::any_of(rules->services.begin(), rules->services.end(), [&](const auto& each) {
        return each->name == service && each->observe;
      });
    });
  }

  /// The first service that is not at rest, of those whose bound is no longer than this.
  [[nodiscard]] std::string unrest(Duration passed) {
    const Engine& engine = play_.world().engine();
    const Policy& policy = play_.world().policy();
    for (std::uint32_t slot = 0; slot < engine.size(); ++slot) {
      const ServiceId service{slot};
      const std::string& name = engine.state(service).name;
      // What was only observed when it was removed is left as it is.
      if (!engine.declared(service) && observed(name)) continue;
      std::string why = unrest_of(engine, service);
      if (why.empty() && runs_as_before(service)) why = "it runs as rules of before started it";
      if (why.empty()) continue;
      // What was removed has no bound of its own, and is given an hour.
      const Duration bound = engine.declared(service) ? bound_of(policy, name) : Duration{1h};
      if (bound <= passed) return "'" + name + "': " + why;
    }
    return {};
  }

  void check_replay() {
    const auto lived = play_.world().marked();
    const auto replayed = play_.world().replayed();
    for (std::size_t place = 0; place < lived.size(); ++place) {
      if (lived[place] == replayed[place]) continue;
      failure_ = Failure{"replay", "lived:\n" + lived[place] + "replayed:\n" + replayed[place]};
      return;
    }
  }

  void end() {
    Rehearsal& world = play_.world();
    world.feed(ShutdownRequested{});
    play_.go_on(2 * world.policy().daemon.shutdown_timeout);
    if (!world.shut_down) failure_ = Failure{"shutdown", "it never ends"};
    if (world.shut_down && !world.shut_down->remaining.empty()) {
      failure_ = Failure{"shutdown", "a service is left running, though every stop succeeds"};
    }
  }

  const Scenario& scenario_;
  Depth depth_;
  Play play_;
  std::optional<Failure> failure_;
};

/// Tries whether a scenario still fails as it did.
class Shrinking {
 public:
  Shrinking(Scenario scenario, const Failure& failure)
      : best_(std::move(scenario)),
        invariant_(failure.invariant),
        depth_(failure.invariant == "replay" ? Depth::whole : Depth::quick) {}

  Scenario run() {
    for (bool smaller = true; smaller && left_ > 0;) {
      smaller = drop_faults();
      smaller = drop_services() || smaller;
      smaller = shorten() || smaller;
    }
    return best_;
  }

 private:
  bool fails(const Scenario& candidate) {
    if (left_ == 0) return false;
    --left_;
    const auto failure = try_scenario(candidate, depth_);
    if (!failure || failure->invariant != invariant_) return false;
    best_ = candidate;
    return true;
  }

  /// Halves, quarters, ... single faults.
  bool drop_faults() {
    bool smaller = false;
    for (std::size_t size = std::max<std::size_t>(1, best_.faults.size() / 2);; size /= 2) {
      for (std::size_t first = 0; first < best_.faults.size();) {
        Scenario fewer = best_;
        const auto begin = fewer.faults.begin() + static_cast<std::ptrdiff_t>(first);
        const auto count = std::min(size, fewer.faults.size() - first);
        fewer.faults.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
        if (fails(fewer)) {
          smaller = true;
        } else {
          first += size;
        }
      }
      if (size <= 1) return smaller;
    }
  }

  bool drop_services() {
    bool smaller = false;
    const std::vector<std::shared_ptr<const ServicePolicy>> all = best_.rules.front()->services;
    for (const auto& each : all) {
      if (best_.rules.front()->services.size() == 1) break;
      Scenario fewer = best_;
      for (auto& rules : fewer.rules) rules = rules_without(*rules, each->name);
      std::erase_if(fewer.faults, [&](Fault& fault) {
        const bool named = !fault.services.empty();
        std::erase(fault.services, each->name);
        return named && fault.services.empty();
      });
      smaller = fails(fewer) || smaller;
    }
    return smaller;
  }

  bool shorten() {
    bool smaller = false;
    const Duration latest = best_.faults.empty() ? Duration::zero() : best_.faults.back().at;
    for (const Duration length : {latest + std::chrono::seconds{1}, best_.length / 2}) {
      if (length >= best_.length) continue;
      Scenario shorter = best_;
      shorter.length = length;
      smaller = fails(shorter) || smaller;
    }
    return smaller;
  }

  Scenario best_;
  std::string invariant_;
  Depth depth_;
  int left_ = 400;
};

}  // namespace

std::optional<Failure> try_scenario(const Scenario& scenario, Depth depth,
                                    const Account& account) {
  Trial trial{scenario, depth};
  std::optional<Failure> failure = trial.run();
  if (account.timeline != nullptr) *account.timeline = trial.timeline();
  if (account.tally != nullptr) account.tally->add(scenario, trial.records());
  return failure;
}

Scenario shrink(Scenario scenario, const Failure& failure) {
  return Shrinking{std::move(scenario), failure}.run();
}

std::string describe(const Scenario& scenario) {
  std::string text = "services:\n" + describe_rules(*scenario.rules.front());
  if (scenario.past == Past::lost_journal) text += "the journal of an earlier heald is lost\n";
  text += "length: " + script_duration(scenario.length) + "\nfaults:\n";
  for (const Fault& fault : scenario.faults) text += "  - " + to_script(fault) + "\n";
  return text;
}

}  // namespace heald::campaign
