// The plan against the reload itself, in a model world and by hand.

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "campaign/chance.hpp"
#include "campaign/estate.hpp"
#include "core/rehearsal.hpp"
#include "runtime/plan.hpp"

namespace heald {

using namespace rehearsal;

namespace {

std::shared_ptr<const Policy> shared(Policy policy) {
  return std::make_shared<const Policy>(std::move(policy));
}

Plan plan_of(const sim::Rehearsal& world, const Policy& next) {
  return plan_reload(world.engine().what_if(), world.policy(), shared(next), world.now());
}

const PlannedService* find(const Plan& plan, const std::string& name) {
  const auto found = std::find_if(plan.services.begin(), plan.services.end(),
                                  [&](const auto& one) { return one.name == name; });
  return found == plan.services.end() ? nullptr : &*found;
}

std::vector<std::string> planned(const Plan& plan) {
  std::vector<std::string> all;
  for (const PlannedAction& action : plan.actions) {
    all.push_back(action.service + " " + std::string{to_string(action.kind)});
  }
  return all;
}

/// What was done since then to converge.
std::vector<std::string> done(const sim::Rehearsal& world) {
  std::vector<std::string> all;
  for (const sim::Ordered& action : world.ordered) {
    if (action.cause != Cause::convergence) continue;
    all.push_back(action.service + " " + std::string{to_string(action.kind)});
  }
  return all;
}

ServicePolicy with_command(ServicePolicy service, const std::string& argument) {
  process_of(service).exec.command.push_back(argument);
  return service;
}

std::vector<std::string> keys(const std::vector<KeyChange>& changes) {
  std::vector<std::string> all;
  for (const KeyChange& change : changes) all.push_back(change.key);
  return all;
}

using Keys = std::vector<std::string>;

/// The keys that are told when the policy is changed in this way.
Keys told(const ServicePolicy& before, const std::function<void(ServicePolicy&)>& how) {
  ServicePolicy after = before;
  how(after);
  REQUIRE_FALSE(before == after);
  return keys(differences(before, after));
}

const ServicePolicy plain = process("a");
const ServicePolicy foreign = external("a");

}  // namespace

TEST_CASE("a plan has the actions of the reload, in their order and within their limits") {
  GroupPolicy one_by_one{"front", 1, Share{0.5}, {}};
  std::vector<ServicePolicy> services;
  for (const char* name : {"a", "b", "c"}) {
    services.push_back(process(name));
    services.back().group = "front";
  }
  services.push_back(process("db"));
  services.push_back(process("gone"));
  services.back().depends_on = {on("db")};
  Rehearsal world{rules(services, {one_by_one})};
  world.settle_in();

  std::vector<ServicePolicy> next;
  for (std::size_t place = 0; place < 3; ++place) {
    next.push_back(with_command(services[place], "--new"));
  }
  next.push_back(process("fresh"));
  next.back().depends_on = {on("late")};
  next.push_back(process("late"));
  const Policy after = rules(next, {one_by_one});
  const Plan plan = plan_of(world, after);

  REQUIRE(plan.whole);
  world.forget();
  world.reload(after);
  world.run(5min);
  CHECK(planned(plan) == done(world));
  CHECK(plan.untouched == 0);
  CHECK(find(plan, "a")->actions == std::vector{ActionKind::restart});
  CHECK(keys(find(plan, "a")->keys) == std::vector<std::string>{"process.command"});
  CHECK(find(plan, "late")->what == PlannedService::What::added);
  CHECK(find(plan, "db")->what == PlannedService::What::removed);
  CHECK(find(plan, "db")->actions == std::vector{ActionKind::stop});
  // One after the other: each is verified before the next goes.
  const auto of = [&](const std::string& name) {
    return *std::find_if(plan.actions.begin(), plan.actions.end(),
                         [&](const auto& action) { return action.service == name; });
  };
  CHECK(of("b").after >= of("a").after + 10s);
  CHECK(of("c").after >= of("b").after + 10s);
  CHECK(of("b").waited.guard == Guard::max_concurrent);
  CHECK(of("fresh").waited.guard == Guard::start_order);
  CHECK(of("db").waited.guard == Guard::start_order);
}

TEST_CASE("asking for a plan changes nothing that the engine decides") {
  const auto course = [](bool asks) {
    Rehearsal world{rules({process("a"), process("b")})};
    world.settle_in();
    if (asks) (void)plan_of(world, rules({with_command(process("a"), "--new")}));
    world.end("b");
    world.run(2min);
    return world.marked();
  };
  CHECK(course(true) == course(false));
}

TEST_CASE("what is only read again has no action") {
  Rehearsal world{rules({process("a"), external("b")})};
  world.settle_in();
  ServicePolicy changed = process("a");
  changed.probes.front().interval = 3s;
  changed.backoff.initial = 7s;
  const Plan plan = plan_of(world, rules({changed}));
  CHECK(plan.actions.empty());
  CHECK(keys(find(plan, "a")->keys) ==
        std::vector<std::string>{"probes.answers.interval", "backoff"});
  CHECK(find(plan, "b")->what == PlannedService::What::removed);
  CHECK_FALSE(find(plan, "b")->left_running);
}

TEST_CASE("what an operator stopped stays stopped, and a freeze is what a plan waits for") {
  Rehearsal world{rules({process("a"), process("b")})};
  world.settle_in();
  world.operate(Operation::stop, "a");
  world.run(10s);
  world.operate(Operation::freeze, {}, Operated::Dependents::refuse, 3h);
  const Plan plan = plan_of(world, rules({with_command(process("a"), "--new"),
                                          with_command(process("b"), "--new")}));
  CHECK(plan.actions.empty());
  CHECK(find(plan, "a")->waits.guard == Guard::none);
  CHECK(find(plan, "b")->waits.guard == Guard::freeze);
}

TEST_CASE("a plan tells how incidents in progress go on") {
  ServicePolicy sick = process("sick");
  sick.remediation = {rung(RestartAction{}, 1)};
  ServicePolicy leaving = process("leaving");
  Rehearsal world{rules({sick, leaving})};
  world.settle_in();
  world.answer("sick", Answer::fail);
  world.answer("leaving", Answer::fail);
  REQUIRE(world.run_until([&] { return world.state("sick").activity == Activity::latched; }));

  RungPolicy other = rung(RestartAction{}, 2);
  other.name = "again";
  ServicePolicy changed = sick;
  changed.remediation = {other};
  const Plan plan = plan_of(world, rules({changed}));
  const auto& incident = find(plan, "sick")->incident;
  REQUIRE(incident);
  CHECK(incident->id == world.state("sick").incident->id);
  CHECK(incident->unlatched);
  CHECK_FALSE(incident->closes);
  CHECK(incident->forgotten == std::vector<std::string>{"restart"});
  CHECK(find(plan, "leaving")->incident->closes);
}

TEST_CASE("a process that is let run although its rules are gone is told of") {
  ServicePolicy watched = process("watched");
  Rehearsal world{rules({watched, process("other")})};
  world.settle_in();
  watched.observe = true;
  world.reload(rules({watched, process("other")}));
  world.run(1s);
  const Plan plan = plan_of(world, rules({process("other")}));
  CHECK(plan.actions.empty());
  CHECK(find(plan, "watched")->left_running);
  CHECK(plan.untouched == 1);
}

TEST_CASE("random plans have the actions of the reloads that follow") {
  std::size_t compared = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    campaign::Chance chance{seed};
    const auto before = campaign::random_rules(chance);
    sim::Rehearsal world{before, seed, [](const std::string&) {}, sim::Keep::records};
    world.let_one_shots_end();
    world.settle_in(30min);
    // Only what is at rest shows which actions are the reload's.
    bool rests = true;
    for (const auto& service : before->services) {
      const ServiceState& state = world.state(service->name);
      rests = rests && state.activity == Activity::idle;
    }
    const auto after = campaign::changed_rules(chance, *before);
    if (!rests) continue;
    const Plan plan =
        plan_reload(world.engine().what_if(), *before, after, world.now());
    world.forget();
    world.reload(after);
    world.run(30min);
    auto foreseen = planned(plan);
    auto happened = done(world);
    std::sort(foreseen.begin(), foreseen.end());
    std::sort(happened.begin(), happened.end());
    INFO("seed " << seed << "\n" << campaign::describe_rules(*before) << "--\n"
                 << campaign::describe_rules(*after));
    CHECK(plan.whole);
    CHECK(foreseen == happened);
    compared += happened.empty() ? 0 : 1;
  }
  CHECK(compared > 30);
}

