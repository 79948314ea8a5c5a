#pragma once
// The supervisor: the one control strand that carries events to the engine, and decisions from it
// to the journal and into the world.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "heald/actuator.hpp"
#include "heald/engine.hpp"
#include "heald/message.hpp"
#include "heald/prober.hpp"
#include "journal/journal.hpp"
#include "runtime/alarm.hpp"
#include "runtime/arming.hpp"
#include "runtime/board.hpp"
#include "runtime/mailbox.hpp"
#include "runtime/observer.hpp"
#include "runtime/port.hpp"

namespace heald {

/// Keeps the engine's contract (heald/engine.hpp): every event is stamped and stepped on one
/// strand, what a decision changed goes to the journal, and its actions start only when that is
/// durable. Probes, messages and pages do not wait for the journal.
///
/// The strand is the thread that runs `Parts::strand`; methods that do not say "any thread" are
/// called on it. Once the supervisor is destroyed, `Parts::strand` must not run any more.
class Supervisor final : public CommandPort {
 public:
  /// What an actuator of processes can do besides actions.
  struct Processes {
    /// Finds out about the child of a process service, at start-up.
    std::function<ProcessFound(ServiceId service, const ServicePolicy& policy)> adopt;
    /// Kills what would not stop in time, at the end.
    std::function<void(ServiceId service)> kill;
    /// A removed service runs no more: nothing of it has to be found again. May come repeatedly.
    std::function<void(ServiceId service)> release;
  };

  /// What it drives and whom it tells. All of it outlives the supervisor.
  struct Parts {
    boost::asio::io_context& strand;
    Prober& prober;
    Actuator& actuator;
    Journal& journal;
    Board& board;
    Processes processes;
    /// The body of a message that is complete but for it.
    std::function<std::string(const Message& message, const TellCommand& news)> message_body;
    /// Sends messages to their receivers and returns at once.
    std::function<void(std::vector<Message> messages)> send;
    std::function<Instant()> now;    ///< any thread; never goes back
    std::function<WallTime()> wall;  ///< for the journal's readers
    std::vector<Observer*> observers;
    /// Called once, when everything has ended and is durable: run the strand no further.
    std::function<void()> ended;
  };

  /// What the first step is taken from.
  struct Beginning {
    std::optional<Snapshot> snapshot;  ///< none: nothing is known of before
    Restarted::Boot boot = Restarted::Boot::same;  ///< that the snapshot is of
    std::shared_ptr<const Policy> policy;
    /// In force at the end of the earlier life, where these were other rules: what changed since
    /// then is taken up as by any reload. Null: not known, or the same.
    std::shared_ptr<const Policy> before;
    /// As in `Life`.
    std::vector<std::string> left_over;
    /// Why the symptom `oom` is not seen here; empty: it is. For the daemon's page.
    std::string oom_problem;
    std::string logs;  ///< the folder of what services print, for the daemon's page
    std::vector<Message> messages;  ///< that an earlier heald could not deliver
    MessageId last_message;         ///< the greatest id that was given out
    enum class Mode : std::uint8_t { act, observe } mode = Mode::act;  ///< for the daemon's page
  };

  /// `seed`: see Engine.
  Supervisor(std::uint64_t seed, Parts parts);
  ~Supervisor() override;

  /// Restores, loads the rules, adopts what runs, and lets convergence begin. Once, before
  /// anything else.
  void begin(Beginning beginning);

  /// The rules in force.
  [[nodiscard]] const std::shared_ptr<const Policy>& rules() const { return policy_; }
  /// Nothing is taken in any more.
  [[nodiscard]] bool ended() const { return phase_ == Phase::ended; }
  /// Puts new rules in force; not when it has ended. `answered` gets nothing when that is durable
  /// in the journal, or why it holds for this life of heald only.
  void load(std::shared_ptr<const Policy> policy,
            std::function<void(std::string remark)> answered = {});
  /// A copy of the engine, to be asked what would follow from new rules.
  [[nodiscard]] Engine what_if() const { return engine_.what_if(); }
  /// Newer rules were refused and the old ones stay in force; shown to people.
  void refuse_rules(std::string problem);

