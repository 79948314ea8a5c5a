#include "main/daemon.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "api/servers.hpp"
#include "base/memory.hpp"
#include "journal/event_log.hpp"
#include "journal/recorder.hpp"
#include "logs/log_keeper.hpp"
#include "main/real_world.hpp"
#include "main/rules_desk.hpp"
#include "main/service_manager.hpp"
#include "process/open_files.hpp"
#include "replay/rules_book.hpp"
#include "runtime/clock.hpp"
#include "runtime/plan.hpp"
#include "runtime/rest.hpp"
#include "runtime/startup.hpp"
#include "runtime/supervisor.hpp"

namespace heald {
namespace {

// The same host and folder spread their probes in the same way in every life.
std::uint64_t seed_for(const std::string& state_dir) {
  std::array<char, 256> host{};
  (void)::gethostname(host.data(), host.size() - 1);
  return std::hash<std::string>{}(host.data() + ("\n" + state_dir));
}

std::string list(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) {
    if (!text.empty()) text += '\n';
    text += to_string(problem);
  }
  return text;
}

/// Hands what was observed to the recorder, when there is one.
class RecorderFeed final : public Observer {
 public:
  Recorder* to = nullptr;
  void on_observation(const Observation& observation, Instant at,
                      const std::shared_ptr<const ServicePolicy>& policy) override {
    if (to != nullptr) to->record(observation, at, policy);
  }
};

/// The greatest message id that was given out. Without a history the present stands for it, so that
/// a journal that was lost, or is none, repeats no id that receivers know already.
MessageId greatest_message(const Recovered& recovered) {
  if (recovered.last_message != MessageId{}) return recovered.last_message;
  return MessageId{static_cast<std::uint64_t>(LiveClock::wall().time_since_epoch().count())};
}

class Daemon {
 public:
  Daemon(const RunOptions& options, std::string version)
      : options_(options),
        version_(std::move(version)),
        log_({.descriptor = STDERR_FILENO,
              .format = log_format_for(STDERR_FILENO),
              .least = options.log_level}),
        metrics_(version_),
        manager_(strand_.get_executor(), ManagerAddress::take_from_environment(), board_) {}
  ~Daemon() { close(); }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// Everything that can fail; no service has been touched when it does.
  [[nodiscard]] Result<void> open(const std::string& file, Loaded rules);
  /// Until the end.
  void run();

 private:
  [[nodiscard]] Result<void> open_journal();
  [[nodiscard]] RealWorld::Reports reports();
  [[nodiscard]] std::optional<ReceiverPolicy> receiver(std::string_view name) const;
  void message_ended(const Message& message, const MessageOutcome& outcome);
  void open_recorder();
  void find_rules_before();
  void make_supervisor();
  [[nodiscard]] std::unique_ptr<CgroupHome> find_cgroups();
  [[nodiscard]] Result<void> listen();
  void begin();
  void await_signal();
  void await_log_signal();
  void keep_logs();
  void reload(Loaded loaded, const std::string& by, RulesDesk::Answered answered);
  [[nodiscard]] std::function<std::string()> plan(Loaded loaded) const;
  void refuse(const Loaded& loaded, const std::string& by, const RulesDesk::Answered& answered);
  void close();

