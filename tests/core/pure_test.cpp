// The engine's parts, each by itself.

#include <algorithm>
#include <catch2/catch.hpp>
#include <tuple>

#include "core/backoff.hpp"
#include "core/condition.hpp"
#include "core/deadlines.hpp"
#include "core/groups.hpp"
#include "core/hash.hpp"
#include "core/ladder.hpp"
#include "core/sources.hpp"
#include "core/window.hpp"
#include "rules.hpp"

using namespace heald;
using namespace heald::rehearsal;

namespace {

Instant at(Duration since) { return Instant{since}; }
Sight sight(Outcome outcome, Duration when = 0s) { return {outcome, at(when), "seen"}; }

}  // namespace

TEST_CASE("the earliest deadline comes first, however deadlines are moved") {
  Deadlines deadlines;
  constexpr std::uint32_t services = 50;
  deadlines.grow(services);
  CHECK(deadlines.earliest() == never);
  std::vector<Instant> known(services, never);
  for (std::uint64_t turn = 0; turn < 2000; ++turn) {
    const auto service = static_cast<std::uint32_t>(mix(turn) % services);
    known[service] = turn % 7 == 0 ? never : at(Duration{mix(turn + 9999) % 1000});
    deadlines.set(ServiceId{service}, known[service]);
    const Instant earliest = *std::min_element(known.begin(), known.end());
    REQUIRE(deadlines.earliest() == earliest);
    REQUIRE(deadlines.of(deadlines.first()) == earliest);
  }
}

TEST_CASE("a window forgets what lies a whole span back") {
  std::vector<Instant> window{at(0s), at(5s), at(9s)};
  CHECK(count_within(window, 10s, at(9s)) == 3);
  CHECK(count_within(window, 10s, at(10s)) == 2);
  CHECK(room_at(window, 3, 10s, at(9s)) == at(10s));
  CHECK(room_at(window, 4, 10s, at(9s)) == at(9s));
  CHECK(room_at(window, 2, 10s, at(9s)) == at(15s));
  CHECK(room_at(window, 0, 10s, at(9s)) == never);
  prune(window, 10s, at(14s));
  CHECK(window == std::vector<Instant>{at(5s), at(9s)});
}