  /// Any thread: the prober's sink.
  void observed(Observation observation);
  void finished(ActionReport report);
  void exited(ExitReport report);
  void told(const Message& message, MessageOutcome outcome);
  /// Receivers that take no messages now; for the daemon's page.
  void receivers_changed(std::vector<TroubledReceiver> troubled);
  /// What the process of a service says of itself has changed; empty: nothing.
  void said(ServiceId service, std::string words);
  /// Any thread.
  void journal_changed(JournalChanged change);

  // Any thread, from here on.
  void operate(Operated operated, std::function<void(std::string refusal)> answered) override;
  void inspect(ServiceId service, std::function<void(Inspection)> answered) override;
  /// The first call ends the services in order; a second one ends heald at once and leaves what
  /// still runs to the next heald.
  void shut_down() override;

 private:
  using Input = decltype(Event::input);
  using Answered = std::function<void(std::string)>;

  /// What waits until an entry of the journal is durable.
  struct Awaiting {
    std::uint64_t number = 0;
    std::vector<ActCommand> acts;
    Answered answered;
  };
  /// What the journal says about an entry.
  struct Written {
    std::uint64_t number = 0;
    std::string why_not;
  };

  void on_strand(std::function<void()> work);
  void turn(Input input, Answered answered = {});
  void notice_stall(Instant due);
  [[nodiscard]] Instant promised(const Observation& observation) const;
  void step(Input input, Answered answered = {});
  void write(Event event, const Decision& decision, const std::vector<Message>& messages,
             Answered answered);
  void append(JournalEntry entry, Awaiting awaiting);
  [[nodiscard]] std::vector<Message> messages_of(const Decision& decision);
  void carry_out(const Decision& decision, Instant at);
  void probe(const ProbeCommand& command, Instant at);
  void show(const Decision& decision);
  void show_service(ServiceId service);
  void show_rules();
  void show_daemon();
  void show_reading(const Observation& observation);
  [[nodiscard]] bool awaited(const Observation& observation) const;
  void show_observation(const Observation& observation);
  void tell_observers(const Decision& decision);
  [[nodiscard]] const ServicePolicy* rules_of(ServiceId service) const;
  void adopt();
  void take_observations();
  void take_written();
  void settle(Awaiting awaiting, const std::string& why_not);
  void ring();
  [[nodiscard]] static Instant together(Instant wake_at);
  void wind();
  void end();

  Parts parts_;
  Engine engine_;
  Alarm alarm_;
  Mailbox<Observation> observations_;
  Mailbox<Written> written_;
  std::vector<Observation> observation_batch_;  ///< kept for its capacity
  std::vector<Written> written_batch_;
  std::deque<Awaiting> awaiting_;  ///< in the order of the appends
  std::uint64_t appended_ = 0;
  Arming arming_;
  MessageId last_message_;

  Instant last_{};                 ///< of the latest event
  Instant wake_at_ = never;        ///< what the engine asked for
  Instant wound_for_ = never;      ///< what the alarm is set to
  Instant stall_known_until_{};
  Duration shortest_interval_ = Duration::max();  ///< of the rules in force

  std::shared_ptr<const Policy> policy_;
  std::vector<std::shared_ptr<const ServicePolicy>> rules_;  ///< by slot, as last known
  std::vector<std::string> said_;             ///< by slot, for the pages
  std::vector<std::vector<ProbeRun>> asked_;  ///< the latest run of each probe, by slot
  std::string oom_problem_;
  DaemonPage page_;                           ///< without its state
  enum class Phase : std::uint8_t { new_born, running, ending, ended } phase_ = Phase::new_born;
};

}  // namespace heald
