// Faults in the model world, one at a time, and what comes of them.

#include <catch2/catch.hpp>

#include "core/rules.hpp"
#include "sim/scenario.hpp"

using namespace heald;
using namespace heald::sim;
using rehearsal::external;
using rehearsal::on;
using rehearsal::probe;
using rehearsal::process;
using rehearsal::rung;
using rehearsal::rules;

namespace {

Scenario scenario(Policy policy, std::vector<Fault> faults) {
  return {.rules = {std::make_shared<const Policy>(std::move(policy))}, .seed = 7,
          .faults = std::move(faults)};
}

Fault fault(FaultKind kind, std::vector<std::string> services = {"web"}) {
  return {.at = 1min, .kind = std::move(kind), .services = std::move(services), .lasting = {},
          .cured_by = {}};
}

Upshot upshot_of(Scenario made) {
  const Upshot upshot = play(made);
  for (const std::string& breach : upshot.breaches) FAIL_CHECK(breach);
  return upshot;
}

/// The only hit of the only fault.
Hit hit_of(const Upshot& upshot) {
  REQUIRE(upshot.hits.size() == 1);
  return upshot.hits.front();
}

Duration since_beginning(const Upshot& upshot, Instant instant) {
  REQUIRE(instant != never);
  return instant - upshot.beginning;
}

}  // namespace

TEST_CASE("a crash is detected at once, and healed by a restart") {
  const Upshot upshot = upshot_of(scenario(rules({process("web")}), {fault(Crash{})}));
  const Hit hit = hit_of(upshot);
  CHECK(since_beginning(upshot, hit.began) == 1min);
  CHECK(hit.detected == hit.began);
  CHECK(hit.acted == hit.began);
  CHECK(hit.cured_by == hit.actions.at(0));
  CHECK(hit.healthy > hit.over + 10s);  // stable_for
  CHECK(hit.ending == Ending::healed);
  CHECK(upshot.sick.empty());
}

TEST_CASE("a hang is detected after its threshold of timeouts") {
  const Upshot upshot = upshot_of(scenario(rules({process("web")}), {fault(Hang{})}));
  const Hit hit = hit_of(upshot);
  CHECK(hit.detected - hit.began > 20s);
  CHECK(hit.detected - hit.began <= 33s);
  CHECK(hit.ending == Ending::healed);
}

TEST_CASE("a fault that is over too soon to be noticed has passed") {
  Fault short_one = fault(AnswerBadly{});
  short_one.lasting = 5s;
  const Upshot upshot = upshot_of(scenario(rules({process("web")}), {short_one}));
  const Hit hit = hit_of(upshot);
  CHECK(hit.ending == Ending::passed);
  CHECK(hit.over - hit.began == 5s);
  CHECK(hit.actions.empty());
}

TEST_CASE("a service that recovers before anything helped has recovered") {
  Fault curable_by_time = fault(AnswerBadly{});
  curable_by_time.lasting = 70s;
  curable_by_time.cured_by = Cure{};
  const Upshot upshot = upshot_of(scenario(rules({process("web")}), {curable_by_time}));
  CHECK(hit_of(upshot).ending == Ending::recovered);
  CHECK_FALSE(hit_of(upshot).actions.empty());
}

TEST_CASE("what no rung cures is not healed, and people are told") {
  Fault lost = fault(AnswerBadly{});
  lost.cured_by = Cure{{ActionKind::reprovision}, {}};
  ServicePolicy web = process("web");
  web.notify.to = {"oncall"};
  const Upshot upshot = upshot_of(scenario(rules({web}), {lost}));
  CHECK(hit_of(upshot).ending == Ending::not_healed);
  CHECK(hit_of(upshot).told >= 2);
  CHECK(upshot.sick == std::vector<std::string>{"web"});
}

TEST_CASE("lost data is cured by reprovision alone") {
  Fault lost = fault(AnswerBadly{});
  lost.cured_by = Cure{{ActionKind::reprovision}, {}};
  ServicePolicy web = process("web");
  web.remediation.push_back(rung(ReprovisionAction{}));
  const Upshot upshot = upshot_of(scenario(rules({web}), {lost}));
  CHECK(hit_of(upshot).ending == Ending::healed);
  CHECK(upshot.ordered.back().kind == ActionKind::reprovision);
}

TEST_CASE("a hang of a probe that nobody has is unseen") {
  const Upshot upshot =
      upshot_of(scenario(rules({process("web")}), {fault(Hang{.probe = "queue"})}));
  CHECK(hit_of(upshot).ending == Ending::unseen);
}

TEST_CASE("a leak comes back after every restart") {
  const Leak leak{.well_for = 15min, .then = Leak::Then::hang};
  const Upshot upshot = upshot_of(scenario(rules({process("web")}), {fault(leak)}));
  const Hit hit = hit_of(upshot);
  CHECK(hit.ending == Ending::not_healed);
  CHECK(hit.detected - hit.began > 15min);
  CHECK(hit.actions.size() >= 2);
}

TEST_CASE("an external service that crashed is down until it is started") {
  const Upshot upshot = upshot_of(scenario(rules({external("web")}), {fault(Crash{})}));
  CHECK(hit_of(upshot).ending == Ending::healed);
  CHECK(upshot.ordered.front().kind == ActionKind::restart);
}

