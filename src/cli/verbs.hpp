#pragma once
// What each verb does once its arguments are known.

#include <cstdint>
#include <optional>
#include <string>

#include "cli/answers.hpp"
#include "cli/cli.hpp"
#include "cli/client.hpp"
#include "cli/text.hpp"
#include "heald/decision.hpp"

namespace heald {

enum class OutputFormat : std::uint8_t { table, json };

/// A daemon, and where to tell what it says.
struct Dialogue {
  Console& console;
  OutputFormat format = OutputFormat::table;
  std::string socket;
  Client client{socket};

  /// The body of a good answer. Otherwise says why on standard error and sets `failure`.
  [[nodiscard]] std::optional<std::string> get(const std::string& target,
                                               Duration patience = std::chrono::seconds{30});
  [[nodiscard]] std::optional<std::string> post(const std::string& target, std::string body,
                                                Duration patience = std::chrono::seconds{30});
  /// The value of a reading; an error is told like any other failure.
  template <class Answer>
  [[nodiscard]] std::optional<Answer> understood(Result<Answer> answer) {
    if (answer) return std::move(*answer);
    complain(answer.error().message);
    return std::nullopt;
  }
  /// "heald: MESSAGE" on standard error.
  void complain(const std::string& message);

  ExitCode failure = ExitCode::failed;  ///< of the last get or post that gave nothing

 private:
  std::optional<std::string> take(const Result<Client::Answer>& answer);
};

/// Longer than the daemon itself waits until a large rule file is read.
inline constexpr Duration rules_patience = std::chrono::seconds{90};

struct HistoryQuery {
  std::string service;  ///< empty: all
  std::uint64_t limit = 0;
  std::uint64_t incident = 0;      ///< 0: any
  std::string kinds;               ///< of records, with commas; empty: all
  std::optional<Duration> since;   ///< not older than this
  bool open_only = false;
  bool follow = false;
};

struct LogsQuery {
  std::string service;
  std::uint64_t lines = 100;
  bool follow = false;
};

struct OperateOptions {
  std::string verb;     ///< start, stop or restart
  std::string service;
  std::string reason;
  bool dependents = false;
  bool wait = false;
};

struct SimulateOptions {
  std::string rules;
  std::string faults;  ///< the fault script; empty: the default faults
  std::optional<std::uint64_t> seed;
  std::optional<Duration> length;
};

/// What `status` shows; at most one of them is given.
struct StatusFilter {
  std::string service;  ///< this one only
  std::string state;    ///< those of this health only
};
[[nodiscard]] ExitCode show_status(Dialogue& dialogue, const StatusFilter& shown);
/// Until it is interrupted, or nobody reads any more.
[[nodiscard]] ExitCode watch_status(Dialogue& dialogue);
/// Whether each line of an account says what it is known from.
enum class Sources : bool { hidden, shown };
[[nodiscard]] ExitCode show_explanation(Dialogue& dialogue, const std::string& service,
                                        Sources sources);
[[nodiscard]] ExitCode show_incidents(Dialogue& dialogue, const HistoryQuery& query);
[[nodiscard]] ExitCode show_incident(Dialogue& dialogue, const std::string& id);
[[nodiscard]] ExitCode show_events(Dialogue& dialogue, HistoryQuery query);
/// What a service printed, with the times at which it came.
[[nodiscard]] ExitCode show_logs(Dialogue& dialogue, const LogsQuery& query);
[[nodiscard]] ExitCode operate(Dialogue& dialogue, const OperateOptions& options);
/// pause, resume, freeze, thaw: what holds actions back until it is over, or ends that.
struct HaltOptions {
  std::string verb;
  std::string service;  ///< of pause and resume
  std::string reason;
  std::optional<Duration> lasting;  ///< of pause and freeze; empty: the daemon's default, 1 h
};
[[nodiscard]] ExitCode halt(Dialogue& dialogue, const HaltOptions& options);
[[nodiscard]] ExitCode reload(Dialogue& dialogue);
/// Of what the daemon would do; `file`: empty for its own rule file.
[[nodiscard]] ExitCode plan(Dialogue& dialogue, const std::string& file);
/// Of what a daemon would do under whose rules everything is well. Needs none.
[[nodiscard]] ExitCode plan_between(Console& console, OutputFormat format,
                                    const std::string& before, const std::string& after);
[[nodiscard]] ExitCode confirm(Dialogue& dialogue, const std::string& reason);
struct ProbeOptions {
  std::string service;
  std::string probe;   ///< empty: all of the service's
  std::string config;  ///< a rule file to look by without a daemon; empty: through the daemon
};
/// Has one probe, or all of a service, look at once, and tells it phase by phase.
[[nodiscard]] ExitCode probe_now(Dialogue& dialogue, const ProbeOptions& options,
                                 const Verbs& verbs);

/// Needs no daemon.
[[nodiscard]] ExitCode check_rules(Console& console, OutputFormat format, const std::string& file,
                                   const std::string& oom_problem);
[[nodiscard]] ExitCode show_schema(Console& console);
[[nodiscard]] ExitCode simulate(Console& console, OutputFormat format,
                                const SimulateOptions& options);

/// The same; `journal` is a file or a state folder.
[[nodiscard]] ExitCode show_replay(Console& console, OutputFormat format,
                                   const std::string& journal);
/// The story of an incident, out of a journal.
[[nodiscard]] ExitCode show_story(Console& console, OutputFormat format,
                                  const std::string& journal, std::uint64_t incident,
                                  Sources sources);

struct BacktestOptions {
  std::string rules;    ///< the new rule file
  std::string journal;  ///< a file or a state folder; the recording lies beside it
};
/// What other rules would have done; needs no daemon.
[[nodiscard]] ExitCode show_backtest(Console& console, OutputFormat format,
                                     const BacktestOptions& options);

/// "verdict healed: answers passed for 5s", "held by backoff: …": a record of the engine's.
[[nodiscard]] std::string sentence_of(const Record& record);
[[nodiscard]] Colour colour_of(const Record& record);
/// "verdict: healed, …": what a record tells, in one line.
[[nodiscard]] std::string told(const RecordAnswer& record);
/// How good or bad what it tells is.
[[nodiscard]] Colour colour_of(const RecordAnswer& record);
/// The records of an incident, each with its distance from the first symptom.
void print_timeline(Console& console, const std::vector<RecordAnswer>& timeline,
                    const std::optional<WallTime>& from);

}  // namespace heald