TEST_CASE("every key of a service that differs is told") {
  CHECK(differences(plain, plain).empty());
  CHECK(told(plain, [](auto& s) { s.description = "x"; }) == Keys{"description"});
  CHECK(told(plain, [](auto& s) { s.owner = "x"; }) == Keys{"owner"});
  CHECK(told(plain, [](auto& s) { s.runbook = "x"; }) == Keys{"runbook"});
  CHECK(told(plain, [](auto& s) { s.labels = {{"a", "b"}}; }) == Keys{"labels"});
  CHECK(told(plain, [](auto& s) { s.severity = Severity::info; }) == Keys{"severity"});
  CHECK(told(plain, [](auto& s) { s.group = "x"; }) == Keys{"group"});
  CHECK(told(plain, [](auto& s) { s.backoff.factor = 9; }) == Keys{"backoff"});
  CHECK(told(plain, [](auto& s) { s.limits.actions = 9; }) == Keys{"limits"});
  CHECK(told(plain, [](auto& s) { s.reset_after = 9s; }) == Keys{"reset_after"});
  CHECK(told(plain, [](auto& s) { s.slow_retry.reset(); }) == Keys{"slow_retry"});
  CHECK(told(plain, [](auto& s) { s.observe = true; }) == Keys{"observe"});
  CHECK(told(plain, [](auto& s) { s.act_without_journal = true; }) == Keys{"on_journal_loss"});
  CHECK(told(plain, [](auto& s) { s.notify.repeat = 9s; }) == Keys{"notify"});
  CHECK(told(plain, [](auto& s) { s.runtime = ExternalRuntime{}; }) ==
        Keys{"process", "external"});
  CHECK(told(plain, [](auto& s) { process_of(s).exec.user = "x"; }) == Keys{"process.user"});
  CHECK(told(plain, [](auto& s) { process_of(s).exec.shell = true; }) == Keys{"process.command"});
  CHECK(told(plain, [](auto& s) { process_of(s).exec.group = "x"; }) == Keys{"process.group"});
  CHECK(told(plain, [](auto& s) { process_of(s).exec.directory = "/"; }) ==
        Keys{"process.directory"});
  CHECK(told(plain, [](auto& s) { process_of(s).exec.environment = {{"a", "b"}}; }) ==
        Keys{"process.environment"});
  CHECK(told(plain, [](auto& s) { process_of(s).pre_start = {{"x"}}; }) ==
        Keys{"process.pre_start"});
  CHECK(told(plain, [](auto& s) { process_of(s).stop.timeout = 1s; }) == Keys{"process.stop"});
  CHECK(told(plain, [](auto& s) { process_of(s).reload.number = 9; }) == Keys{"process.reload"});
  CHECK(told(plain, [](auto& s) { process_of(s).ready = Readiness::started; }) ==
        Keys{"process.ready"});
  CHECK(told(plain, [](auto& s) { process_of(s).output = Output::inherit; }) ==
        Keys{"process.output"});
  CHECK(told(plain, [](auto& s) { process_of(s).umask = 7; }) == Keys{"process.umask"});
  CHECK(told(plain, [](auto& s) { process_of(s).limits = {{"core", 1, 1}}; }) ==
        Keys{"process.limits"});
  CHECK(told(plain, [](auto& s) { process_of(s).exit.success = {3}; }) == Keys{"process.exit"});
  const auto runtime = [](ServicePolicy& s) -> ExternalRuntime& {
    return std::get<ExternalRuntime>(s.runtime);
  };
  CHECK(told(foreign, [&](auto& s) { runtime(s).start.reset(); }) == Keys{"external.start"});
  CHECK(told(foreign, [&](auto& s) { runtime(s).stop.reset(); }) == Keys{"external.stop"});
  CHECK(told(foreign, [&](auto& s) { runtime(s).restart.reset(); }) == Keys{"external.restart"});
  CHECK(told(foreign, [&](auto& s) { runtime(s).reload.reset(); }) == Keys{"external.reload"});
}

