#pragma once
// The validated rules in force. `policy` parses rule files into these types; everything else
// only reads them. They are plain data: an instance that reached the engine never changes.
// The meaning of each rule is in docs/rules.md; here stand types, units and defaults.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "heald/probes.hpp"
#include "heald/requests.hpp"
#include "heald/seldom.hpp"
#include "heald/shared.hpp"
#include "heald/time.hpp"

namespace heald {

/// The name of the condition that a process service's own child stands for.
inline constexpr std::string_view process_condition = "process";

// --- Actions and the ladder --------------------------------------------------------------

struct RestartAction {
  friend bool operator==(const RestartAction&, const RestartAction&) = default;
};
struct StartAction {
  friend bool operator==(const StartAction&, const StartAction&) = default;
};
struct StopAction {
  friend bool operator==(const StopAction&, const StopAction&) = default;
};
struct ReloadAction {
  friend bool operator==(const ReloadAction&, const ReloadAction&) = default;
};
struct SignalAction {
  Signal signal;
  friend bool operator==(const SignalAction&, const SignalAction&) = default;
};
struct ExecAction {
  ExecPolicy exec;
  friend bool operator==(const ExecAction&, const ExecAction&) = default;
};
struct HttpAction {
  HttpRequestPolicy request;
  std::vector<StatusRange> status = {StatusRange{}};
  friend bool operator==(const HttpAction&, const HttpAction&) = default;
};
/// Rebuilds what the service needs. A process service is stopped before the command runs and
/// started after it succeeded; an external one runs its own `stop` and `start`, where it has them.
struct ReprovisionAction {
  ExecPolicy exec;
  friend bool operator==(const ReprovisionAction&, const ReprovisionAction&) = default;
};
struct NotifyAction {
  std::vector<std::string> to;  ///< receivers' names; empty: the service's `notify.to`
  std::string message;
  friend bool operator==(const NotifyAction&, const NotifyAction&) = default;
};

using Action = std::variant<RestartAction, StartAction, StopAction, ReloadAction, SignalAction,
                            ExecAction, HttpAction, ReprovisionAction, NotifyAction>;

/// The alternatives of `Action`, in its order.
enum class ActionKind : std::uint8_t {
  restart, start, stop, reload, signal, exec, http, reprovision, notify,
};

[[nodiscard]] constexpr ActionKind kind_of(const Action& action) {
  return static_cast<ActionKind>(action.index());
}
/// The word of the rule files: "restart".
[[nodiscard]] std::string_view to_string(ActionKind kind);

/// What proves an action. See docs/rules.md, "verify".
struct VerifyPolicy {
  /// Names of conditions; empty: those that the rung was chosen for. `process` always belongs.
  std::vector<std::string> probes;
  Duration within = 30s;      ///< counted from the end of the start period
  Duration stable_for = 10s;  ///< how long it must stay healthy to be called healed
  friend bool operator==(const VerifyPolicy&, const VerifyPolicy&) = default;
};

/// One step of the ladder.
struct RungPolicy {
  std::string name;  ///< unique in its ladder; default: its action's word
  Action action;
  /// Conditions by name, or `exited`, `oom`, `crash_loop`; empty: any.
  std::vector<std::string> on;
  std::uint32_t attempts = 1;  ///< default 3 for restart and start, else 1
  Duration timeout = 60s;      ///< of the action itself
  VerifyPolicy verify;
  bool destructive = false;  ///< never part of the slow retry; default true for reprovision
  friend bool operator==(const RungPolicy&, const RungPolicy&) = default;
};

// --- A service ---------------------------------------------------------------------------

enum class OnSuccess : std::uint8_t {
  restart,  ///< an exit is an exit: unhealthy (the default)
  done,     ///< a one-shot has done its work: desired becomes `done`
};

struct ExitPolicy {
  Shared<std::vector<int>> success = {0};
  OnSuccess on_success = OnSuccess::restart;
  Shared<std::vector<int>> never_restart;  ///< statuses after which no restart or start is tried
  std::uint32_t crash_loop_exits = 5;  ///< so many exits…
  Duration crash_loop_within = 1min;   ///< …in this time fail the condition `crash_loop`
  friend bool operator==(const ExitPolicy&, const ExitPolicy&) = default;
};

struct StopPolicy {
  Signal signal;            ///< sent to the main process
  Duration timeout = 10s;   ///< then SIGKILL to the whole process group
  friend bool operator==(const StopPolicy&, const StopPolicy&) = default;
};

enum class Readiness : std::uint8_t {
  started,  ///< when it runs
  probe,    ///< when all its probes pass
  notify,   ///< the same; one of them is a NotifyProbe
};

enum class Output : std::uint8_t {
  file,      ///< STATE_DIR/logs/SERVICE.log, appended by the child itself
  inherit,   ///< heald's own stdout and stderr
  journald,  ///< systemd's journal, under the service's name
};

/// How much of a service's output is kept in files.
struct LogPolicy {
  Bytes max_size{10ULL << 20U};  ///< of the file that is written; then a new one is begun
  std::uint32_t files = 5;       ///< so many older ones stay
  friend bool operator==(const LogPolicy&, const LogPolicy&) = default;
};

/// What the end of heald means for a process.
enum class OnShutdown : std::uint8_t {
  stop,
  leave,  ///< it runs on, and the next heald takes it over
};

struct ResourceLimit {
  std::string name;  ///< as in setrlimit(2), lower case without RLIMIT_: "nofile", "core"
  std::optional<std::uint64_t> soft;  ///< empty: unlimited
  std::optional<std::uint64_t> hard;
  friend bool operator==(const ResourceLimit&, const ResourceLimit&) = default;
};

/// Our own child.
struct ProcessRuntime {
  ExecPolicy exec;
  /// each must exit 0, as the same user, before the command starts
  Shared<std::vector<Argv>> pre_start;
  StopPolicy stop;
  /// Run as the same user once it has ended, before anything starts it again.
  Shared<std::vector<Argv>> post_stop;
  OnShutdown on_shutdown = OnShutdown::stop;
  Signal reload{1};  ///< what `reload` sends to the main process: SIGHUP
  Readiness ready = Readiness::probe;  ///< the same as `started` where there are no probes
  Output output = Output::file;
  LogPolicy log;
  std::optional<std::uint32_t> umask;
  Shared<std::vector<ResourceLimit>> limits;
  ExitPolicy exit;
  friend bool operator==(const ProcessRuntime&, const ProcessRuntime&) = default;
};

/// Somebody else's: we look, and act through the commands given. A missing command is an action
/// that the runtime cannot carry out. `restart` without a command is `stop`, then `start`.
struct ExternalRuntime {
  Seldom<ExecPolicy> start, stop, restart, reload;
  friend bool operator==(const ExternalRuntime&, const ExternalRuntime&) = default;
};

using Runtime = std::variant<ProcessRuntime, ExternalRuntime>;

enum class DependencyUntil : std::uint8_t { healthy, started, done };
enum class OnDependencyRestart : std::uint8_t { nothing, restart, reload };

struct DependencyPolicy {
  std::string service;
  DependencyUntil until = DependencyUntil::healthy;
  bool gate = true;  ///< an unhealthy dependency holds our rungs
  OnDependencyRestart on_restart = OnDependencyRestart::nothing;
  friend bool operator==(const DependencyPolicy&, const DependencyPolicy&) = default;
};

struct BackoffPolicy {
  Duration initial = 1s;
  Duration max = 5min;
  double factor = 2;       ///< ≥ 1
  Share jitter{0.2};       ///< of the delay, to either side
  friend bool operator==(const BackoffPolicy&, const BackoffPolicy&) = default;
};

/// So many actions in any window of this length.
struct LimitPolicy {
  std::uint32_t actions = 5;
  Duration per = 10min;
  friend bool operator==(const LimitPolicy&, const LimitPolicy&) = default;
};

enum class Occasion : std::uint8_t { opened, latched, recovered };
[[nodiscard]] std::string_view to_string(Occasion occasion);

struct NotifyPolicy {
  Shared<std::vector<std::string>> to;
  Shared<std::vector<Occasion>> on = {Occasion::opened, Occasion::latched, Occasion::recovered};
  Duration repeat = 1h;  ///< reminders while latched
  friend bool operator==(const NotifyPolicy&, const NotifyPolicy&) = default;
};

enum class Severity : std::uint8_t { info, ticket, page };

struct ServicePolicy {
  std::string name;
  std::string description, owner, runbook;
  Shared<std::map<std::string, std::string>> labels;
  Severity severity = Severity::page;
  std::string group = "all";
  Runtime runtime = ExternalRuntime{};
  std::vector<DependencyPolicy> depends_on;
  std::vector<ProbePolicy> probes;
  Shared<std::vector<RungPolicy>> remediation;
  BackoffPolicy backoff;
  LimitPolicy limits;
  Duration reset_after = 10min;
  std::optional<Duration> slow_retry = 30min;  ///< empty: never
  bool observe = false;
  /// Whether actions go on while the journal cannot be written (`on_journal_loss: act`).
  bool act_without_journal = false;
  NotifyPolicy notify;
  friend bool operator==(const ServicePolicy&, const ServicePolicy&) = default;