TEST_CASE("the back-off grows by its factor up to its maximum") {
  BackoffPolicy policy;
  policy.jitter = Share{0};
  CHECK(backoff_delay(policy, 0, 1, "web") == 0s);
  CHECK(backoff_delay(policy, 1, 1, "web") == 1s);
  CHECK(backoff_delay(policy, 2, 1, "web") == 2s);
  CHECK(backoff_delay(policy, 5, 1, "web") == 16s);
  CHECK(backoff_delay(policy, 4'000'000'000U, 1, "web") == 5min);
}

TEST_CASE("jitter stays within its share, moves to both sides, and repeats itself") {
  const BackoffPolicy policy;
  bool below = false;
  bool above = false;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Duration delay = backoff_delay(policy, 1, seed, "web");
    CHECK(delay >= 800ms);
    CHECK(delay <= 1200ms);
    below = below || delay < 950ms;
    above = above || delay > 1050ms;
    CHECK(delay == backoff_delay(policy, 1, seed, "web"));
  }
  CHECK(below);
  CHECK(above);
  CHECK(backoff_delay(policy, 1, 1, "web") != backoff_delay(policy, 1, 1, "api"));
}

TEST_CASE("a condition fails at its threshold of consecutive fails, and passes at the other") {
  ProbePolicy rule = probe();
  rule.failure_threshold = 2;
  rule.success_threshold = 2;
  Condition condition;
  CHECK(fold(condition, sight(Outcome::fail, 1s), rule, at(1s)) == Effect::counted);
  CHECK(fold(condition, sight(Outcome::pass, 2s), rule, at(2s)) == Effect::counted);
  CHECK(fold(condition, sight(Outcome::fail, 3s), rule, at(3s)) == Effect::counted);
  CHECK(fold(condition, sight(Outcome::fail, 4s), rule, at(4s)) == Effect::changed);
  CHECK(condition.status == ConditionStatus::fail);
  CHECK(condition.failing_since == at(3s));
  CHECK(fold(condition, sight(Outcome::pass, 5s), rule, at(5s)) == Effect::counted);
  CHECK(fold(condition, sight(Outcome::pass, 6s), rule, at(6s)) == Effect::changed);
  CHECK(condition.status == ConditionStatus::pass);
  CHECK(fold(condition, sight(Outcome::pass, 7s), rule, at(7s)) == Effect::none);
}

TEST_CASE("an unknown look neither counts nor resets") {
  const ProbePolicy rule = probe();
  Condition condition;
  fold(condition, sight(Outcome::fail), rule, at(1s));
  fold(condition, sight(Outcome::fail), rule, at(2s));
  fold(condition, sight(Outcome::unknown), rule, at(3s));
  CHECK(condition.fails == 2);
  CHECK(fold(condition, sight(Outcome::fail), rule, at(4s)) == Effect::changed);
  CHECK(condition.status == ConditionStatus::fail);
}

TEST_CASE("a condition without a pass or a fail for three intervals is unknown") {
  const ProbePolicy rule = probe();
  Condition condition;
  fold(condition, sight(Outcome::pass), rule, at(0s));
  CHECK(stale_at(condition, rule) == never);
  fold(condition, sight(Outcome::unknown), rule, at(10s));
  fold(condition, sight(Outcome::unknown), rule, at(20s));
  CHECK(stale_at(condition, rule) == at(40s));
  fade(condition, at(40s));
  CHECK(condition.status == ConditionStatus::unknown);
  CHECK(stale_at(condition, rule) == never);
}

TEST_CASE("the next rung is the first that meets a symptom and has attempts left") {
  ServicePolicy policy = process("web", {probe("answers"), probe("queue")});
  RungPolicy reload = rung(ReloadAction{});
  reload.on = {"queue"};
  RungPolicy memory = rung(ExecAction{});
  memory.on = {"oom", "crash_loop"};
  policy.remediation = {reload, memory, rung(RestartAction{}, 2), rung(ReprovisionAction{})};
  Incident incident;
  Symptoms hung{.failing = {"answers"}};
  CHECK(next_rung(policy, incident, hung)->name == "restart");
  hung.failing = {"answers", "queue"};
  CHECK(next_rung(policy, incident, hung)->name == "reload");
  Symptoms dead{.failing = {"process"}, .exited = true, .oom = true};
  CHECK(next_rung(policy, incident, dead)->name == "exec");
  dead.oom = false;
  CHECK(next_rung(policy, incident, dead)->name == "restart");
  dead.crash_loop = true;
  CHECK(next_rung(policy, incident, dead)->name == "exec");
  dead.crash_loop = false;
  incident.attempts["restart"] = 2;
  CHECK(next_rung(policy, incident, dead)->name == "reprovision");
  incident.attempts.clear();
  dead.barred = true;
  CHECK(next_rung(policy, incident, dead)->name == "reprovision");
  incident.attempts["reprovision"] = 1;
  CHECK(next_rung(policy, incident, dead) == nullptr);
  CHECK(next_rung(policy, incident, Symptoms{}) == nullptr);
}

TEST_CASE("the slow retry takes the first rung that destroys nothing and acts on the service") {
  ServicePolicy policy = process("web");
  policy.remediation = {rung(NotifyAction{}), rung(ReprovisionAction{}), rung(RestartAction{})};
  const Symptoms hung{.failing = {"answers"}};
  CHECK(slow_rung(policy, hung)->name == "restart");
  policy.remediation.own().pop_back();
  CHECK(slow_rung(policy, hung) == nullptr);
}

namespace {

struct Watch {
  Sources sources;
  std::vector<Vantage> probes;

  Watch(std::size_t count, std::size_t addresses) {
    for (std::size_t each = 0; each < count; ++each) {
      probes.push_back(sources.join("loopback", "h" + std::to_string(each % addresses), 13s));
    }
  }
  Sources::Change silence(std::size_t first, std::size_t last, Duration step = 1s) {
    Sources::Change change{};
    for (std::size_t each = first; each < last; ++each) {
      change = sources.saw(probes[each], Sources::Heard::silence, at(step * each));
    }
    return change;
  }
};

}  // namespace

TEST_CASE("a source is blind when four in five of its probes fall silent together") {
  Watch watch{10, 3};
  CHECK(watch.silence(0, 7) == Sources::Change::silence);
  CHECK_FALSE(watch.sources.blind(watch.probes[0]));
  CHECK(watch.silence(7, 8) == Sources::Change::blinded);
  CHECK(watch.sources.blind(watch.probes[9]));
  CHECK(watch.sources.saw(watch.probes[0], Sources::Heard::answer, at(20s)) ==
        Sources::Change::sighted);
}

TEST_CASE("too few probes, too few addresses, or silence spread over time is not blindness") {
  Watch few{4, 4};
  CHECK(few.silence(0, 4) == Sources::Change::silence);
  Watch near{10, 2};
  CHECK(near.silence(0, 10) == Sources::Change::silence);
  Watch slow{10, 5};
  CHECK(slow.silence(0, 10, 1h) == Sources::Change::silence);
}

TEST_CASE("a source that lost its silent probes to a reload sees again") {
  Watch watch{5, 5};
  CHECK(watch.silence(0, 5) == Sources::Change::blinded);
  for (Vantage& probe : watch.probes) std::ignore = watch.sources.leave(probe);
  const Vantage anew = watch.sources.join("loopback", "h0", 13s);
  CHECK_FALSE(watch.sources.blind(anew));
}

TEST_CASE("a source whose answering probes left is blind at the next look, whatever that tells") {
  const auto heard = GENERATE(Sources::Heard::silence, Sources::Heard::answer);
  Watch watch{8, 4};
  CHECK(watch.silence(0, 5) == Sources::Change::silence);
  std::ignore = watch.sources.leave(watch.probes[7]);
  std::ignore = watch.sources.leave(watch.probes[6]);
  Vantage& probe = watch.probes[heard == Sources::Heard::silence ? 0 : 5];
  CHECK(watch.sources.saw(probe, heard, at(6s)) == Sources::Change::blinded);
  CHECK(watch.sources.saw(probe, heard, at(7s)) == Sources::Change::none);
}

TEST_CASE("a storm needs so many, such a share, and all of it in time") {
  GroupPolicy policy;
  policy.storm.cool_down = 5min;
  Group group{policy};
  for (int member = 0; member < 6; ++member) group.join();
  CHECK_FALSE(group.turned_unhealthy(ServiceId{0}, at(0s)));
  CHECK_FALSE(group.turned_unhealthy(ServiceId{1}, at(30s)));
  CHECK_FALSE(group.turned_unhealthy(ServiceId{1}, at(50s)));  // the same one again
  CHECK_FALSE(group.turned_unhealthy(ServiceId{2}, at(61s)));  // the first was too long ago
  CHECK(group.turned_unhealthy(ServiceId{3}, at(62s)));
  CHECK(group.storm(at(62s)));
  CHECK(group.lets(ServiceId{1}));
  group.let(ServiceId{1});
  CHECK(group.lets(ServiceId{1}));
  CHECK_FALSE(group.lets(ServiceId{2}));
  group.judged(at(3min));
  CHECK(group.storm(at(7min)));
  CHECK_FALSE(group.storm(at(8min)));
}

TEST_CASE("half of a group has to stay healthy, rounded down, and of one nobody") {
  Group group{GroupPolicy{}};
  group.join();
  CHECK(group.floor() == 0);
  group.join();
  group.join();
  CHECK(group.floor() == 1);
}
