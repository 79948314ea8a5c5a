#include "runtime/stage.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace heald::test {

void ScriptedProber::start(ProbeOrder order) {
  if (!answers) {
    silent.push_back(std::move(order));
    return;
  }
  const auto told = outcomes.find(order.service);
  Observation seen;
  seen.service = order.service;
  seen.probe = order.probe;
  seen.run = order.run;
  seen.begun = order.begun;
  seen.outcome = told == outcomes.end() ? Outcome::pass : told->second;
  if (seen.outcome != Outcome::pass) seen.evidence = "connection refused";
  sink(std::move(seen));
}

void ScriptedActuator::start(ActionOrder order) {
  orders.push_back(order);
  if (!answer) return;
  boost::asio::post(strand_, [this, order = std::move(order), result = *answer] {
    if (before_answer) before_answer(order);
    ActionReport report;
    report.id = order.id;
    report.result = result;
    const ActionKind kind = kind_of(order.action);
    const bool starts = kind == ActionKind::start || kind == ActionKind::restart;
    if (starts && order.policy->process() != nullptr) report.pid = ++last_pid_;
    finished(std::move(report));
  });
}

std::size_t ScriptedActuator::count(ActionKind kind) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      orders, [kind](const ActionOrder& order) { return kind_of(order.action) == kind; }));
}

void ScriptedJournal::append(JournalEntry entry, Durable durable) {
  entries.push_back(std::move(entry));
  switch (mode) {
    case Mode::works: return durable({});
    case Mode::fails: return durable("cannot write journal.db: no space left on device");
    case Mode::waits: waiting_.push_back(std::move(durable));
  }
}

void ScriptedJournal::flush() {
  ++flushes;
  release();
}

void ScriptedJournal::release() {
  for (auto& durable : std::exchange(waiting_, {})) durable({});
}

void RecordingObserver::on_record(const Record& record, const ServicePolicy*) {
  records.push_back(record);
}

const Record* RecordingObserver::find(RecordKind kind) const {
  const auto found = std::ranges::find(records, kind, &Record::kind);
  return found == records.end() ? nullptr : &*found;
}

std::size_t RecordingObserver::count(RecordKind kind) const {
  return static_cast<std::size_t>(std::ranges::count(records, kind, &Record::kind));
}

Stage::Stage() : Stage(nullptr, LiveClock{}) {}

Stage::Stage(Journal& journal, const Recovered& recovered)
    : Stage(&journal, LiveClock{recovered}) {}

Stage::Stage(Journal* journal, LiveClock engine_clock)
    : clock(engine_clock), actuator(strand), work_(strand.get_executor()) {
  supervisor = std::make_unique<Supervisor>(
      1, Supervisor::Parts{
             .strand = strand,
             .prober = prober,
             .actuator = actuator,
             .journal = journal != nullptr ? *journal : scripted,
             .board = board,
             .processes = {.adopt = [this](auto id, const auto& rules) { return found(id, rules); },
                           .kill = [this](ServiceId service) { killed.push_back(service); },
                           .release = [this](ServiceId service) { released.insert(service); }},
             .message_body = [](const Message&, const TellCommand& news) { return news.text; },
             .send = [this](std::vector<Message> messages) {
               std::move(messages.begin(), messages.end(), std::back_inserter(sent));
             },
             .now = [this] { return clock.now() + Duration{clock_ahead.load()}; },
             .wall = [this] { return LiveClock::wall() + std::chrono::milliseconds{wall_ahead}; },
             .observers = {&observer},
             .ended = [this] { ended = true; }});
  prober.sink = [this](Observation seen) { supervisor->observed(std::move(seen)); };
  actuator.finished = [this](ActionReport report) { supervisor->finished(std::move(report)); };
}

void Stage::begin(std::shared_ptr<const Policy> policy, std::optional<Snapshot> snapshot,
                  std::vector<std::string> left_over) {
  Supervisor::Beginning beginning;
  beginning.snapshot = std::move(snapshot);
  beginning.policy = std::move(policy);
  beginning.left_over = std::move(left_over);
  supervisor->begin(std::move(beginning));
}

ProcessFound Stage::found(ServiceId service, const ServicePolicy& policy) const {
  const auto child = children.find(policy.name);
  ProcessFound result = child == children.end() ? ProcessFound{} : child->second;
  result.service = service;
  return result;
}

bool Stage::until(const std::function<bool()>& condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (!condition()) {
    if (strand.run_one_until(limit) == 0) return condition();
  }
  return true;
}

bool Stage::until_record(RecordKind kind) {
  return until([&] { return observer.saw(kind); });
}

void Stage::drain() {
  while (strand.poll() > 0) {
  }
}

std::string Stage::operate(Operation operation, std::optional<std::string> service) {
  Operated operated;
  operated.operation = operation;
  if (service) operated.service = id(*service);
  operated.by = "test";
  std::optional<std::string> answer;
  supervisor->operate(std::move(operated), [&](std::string refusal) { answer = refusal; });
  if (!until([&] { return answer.has_value(); })) return "no answer";
  return *answer;
}

ServiceId Stage::id(const std::string& service) const {
  const auto page = board.find(service);
  return page ? page->id : ServiceId{~0U};
}

ServicePolicy external_service(const std::string& name) {
  ServicePolicy service;
  service.name = name;
  ExternalRuntime runtime;
  ExecPolicy nothing;
  nothing.command = {"/bin/true"};
  runtime.start = runtime.stop = runtime.restart = nothing;
  service.runtime = runtime;
  ProbePolicy probe;
  probe.name = "answers";
  probe.kind = TcpProbe{};
  probe.interval = 1s;
  probe.timeout = 500ms;
  probe.failure_threshold = 1;
  probe.source = "loopback";
  probe.address = "127.0.0.1:1";
  service.probes.push_back(probe);
  RungPolicy restart;
  restart.name = "restart";
  restart.action = RestartAction{};
  restart.attempts = 3;
  restart.verify = VerifyPolicy{.probes = {}, .within = 5s, .stable_for = 50ms};
  service.remediation.push_back(restart);
  service.backoff.initial = 50ms;
  return service;
}

ServicePolicy process_service(const std::string& name) {
  ServicePolicy service = external_service(name);
  ProcessRuntime runtime;
  runtime.exec.command = {"/bin/sleep", "3600"};
  service.runtime = runtime;
  return service;
}

std::shared_ptr<const Policy> policy_of(const std::vector<ServicePolicy>& services) {
  Policy policy;
  policy.revision = "test-" + std::to_string(services.size());
  GroupPolicy all;
  all.name = "all";
  all.min_healthy = Share{0};
  policy.groups.push_back(all);
  for (const auto& service : services) {
    policy.services.push_back(std::make_shared<const ServicePolicy>(service));
  }
  return std::make_shared<const Policy>(std::move(policy));
}

}  // namespace heald::test
