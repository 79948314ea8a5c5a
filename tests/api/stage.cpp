#include "api/stage.hpp"

#include <stdexcept>
#include <utility>

namespace heald::test {

ScriptedPort::~ScriptedPort() {
  for (auto& thread : threads_) thread.join();
}

void ScriptedPort::operate(Operated operated, std::function<void(std::string)> answered) {
  if (on_operate) on_operate(operated);
  {
    const std::lock_guard lock{mutex_};
    operations_.push_back(std::move(operated));
  }
  answer([answered = std::move(answered), why = refusal] { answered(why); });
}

void ScriptedPort::inspect(ServiceId, std::function<void(Inspection)> answered) {
  answer([answered = std::move(answered), what = inspection] { answered(what); });
}

void ScriptedPort::answer(std::function<void()> how) {
  if (mode == Mode::answers) return how();
  const std::lock_guard lock{mutex_};
  if (mode == Mode::keeps) {
    kept_.push_back(std::move(how));
  } else {
    threads_.emplace_back(std::move(how));
  }
}

void ScriptedPort::release() {
  std::vector<std::function<void()>> answers;
  {
    const std::lock_guard lock{mutex_};
    answers.swap(kept_);
  }
  for (auto& how : answers) how();
}

std::vector<Operated> ScriptedPort::operations() const {
  const std::lock_guard lock{mutex_};
  return operations_;
}

std::size_t ScriptedPort::kept() const {
  const std::lock_guard lock{mutex_};
  return kept_.size();
}

Stage::Stage(const StageOptions& options) {
  daemon.ready = true;
  daemon.revision = "r1";
  publish(daemon);
  const bool turns = options.strand == StageOptions::Strand::turns;
  OnStrand on_strand = [turns](const std::function<void()>& work) {
    if (turns) work();
  };
  Servers::Endpoints endpoints;
  endpoints.telemetry = "127.0.0.1:0";
  endpoints.socket = socket();
  endpoints.limits = options.limits;
  endpoints.heartbeat = options.heartbeat;
  endpoints.answer = options.answer;
  auto started = Servers::start(
      {board, commands, rules, journal, *history, metrics, clock, std::move(on_strand), "1.2.3",
       [this](ProbeOrder order, std::function<void(Examination)> examined) {
         if (on_examine) examined(on_examine(order));
       }},
      std::move(endpoints));
  if (!started) throw std::runtime_error{started.error().message};
  servers = std::move(*started);
}

Stage::~Stage() = default;

ServicePage& Stage::add(const std::string& name, Health health) {
  auto policy = std::make_shared<ServicePolicy>();
  policy->name = name;
  ProbePolicy probe;
  probe.name = "answers";
  probe.kind = HttpProbe{};
  policy->probes.push_back(probe);
  RungPolicy rung;
  rung.name = "restart";
  rung.action = RestartAction{};
  rung.attempts = 3;
  policy->remediation.push_back(rung);
  auto& page = *pages_.emplace_back(std::make_unique<ServicePage>());
  page.id = ServiceId{static_cast<std::uint32_t>(pages_.size() - 1)};
  page.policy = std::move(policy);
  page.state.name = name;
  page.state.health = health;
  page.state.health_since = clock.now();
  page.state.activity_since = clock.now();
  Condition condition;
  condition.name = "answers";
  condition.status =
      health == Health::unhealthy ? ConditionStatus::fail : ConditionStatus::pass;
  condition.changed = clock.now();
  page.state.conditions.push_back(condition);
  publish(page);
  return page;
}

void Stage::publish(const ServicePage& page) {
  board.publish(std::make_shared<ServicePage>(page));
}

void Stage::journal_record(const ServicePage& page, Record record, std::chrono::minutes ago) {
  JournalEntry entry;
  entry.wall = LiveClock::wall() - ago;
  entry.at = clock.now();
  record.at = entry.at;
  record.service = page.id;
  entry.records.push_back(std::move(record));
  entry.changed.emplace_back(page.id, page.state);
  journal.append(std::move(entry), {});
}

void Stage::open_incident(ServicePage& page, const std::string& symptom) {
  Incident incident;
  incident.id = IncidentId{page.id.value() + 1U};
  incident.first_symptom = clock.now();
  incident.opened = clock.now();
  incident.symptom = symptom;
  page.state.incident = incident;
  page.state.conditions.front().evidence = symptom;
  publish(page);
  Record record;
  record.kind = RecordKind::incident_opened;
  record.incident = incident.id;
  record.text = symptom;
  journal_record(page, record);
}

void Stage::close_incident(ServicePage& page) {
  Incident& incident = *page.state.incident;
  incident.closing = Closing::recovered;
  incident.closed = clock.now();
  page.state.health = Health::healthy;
  publish(page);
  Record record;
  record.kind = RecordKind::incident_closed;
  record.incident = incident.id;
  record.closing = incident.closing;
  journal_record(page, record);
}

}  // namespace heald::test