  RunOptions options_;
  std::string version_;
  Log log_;
  Metrics metrics_;
  Board board_;
  boost::asio::io_context strand_{1};  // one thread runs it: no need for its locks to be fair
  boost::asio::signal_set signals_{strand_, SIGTERM, SIGINT, SIGHUP};
  boost::asio::signal_set log_signals_{strand_, SIGUSR1};
  Rest rest_{strand_, [] { give_back_memory(); }};
  ServiceManager manager_;
  Locations locations_;
  StateFolders folders_;
  std::shared_ptr<const Policy> policy_;
  std::shared_ptr<const Policy> before_;  ///< of the earlier life, until this one begins
  std::string oom_problem_;  ///< why kills for memory are not seen
  Life life_;
  History history_;
  std::atomic<bool> journal_works_ = true;  ///< as its thread said last
  std::unique_ptr<Recorder> recorder_;
  RecorderFeed recording_;
  LiveClock clock_;
  std::unique_ptr<RealWorld> world_;
  std::unique_ptr<Supervisor> supervisor_;
  std::unique_ptr<Servers> servers_;
  std::unique_ptr<RulesDesk> rules_desk_;
  std::unique_ptr<LogKeeper> log_keeper_;  ///< null: nobody prints to files
};

Result<void> Daemon::open(const std::string& file, Loaded rules) {
  locations_ = locate(options_.locations, rules.policy->daemon, Surroundings::of_this_process());
  life_.observe = options_.observe;
  life_.init = ::getpid() == 1;
  policy_ = std::make_shared<const Policy>(adapted(*std::move(rules.policy), life_));
  auto folders = prepare_folders(locations_);
  if (!folders) return folders.error();
  folders_ = *std::move(folders);
  life_.seed = seed_for(folders_.state);
  if (const auto opened = open_journal(); !opened) return opened.error();
  history_.journal->keep_rules(policy_->revision, std::move(rules.files));
  find_rules_before();
  open_recorder();
  clock_ = LiveClock{history_.recovered};
  rules_desk_ = std::make_unique<RulesDesk>(
      strand_, file,
      [this] {
        return [life = life_, before = policy_](Policy rules) {
          return sharing(adapted(std::move(rules), life), *before);
        };
      },
      [this](Loaded loaded, const std::string& by, RulesDesk::Answered answered) {
        reload(std::move(loaded), by, std::move(answered));
      },
      [this](Loaded loaded) { return plan(std::move(loaded)); });
  world_ = std::make_unique<RealWorld>(strand_, folders_, locations_.socket + ".notify",
                                       find_cgroups(), reports());
  make_supervisor();
  return listen();
}

Result<void> Daemon::open_journal() {
  auto history = open_history(folders_, *policy_, life_, [this](const JournalChanged& change) {
    journal_works_ = change.what == JournalChanged::What::works;
    // Posted, because the supervisor may not be there yet.
    boost::asio::post(strand_, [this, change] { supervisor_->journal_changed(change); });
  });
  if (!history) return history.error();
  history_ = *std::move(history);
  life_ = std::move(history_.life);
  return {};
}

/// What runs was started under the rules of then. Without them it is left as it is.
void Daemon::find_rules_before() {
  const Recovered& recovered = history_.recovered;
  const std::string before{read_revision(recovered.rules_revision)};
  if (!recovered.snapshot || before.empty() || before == policy_->revision) return;
  const auto unknown = [&](const Error& error) {
    log_.say(LogLevel::warning, "what changed in the rules while heald was away is not known, and "
                                "reaches what runs with its next restart only: " + error.message);
  };
  const auto log = open_event_log(folders_.state);
  if (!log) return unknown(log.error());
  auto rules = RulesBook{**log}.find(before, life_);
  if (!rules) return unknown(rules.error());
  before_ = *std::move(rules);
}

/// A recorder is worth a warning, not an end: nothing is decided by it.
void Daemon::open_recorder() {
  const Bytes size = policy_->daemon.recorder_max_size;
  if (folders_.state.empty() || size == Bytes{}) return;
  RecorderOptions options;
  options.max_size = size;
  options.on_change = [this](const std::string& what) {
    boost::asio::post(strand_, [this, what] { log_.say(LogLevel::warning, what); });
  };
  auto recorder = heald::open_recorder(folders_.state, std::move(options));
  if (!recorder) return log_.say(LogLevel::warning, recorder.error().message);
  recorder_ = *std::move(recorder);
  recording_.to = recorder_.get();
  metrics_.watch(*recorder_);
}

std::unique_ptr<CgroupHome> Daemon::find_cgroups() {
  auto found = CgroupHome::open(CgroupSurroundings::of_this_process());
  oom_problem_ = found ? (*found)->oom_problem() : found.error().message;
  const auto level = asks_for_oom(*policy_) ? LogLevel::warning : LogLevel::info;
  if (!found) {
    log_.say(level, "services get no cgroups of their own, so that kills for memory and processes "
                    "that leave their group are not seen: " + oom_problem_);
    return nullptr;
  }
  if (!oom_problem_.empty()) log_.say(level, "kills for memory are not seen: " + oom_problem_);
  return *std::move(found);
}

RealWorld::Reports Daemon::reports() {
  RealWorld::Reports reports;
  reports.observed = [this](Observation seen) { supervisor_->observed(std::move(seen)); };
  reports.acted.finished = [this](ActionReport report) {
    supervisor_->finished(std::move(report));
  };
  reports.acted.exited = [this](ExitReport report) { supervisor_->exited(report); };
  reports.find_receiver = [this](std::string_view name) { return receiver(name); };
  reports.message_ended = [this](const Message& message, const MessageOutcome& outcome) {
    message_ended(message, outcome);
  };
  reports.receivers_changed = [this](std::vector<TroubledReceiver> troubled) {
    supervisor_->receivers_changed(std::move(troubled));
  };
  reports.said = [this](ServiceId service, std::string words) {
    supervisor_->said(service, std::move(words));
  };
  reports.now = [this] { return clock_.now(); };
  reports.wall_of = [this](Instant at) { return clock_.wall_of(at); };
  reports.trouble = [this](const std::string& problem) { log_.say(LogLevel::warning, problem); };
  return reports;
}

void Daemon::message_ended(const Message& message, const MessageOutcome& outcome) {
  supervisor_->told(message, outcome);
  const bool lost = outcome.end != MessageEnd::delivered && outcome.end != MessageEnd::superseded;
  if (!lost) return;
  log_.say(LogLevel::error, "message " + std::to_string(message.id.value()) + " to " +
                                message.receiver + " about " + message.service + " was " +
                                std::string{to_string(outcome.end)} + " after " +
                                std::to_string(outcome.attempts) + " attempts: " +
                                outcome.problem);
}

std::optional<ReceiverPolicy> Daemon::receiver(std::string_view name) const {
  for (const ReceiverPolicy& receiver : policy_->receivers) {
    if (receiver.name == name) return receiver;
  }
  return std::nullopt;
}

void Daemon::make_supervisor() {
  supervisor_ = std::make_unique<Supervisor>(
      life_.seed,
      Supervisor::Parts{.strand = strand_,
                        .prober = world_->prober(),
                        .actuator = world_->actuator(),
                        .journal = *history_.journal,
                        .board = board_,
                        .processes = world_->processes(),
                        .message_body =
                            [this](const Message& message, const TellCommand& news) {
                              return LiveActuator::message_body(message, news, [this](Instant at) {
                                return clock_.wall_of(at);
                              });
                            },
                        .send = [this](std::vector<Message> messages) {
                          world_->send(std::move(messages));
                        },
                        .now = [this] { return clock_.now(); },
                        .wall = LiveClock::wall,
                        .observers = {&log_, &metrics_, &recording_, &manager_, &rest_},
                        .ended = [this] { strand_.stop(); }});
}

Result<void> Daemon::listen() {
  Servers::Endpoints endpoints;
  endpoints.telemetry = locations_.telemetry;
  endpoints.socket = locations_.socket;
  auto servers = Servers::start(
      {.board = board_,
       .port = *supervisor_,
       .rules = *rules_desk_,
       .journal = *history_.journal,
       .history = *history_.reader,
       .metrics = metrics_,
       .clock = clock_,
       .on_strand = [this](std::function<void()> work) {
         boost::asio::post(strand_, std::move(work));
       },
       .version = version_,
       .examine =
           [this](ProbeOrder order, std::function<void(Examination)> examined) {
             world_->examine(std::move(order), std::move(examined));
           }},
      std::move(endpoints));
  if (!servers) return servers.error();
  servers_ = *std::move(servers);
  return {};
}

void Daemon::begin() {
  const std::string loss = describe_loss(history_.recovered);
  if (!loss.empty()) log_.say(LogLevel::error, loss);
  if (folders_.state.empty()) {
    log_.say(LogLevel::warning,
             "state_dir is none: budgets, incidents and operators' stops are forgotten when heald "
             "ends, and running services are not found again");
  }
  Supervisor::Beginning beginning;
  beginning.boot = history_.recovered.same_boot ? Restarted::Boot::same : Restarted::Boot::another;
  beginning.snapshot = starting_point(history_.recovered);
  beginning.policy = policy_;
  beginning.before = std::move(before_);
  beginning.oom_problem = oom_problem_;
  beginning.logs = folders_.logs;
  beginning.left_over = life_.left_over;
  beginning.messages = std::move(history_.recovered.messages);
  beginning.last_message = greatest_message(history_.recovered);
  if (options_.observe) beginning.mode = Supervisor::Beginning::Mode::observe;
  keep_logs();
  supervisor_->begin(std::move(beginning));
  log_.say(LogLevel::info, "heald " + version_ + " looks after " +
                               std::to_string(policy_->services.size()) + " services, answers on " +
                               locations_.socket +
                               (locations_.telemetry ? " and " + *locations_.telemetry : ""));
  manager_.ready();
  rest_.loaded(policy_->services.size());
}

void Daemon::run() {
  await_signal();
  await_log_signal();
  begin();
  strand_.run();
  close();
}

void Daemon::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      rules_desk_->reload("SIGHUP", {});
    } else {
      manager_.stopping();
      supervisor_->shut_down();
    }
    await_signal();
  });
}

