#pragma once
// A rehearsal runs an engine against a model world in virtual time, as its driver would: it looks
// when told to, acts when told to, and comes back when asked to. At every step it checks what must
// hold whatever happens (invariants.hpp).

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "heald/engine.hpp"
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
};

/// What the engine was told, and what it answered, for replays.
struct Taken {
  Event event;
  bool marked = false;
  std::string digest;  ///< of everything decided but the looks
};

class Rehearsal {
 public:
  using Input = decltype(Event::input);

  /// `breach` hears of every invariant that does not hold.
  Rehearsal(Policy policy, std::uint64_t seed, Breach breach);
  ~Rehearsal();
  Rehearsal(const Rehearsal&) = delete;
  Rehearsal& operator=(const Rehearsal&) = delete;

  // --- time
  /// Starts up for the first time: the rules, nothing found, adoption finished.
  Rehearsal& begin();
  /// `begin`, and then long enough that everything well has become healthy and is verified.
  Rehearsal& settle_in(Duration lasting = std::chrono::minutes{2});
  void run(Duration lasting);
  /// Runs until it is so, at most this long. Whether it is.
  bool run_until(const std::function<bool()>& so, Duration at_most = std::chrono::hours{2});
  [[nodiscard]] Instant now() const { return now_; }

  // --- what happens
  const Decision& feed(Input input);
  void reload(Policy policy);
  Patient& patient(const std::string& service) { return patients_[service]; }
  void answer(const std::string& service, Answer answer, const std::string& probe = {});
  /// Its process ends without being asked to.
  void end(const std::string& service, ExitStatus status = killed_by(9));
  /// An operator's word; the refusal, or nothing.
  std::string operate(Operation operation, const std::string& service = {},
                      Operated::Dependents dependents = Operated::Dependents::refuse);
  /// Holds back every durable write from now on, or not any more.
  void break_journal() { journal_broken_ = true; }
  void mend_journal();

  // --- the end and the return of heald
  enum class InFlight : std::uint8_t { lost, done };
  /// heald dies. Actions in flight are either not carried out, or are, unheard.
  void crash(InFlight in_flight = InFlight::lost);
  void come_back(Restarted::Boot boot = Restarted::Boot::same);

  // --- what came of it
  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] ServiceId id(const std::string& service) const;
  [[nodiscard]] const ServiceState& state(const std::string& service) const;
  [[nodiscard]] Instant wake_at() const { return wake_at_; }
  std::vector<Record> records;
  std::vector<Ordered> ordered;
  std::vector<TellCommand> told;
  std::vector<Taken> taken;
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
  /// The decisions on marked events since heald last began, as lived.
  [[nodiscard]] std::vector<std::string> marked() const;
  /// The same of an engine that hears of nothing but the marked events.
  [[nodiscard]] std::vector<std::string> replayed() const;
  void forget();  ///< records, actions and messages so far

 private:
  void carry_out(const Decision& decision);
  void look(const ProbeCommand& command);
  void act(const ActCommand& command);
  void finish(ActionId action);
  void find_processes();
  void later(Duration delay, std::function<void()> what);
  void advance_to(Instant end, const std::function<bool()>& enough);

  std::shared_ptr<const Policy> policy_;
  std::uint64_t seed_;
  std::unique_ptr<Engine> engine_;
  std::optional<Snapshot> origin_;  // what this life of heald began with
  Invariants invariants_;
  Instant now_{};
  Instant wake_at_ = never;
  std::multimap<Instant, std::function<void()>> agenda_;
  std::map<std::string, Patient> patients_;
  struct InHand {
    ActionOrder order;
    Course course;
  };
  std::map<ActionId, InHand> in_hand_;
  std::uint64_t life_ = 0;  // reports of an earlier life of heald reach nobody
  bool journal_broken_ = false;
  Decision decision_;
};

/// Everything decided but the looks and the waking, and the state that it left, as text.
[[nodiscard]] std::string digest_of(const Engine& engine, const Decision& decision);

}  // namespace heald::sim
