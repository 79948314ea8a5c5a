#pragma once
// A rehearsal runs an engine against a model world in virtual time, as its driver would: it looks
// when told to, acts when told to, and comes back when asked to. At every step it checks what must
// hold whatever happens (invariants.hpp).

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "heald/engine.hpp"
#include "sim/agenda.hpp"
#include "sim/invariants.hpp"
#include "sim/patient.hpp"

namespace heald::sim {

/// An action that the engine ordered.
struct Ordered {
  Instant at;
  std::string service;
  ActionKind kind{};
  Cause cause{};
  std::string rung;
  ActionId id;
  bool armed = false;
};

/// A message to people, and when.
struct Told : TellCommand {
  Instant at{};
};

/// What heald finds when it starts for the first time.
enum class Past : std::uint8_t {
  none,          ///< nothing runs
  lost_journal,  ///< every process runs, and the journal of the heald that started it is damaged
};

/// What a rehearsal keeps of its course.
enum class Keep : std::uint8_t {
  records,     ///< records, actions, messages: what people would see
  everything,  ///< each event, a digest of each answer and each look as well, for replays
};

/// What the engine was told, and what it answered, for replays.
struct Taken {
  Event event;
  bool marked = false;
  std::string digest;  ///< of everything decided but the looks
};

/// One life of heald that is over.
struct Life {
  std::optional<Snapshot> origin;  ///< what it began with
  std::vector<Taken> taken;
};

class Rehearsal {
 public:
  using Input = decltype(Event::input);

  /// `breach` hears of every invariant that does not hold.
  Rehearsal(std::shared_ptr<const Policy> policy, std::uint64_t seed, Breach breach,
            Keep keep = Keep::everything);
  ~Rehearsal();
  Rehearsal(const Rehearsal&) = delete;
  Rehearsal& operator=(const Rehearsal&) = delete;

  // --- time
  /// Starts up for the first time: the rules, what is found, adoption finished.
  Rehearsal& begin(Past past = Past::none);
  /// `begin`, and then long enough that everything well has become healthy and is verified.
  Rehearsal& settle_in(Duration lasting = std::chrono::minutes{2});
  void run(Duration lasting);
  /// Runs until it is so, at most this long. Whether it is.
  bool run_until(const std::function<bool()>& so, Duration at_most = std::chrono::hours{2});
  [[nodiscard]] Instant now() const { return now_; }

  /// Does it when so much time has passed, whether heald lives or not.
  void plan(Duration delay, std::function<void()> what);
  /// heald stands still, or time jumps: nothing is heard of until then.
  void stand_still(Duration lasting) { now_ += lasting; }

  // --- what happens
  const Decision& feed(Input input);
  void reload(Policy policy) { reload(std::make_shared<const Policy>(std::move(policy))); }
  void reload(std::shared_ptr<const Policy> policy);
  Patient& patient(const std::string& service) { return patients_[service]; }
  /// From now on what is done once it has ended (`on_success: done`) ends by itself, well, one
  /// second after each start.
  void let_one_shots_end() { one_shots_end_ = true; }
  /// Makes a fault true of a service that the rules declare, with what follows at once.
  void suffer(const std::string& service, const Fault& fault, std::size_t number);
  /// The fault is over by itself, or (without a number) everything that was wrong with it.
  void recover(const std::string& service, std::optional<std::size_t> number = {});
  void answer(const std::string& service, Answer answer, const std::string& probe = {});
  /// It ends without being asked to, if it runs. An external service is down from now on.
  void end(const std::string& service, ExitStatus status = killed_by(9));
  /// An operator's word; the refusal, or nothing.
  std::string operate(Operation operation, const std::string& service = {},
                      Operated::Dependents dependents = Operated::Dependents::refuse,
                      std::optional<Duration> lasting = {});
  /// Holds back every durable write from now on, or not any more: then what waits is written.
  void break_journal();
  void mend_journal();

  // --- the end and the return of heald
  using InFlight = KillHeald::InFlight;
  /// heald dies, and with it what was not written down.
  void crash(InFlight in_flight = InFlight::lost);
  void come_back(Restarted::Boot boot = Restarted::Boot::same);
  /// heald lives.
  [[nodiscard]] bool up() const { return up_; }