TEST_CASE("every probe, rung and dependency that differs is told") {
  CHECK(told(plain, [](auto& s) { s.depends_on = {on("b")}; }) == Keys{"depends_on.b"});
  CHECK(told(plain, [](auto& s) { s.probes.clear(); }) == Keys{"probes.answers"});
  CHECK(told(plain, [](auto& s) { s.probes.push_back(probe("x")); }) == Keys{"probes.x"});
  const auto of_probe = [&](const std::function<void(ProbePolicy&)>& how) {
    return told(plain, [&](auto& s) { how(s.probes.front()); });
  };
  CHECK(of_probe([](auto& p) { p.role = ProbeRole::ready; }) == Keys{"probes.answers.role"});
  CHECK(of_probe([](auto& p) { p.kind = TcpProbe{}; }) ==
        Keys{"probes.answers.exec", "probes.answers.tcp"});
  CHECK(of_probe([](auto& p) { std::get<ExecProbe>(p.kind).success = {4}; }) ==
        Keys{"probes.answers.exec"});
  CHECK(of_probe([](auto& p) { p.timeout = 99s; }) == Keys{"probes.answers.timeout"});
  CHECK(of_probe([](auto& p) { p.failure_threshold = 99; }) ==
        Keys{"probes.answers.failure_threshold"});
  CHECK(of_probe([](auto& p) { p.success_threshold = 99; }) ==
        Keys{"probes.answers.success_threshold"});
  CHECK(of_probe([](auto& p) { p.start_period = 99s; }) == Keys{"probes.answers.start_period"});
  CHECK(of_probe([](auto& p) { p.source = "x"; }) == Keys{"probes.answers.source"});
  CHECK(of_probe([](auto& p) { p.address = "x"; }) == Keys{"probes.answers.address"});
  CHECK(told(plain, [](auto& s) { s.remediation.clear(); }) == Keys{"remediation.restart"});
  const auto of_rung = [&](const std::function<void(RungPolicy&)>& how) {
    return told(plain, [&](auto& s) { how(s.remediation.own().front()); });
  };
  CHECK(of_rung([](auto& r) { r.action = StopAction{}; }) == Keys{"remediation.restart.stop"});
  CHECK(of_rung([](auto& r) { r.on = {"exited"}; }) == Keys{"remediation.restart.on"});
  CHECK(of_rung([](auto& r) { r.attempts = 99; }) == Keys{"remediation.restart.attempts"});
  CHECK(of_rung([](auto& r) { r.timeout = 99s; }) == Keys{"remediation.restart.timeout"});
  CHECK(of_rung([](auto& r) { r.verify.within = 99s; }) == Keys{"remediation.restart.verify"});
  CHECK(of_rung([](auto& r) { r.destructive = true; }) == Keys{"remediation.restart.destructive"});
}

TEST_CASE("what differs is never silent, whatever random rules change") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    campaign::Chance chance{seed};
    const auto before = campaign::random_rules(chance);
    const auto after = campaign::changed_rules(chance, *before);
    for (const auto& was : before->services) {
      for (const auto& is : after->services) {
        if (was->name != is->name) continue;
        CHECK(differences(*was, *is).empty() == (*was == *is));
      }
    }
  }
}

TEST_CASE("the daemon's own keys, groups and receivers are told") {
  const Policy before = rules({process("a")}, {GroupPolicy{"front", 1, Share{0.5}, {}}});
  Policy after = before;
  after.daemon.start_concurrency = 3;
  after.daemon.actions_per_hour = 100;
  after.daemon.journal_max_age = 1h;
  after.groups.front().storm.let = 9;
  after.receivers.push_back({"oncall", ExecReceiver{}, 10s});
  CHECK(keys(daemon_differences(before, after)) ==
        std::vector<std::string>{"heald.start_concurrency", "heald.actions_per_hour",
                                 "heald.journal", "groups.front.storm", "receivers.oncall"});
  CHECK(daemon_differences(before, before).empty());
}

}  // namespace heald