/// Who moves logs about with tools of his own may have heald begin new files, too.
void Daemon::await_log_signal() {
  log_signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    if (log_keeper_) log_keeper_->renew();
    log_.say(LogLevel::info, "SIGUSR1: new files for what services print");
    await_log_signal();
  });
}

void Daemon::keep_logs() {
  if (folders_.logs.empty()) return;
  std::vector<KeptLog> logs;
  for (const auto& service : policy_->services) {
    const auto* process = service->process();
    if (process == nullptr || process->output != Output::file) continue;
    logs.push_back({service->name, process->log.max_size.count, process->log.files});
  }
  if (log_keeper_) return log_keeper_->keep(std::move(logs));
  log_keeper_ = std::make_unique<LogKeeper>(
      folders_.logs, logs,
      [this](const std::string& problem) { log_.say(LogLevel::warning, problem); });
}

void Daemon::reload(Loaded loaded, const std::string& by, RulesDesk::Answered answered) {
  if (!loaded.policy) return refuse(loaded, by, answered);
  Reloaded outcome;
  if (supervisor_->ended()) {
    outcome.refusal = "heald is ending";
    return answered(std::move(outcome));
  }
  const auto places = locate(options_.locations, loaded.policy->daemon,
                             Surroundings::of_this_process());
  if (places != locations_) {
    outcome.remarks.emplace_back("state_dir, socket and telemetry change with the next start only");
    log_.say(LogLevel::warning, outcome.remarks.back());
  }
  manager_.reloading();
  policy_ = std::make_shared<const Policy>(*std::move(loaded.policy));
  outcome.revision = policy_->revision;
  history_.journal->keep_rules(policy_->revision, std::move(loaded.files));
  history_.journal->retain(retention_of(*policy_));
  log_.say(LogLevel::info, "reload by " + by + ": rules " + policy_->revision + " for " +
                               std::to_string(policy_->services.size()) + " services");
  keep_logs();
  rest_.loaded(policy_->services.size());
  supervisor_->load(policy_, [this, outcome = std::move(outcome),
                              answered = std::move(answered)](const std::string& remark) mutable {
    if (!remark.empty()) outcome.remarks.push_back(remark);
    manager_.reloaded({});
    answered(std::move(outcome));
  });
}