  // --- what came of it
  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] const Engine& engine() const { return *engine_; }
  [[nodiscard]] const Policy& policy() const { return *policy_; }
  [[nodiscard]] const std::map<std::string, Patient>& patients() const { return patients_; }
  [[nodiscard]] ServiceId id(const std::string& service) const;
  [[nodiscard]] const ServiceState& state(const std::string& service) const;
  [[nodiscard]] Instant wake_at() const { return wake_at_; }
  std::vector<Record> records;
  std::vector<Ordered> ordered;
  std::vector<Told> told;
  std::vector<Taken> taken;  ///< since heald last began
  std::vector<ServiceId> looked;  ///< a service for each look ordered
  std::optional<ShutdownFinished> shut_down;

  /// Records of one kind, of one service or (with an empty name) of all.
  [[nodiscard]] std::vector<Record> records_of(RecordKind kind,
                                               const std::string& service = {}) const;
  [[nodiscard]] std::size_t count(RecordKind kind, const std::string& service = {}) const {
    return records_of(kind, service).size();
  }
  [[nodiscard]] std::vector<Ordered> actions(const std::string& service) const;
  /// "restart restart reprovision": the actions on a service, in order.
  [[nodiscard]] std::string deeds(const std::string& service) const;
  /// "redis web": the services acted upon, in order.
  [[nodiscard]] std::string order() const;
  /// "healed not_healed": the verdicts on a service, in order.
  [[nodiscard]] std::string verdicts(const std::string& service) const;
  /// The decisions on marked events, as lived.
  [[nodiscard]] std::vector<std::string> marked() const;
  /// The same of engines that hear of nothing but the marked events, one for each life of heald.
  [[nodiscard]] std::vector<std::string> replayed() const;
  void forget();  ///< records, actions and messages so far

 private:
  struct InHand {
    ActionOrder order;
    Course course;
    std::string rung;
  };
  const Decision& take(const Event& event);
  void write_down(const Decision& decision);
  void write_down(ServiceId service);
  void carry_out(const Decision& decision);
  void look(const ProbeCommand& command);
  void see(const PlannedLook& look);
  void act(const ActCommand& command);
  void finish(ActionId action);
  void undergo(const InHand& hand);
  void restart_unwritten();
  bool restart_unwritten(ServiceId service);
  void plan_ends(const std::string& service);
  void plan_end_of_work(const ServicePolicy& policy);
  [[nodiscard]] bool is_process(const std::string& service) const;
  [[nodiscard]] bool is_well(const std::string& service) const;
  [[nodiscard]] bool needs_are_well(const std::string& service) const;
  void find_processes(const Policy& policy);
  [[nodiscard]] std::shared_ptr<const Policy> rules_to_begin_with() const;
  void later(Duration delay, std::function<void()> what);
  void advance_to(Instant end, const std::function<bool()>& enough);
  void turn(Agenda::Item item);
  [[nodiscard]] Patient& patient_of(ServiceId service, const ServicePolicy& policy);

  std::shared_ptr<const Policy> policy_;
  std::uint64_t seed_;
  Keep keep_;
  std::unique_ptr<Engine> engine_;
  std::optional<Snapshot> origin_;  // what this life of heald began with
  std::vector<Life> past_;          // of `Keep::everything`
  Snapshot journal_;                // what a heald that comes back would find
  std::shared_ptr<const Policy> loaded_;   // the latest rules that the engine was told of
  std::shared_ptr<const Policy> written_;  // the latest that are in the journal
  std::set<ServiceId> unwritten_;   // changed since the journal broke
  Invariants invariants_;
  Instant now_{};
  Instant wake_at_ = never;
  Agenda agenda_;
  std::map<std::string, Patient> patients_;
  std::vector<Patient*> by_id_;  // the same, where a look needs them
  std::map<ActionId, InHand> in_hand_;
  std::uint64_t life_ = 1;  // reports of an earlier life of heald reach nobody
  bool up_ = true;
  bool journal_broken_ = false;
  bool one_shots_end_ = false;
  Event seen_;  // of a look: kept, so that a look allocates nothing
};

/// Everything decided but the looks and the waking, and the state that it left, as text.
[[nodiscard]] std::string digest_of(const Engine& engine, const Decision& decision);

}  // namespace heald::sim