TEST_CASE("a service that needs its dependencies starts once they are well") {
  ServicePolicy web = process("web");
  web.depends_on = {on("redis")};
  Scenario made =
      scenario(rules({web, process("redis")}),
               {fault(NeedDependencies{}), fault(StartSlowly{.takes = 20s}, {"redis"})});
  made.settling = 0s;
  for (Fault& each : made.faults) each.at = 0s;
  const Upshot upshot = upshot_of(made);
  CHECK(upshot.sick.empty());
  CHECK(upshot.ordered.size() == 2);  // one start each: nothing was tried in vain
}

TEST_CASE("an action that is reported twice counts once") {
  const Upshot upshot = upshot_of(scenario(
      rules({process("web")}),
      {fault(Hang{}), fault(ActionsGo{.how = ActionsGo::How::report_twice, .of = {}})}));
  CHECK(upshot.hits.front().ending == Ending::healed);
  CHECK(upshot.ordered.size() == 2);  // its first start, and the restart
}

TEST_CASE("an action that fails, times out or cures nothing does not heal") {
  for (const auto how : {ActionsGo::How::fail, ActionsGo::How::time_out,
                         ActionsGo::How::half_succeed, ActionsGo::How::never_report}) {
    const Upshot upshot = upshot_of(scenario(
        rules({process("web")}), {fault(Hang{}), fault(ActionsGo{.how = how, .of = {}})}));
    const bool cured = upshot.hits.front().over != never;
    CHECK(cured == (how == ActionsGo::How::never_report));
    CHECK(upshot.hits.front().ending == Ending::not_healed);  // or not known to be
  }
}

TEST_CASE("probes that lie make a well service be acted upon, and a sick one pass") {
  Fault alarm = fault(ProbesGo{.how = ProbesGo::How::fail, .probe = {}});
  alarm.lasting = 10min;
  const Upshot alarmed = upshot_of(scenario(rules({process("web")}), {alarm}));
  CHECK_FALSE(hit_of(alarmed).actions.empty());
  CHECK(hit_of(alarmed).ending == Ending::recovered);
  const Upshot fooled = upshot_of(scenario(
      rules({process("web")}),
      {fault(Hang{}), fault(ProbesGo{.how = ProbesGo::How::pass, .probe = {}})}));
  CHECK(fooled.hits.front().ending == Ending::unseen);
}

TEST_CASE("heald killed in the middle of an action looks before it does anything again") {
  for (const auto in_flight : {KillHeald::InFlight::lost, KillHeald::InFlight::done}) {
    Fault kill = fault(KillHeald{.down_for = 5s, .in_flight = in_flight}, {});
    kill.at = 1min + 50ms;  // a restart takes 100 ms
    const Upshot upshot =
        upshot_of(scenario(rules({process("web")}), {fault(Crash{}), kill}));
    CHECK(upshot.sick.empty());
    CHECK(upshot.ordered.size() == (in_flight == KillHeald::InFlight::lost ? 3 : 2));
  }
}

TEST_CASE("after a reboot everything is started anew") {
  const Upshot upshot = upshot_of(
      scenario(rules({process("web"), process("redis")}),
               {fault(KillHeald{.down_for = 30s, .boot = Restarted::Boot::another}, {})}));
  CHECK(upshot.sick.empty());
  CHECK(upshot.ordered.size() == 4);
}

TEST_CASE("an operator's stop is no failure of the rules") {
  Fault lost = fault(AnswerBadly{});
  lost.cured_by = Cure{};
  Fault stop = fault(Operate{.operation = Operation::stop, .lasting = {}});
  stop.at = 20min;
  const Upshot upshot = upshot_of(scenario(rules({process("web")}), {lost, stop}));
  CHECK(upshot.hits.front().ending == Ending::stopped);
  CHECK(upshot.sick.empty());
}

TEST_CASE("a stall and a jump of the clock harm nobody") {
  Fault stall = fault(Stall{}, {});
  stall.lasting = 5min;
  Fault jump = fault(JumpClock{.by = 2h}, {});
  jump.at = 20min;
  const Upshot upshot = upshot_of(scenario(rules({process("web")}), {stall, jump}));
  CHECK(upshot.sick.empty());
  CHECK(upshot.ordered.size() == 1);
}

TEST_CASE("when the faults have ended, what can be healed becomes healthy") {
  Fault lost = fault(AnswerBadly{});
  lost.cured_by = Cure{};
  Fault broken = fault(FailJournal{}, {});
  broken.at = 0s;
  Play played{scenario(rules({process("web")}), {lost, broken})};
  CHECK(played.run().upshot().sick.size() == 1);
  CHECK(played.end_faults().go_on(1h).upshot().sick.empty());
  CHECK(played.breaches().empty());
}

TEST_CASE("a one-shot does its work, and what waits for it starts") {
  ServicePolicy migrate = process("migrate", {});
  rehearsal::process_of(migrate).exit.on_success = OnSuccess::done;
  ServicePolicy web = process("web");
  web.depends_on = {on("migrate")};
  web.depends_on.front().until = DependencyUntil::done;
  const Upshot upshot = upshot_of(scenario(rules({web, migrate}), {}));
  CHECK(upshot.sick.empty());
  CHECK(upshot.ordered.size() == 2);
}