void Daemon::refuse(const Loaded& loaded, const std::string& by,
                    const RulesDesk::Answered& answered) {
  const std::string problem = list(loaded.problems);
  log_.say(LogLevel::error, "reload by " + by + ": the new rules are wrong, the old ones stay in "
                            "force: " + problem);
  manager_.reloading();
  supervisor_->refuse_rules(problem);
  manager_.reloaded(problem);
  Reloaded outcome;
  outcome.mistakes = as_mistakes(loaded.problems);
  answered(std::move(outcome));
}

/// The copy of the engine is made here; what it foresees takes longer than the strand may stand.
std::function<std::string()> Daemon::plan(Loaded loaded) const {
  if (supervisor_->ended()) return {};
  const auto rules = std::make_shared<const Policy>(*std::move(loaded.policy));
  const auto engine = std::make_shared<Engine>(supervisor_->what_if());
  return [engine, rules, in_force = policy_, now = clock_.now()] {
    return to_json(plan_reload(std::move(*engine), *in_force, rules, now));
  };
}

// Stop intake, join, flush. What other threads still hold of us ends before what they hold.
void Daemon::close() {
  manager_.close();
  if (servers_) servers_->stop();
  if (world_) world_->stop_looking();
  rules_desk_.reset();
  log_keeper_.reset();
  history_.reader.reset();  // the last to close a database empties its log, and must be a writer
  history_.journal.reset();  // tries once more to write what it could not
  if (!journal_works_.exchange(true)) {
    log_.say(LogLevel::error, "heald ends while the journal cannot be written: what happened since "
                              "it failed is not in it");
  }
  servers_.reset();
  supervisor_.reset();
  world_.reset();
  recording_.to = nullptr;
  recorder_.reset();
}

int status_of(const std::string& message, ExitCode code) {
  std::fprintf(stderr, "heald: %s\n", message.c_str());
  return static_cast<int>(code);
}

}  // namespace

int run_daemon(const RunOptions& options, const std::string& version) {
  const std::string file = config_file(options.locations, Surroundings::of_this_process());
  Loaded loaded = load_rules(file);
  if (!loaded.policy) {
    std::fprintf(stderr, "%s\n", list(loaded.problems).c_str());
    return static_cast<int>(ExitCode::usage);
  }
  raise_open_files();
  share_arenas();
  std::signal(SIGPIPE, SIG_IGN);  // a peer that hangs up is an error of the write, not our end
  try {
    Daemon daemon{options, version};
    const auto opened = daemon.open(file, std::move(loaded));
    if (!opened) return status_of(opened.error().message, ExitCode::failed);
    daemon.run();
  } catch (const std::exception& error) {
    return status_of(error.what(), ExitCode::failed);
  }
  return static_cast<int>(ExitCode::good);
}

}  // namespace heald