  [[nodiscard]] const ProcessRuntime* process() const {
    return std::get_if<ProcessRuntime>(&runtime);
  }
  [[nodiscard]] const ExternalRuntime* external() const {
    return std::get_if<ExternalRuntime>(&runtime);
  }
};

// --- Groups, receivers, the whole --------------------------------------------------------

struct StormPolicy {
  Share unhealthy{0.5};
  std::uint32_t at_least = 3;
  Duration within = 1min;
  std::uint32_t let = 1;
  Duration cool_down = 5min;
  friend bool operator==(const StormPolicy&, const StormPolicy&) = default;
};

struct GroupPolicy {
  std::string name;
  std::uint32_t max_concurrent = 1;
  Share min_healthy{0.5};
  StormPolicy storm;
  friend bool operator==(const GroupPolicy&, const GroupPolicy&) = default;
};

struct WebhookReceiver {
  HttpRequestPolicy request;  ///< POST with a JSON body
  std::string url_file;       ///< its content is the URL, a secret; empty: the request's own
  /// Its content is what `${secret}` in the body stands for; where that is not used, it becomes
  /// `Authorization: Bearer …`. Empty: none.
  std::string secret_file;
  std::string body;            ///< a JSON text, the template of what is posted; empty: the message
  std::string recovered_body;  ///< the same for the end of an incident; empty: `body`
  friend bool operator==(const WebhookReceiver&, const WebhookReceiver&) = default;
};
struct ExecReceiver {
  ExecPolicy exec;  ///< gets the JSON message on standard input
  friend bool operator==(const ExecReceiver&, const ExecReceiver&) = default;
};
struct ReceiverPolicy {
  std::string name;
  std::variant<WebhookReceiver, ExecReceiver> kind;
  Duration timeout = 10s;  ///< of one attempt
  Duration expire = 24h;   ///< how long one message is tried
  friend bool operator==(const ReceiverPolicy&, const ReceiverPolicy&) = default;
};

/// The block `heald:`, about the daemon itself. Empty strings and missing values: the default
/// of the place where it runs (root or not), which `runtime` knows.
struct DaemonPolicy {
  std::string state_dir;
  std::string socket;
  std::optional<std::string> telemetry;  ///< "ADDRESS:PORT"; "off" for none
  std::uint32_t start_concurrency = 32;
  /// Of all ladders together, in any hour. Empty: 60, or a tenth of the services if that is more.
  std::optional<std::uint32_t> actions_per_hour;
  Duration shutdown_timeout = 90s;
  Bytes journal_max_size{256ULL << 20U};
  Duration journal_max_age = 24h * 90;
  Bytes recorder_max_size{16ULL << 20U};  ///< of recorded observations; 0: off
  friend bool operator==(const DaemonPolicy&, const DaemonPolicy&) = default;
};

/// The validated rules. References between names are known to be good and free of cycles.
struct Policy {
  std::string revision;  ///< a digest of the content: equal text, equal revision
  DaemonPolicy daemon;
  std::vector<GroupPolicy> groups;  ///< always has `all`
  std::vector<ReceiverPolicy> receivers;
  /// Shared, so that work in flight keeps the rules that it began with over a reload.
  std::vector<std::shared_ptr<const ServicePolicy>> services;
};

}  // namespace heald
