#pragma once
// The engine's inside. One event is folded into the state of the services that it concerns
// (fold*.cpp), these become dirty, and each dirty service is decided anew from its whole state
// (decide.cpp and what it calls) until none is left. No decision depends on which event made a
// service dirty, so a lost or repeated event does no harm.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "deadlines.hpp"
#include "groups.hpp"
#include "heald/decision.hpp"
#include "heald/engine.hpp"
#include "heald/event.hpp"
#include "heald/policy.hpp"
#include "heald/state.hpp"
#include "ladder.hpp"
#include "sources.hpp"
#include "verification.hpp"

namespace heald {

/// A probe's part of a slot that is not worth remembering over a restart.
struct ProbeSlot {
  ProbeRun run;
  Instant oldest{};          ///< looks begun before it began too early to tell anything
  ProbeRun heard;            ///< the latest look that was taken in
  Instant due = never;
  Instant counted_from{};    ///< the next look is due an interval later
  Instant wanted = never;    ///< a dependent waits for a look begun at or after this
  Instant starting_until{};  ///< the end of its start period
  bool in_flight = false;
  bool passed = false;        ///< it passed once since the start or the outcome
  std::uint32_t hurried = 0;  ///< looks since the start or the outcome, for the quick first ones
  Instant counts_from{};      ///< of a verification's many looks, earlier fails do not count
  Vantage vantage;
};

/// One `depends_on`. The rule lives in the policy that the slot holds.
struct Need {
  ServiceId service;
  /// Null for a removed service: only the order of the stops still hangs on it.
  const DependencyPolicy* rule = nullptr;
};

/// What of its dependents waits for a service that acts, or is about to.
struct Precedence {
  bool restart = false;  ///< a restart
  bool action = false;   ///< what their ladder would do, if it is sick
  friend bool operator==(const Precedence&, const Precedence&) = default;
};

struct Slot {
  ServiceId id;
  std::shared_ptr<const ServicePolicy> policy;  ///< null: not declared (any more)
  /// Of a removed process service, until its child is gone.
  std::shared_ptr<const ServicePolicy> former;
  ServiceState state;
  std::vector<ProbeSlot> probes;
  std::vector<Need> needs;
  std::vector<ServiceId> needed_by;
  std::uint32_t group = 0;
  bool dirty = false;
  bool changed = false;     ///< listed in this decision's `changed`
  bool occupies = false;    ///< counted as acting in its group
  bool starting = false;    ///< counted in the starts in flight
  bool was_running = false;  ///< at the end of heald's earlier life, as far as it knew
  bool was_armed = false;    ///< and a restart might have begun that it did not write down
  bool waiting = false;     ///< listed in its group's `waiting`
  Precedence known_precedence;  ///< what its dependents know of it
  /// The incident and its relapse that dependencies were asked for.
  std::pair<IncidentId, std::uint32_t> asked;
  Instant judge_at = never;
  Instant converge_at{};  ///< not before: an asked stop failed, and is tried again then
  std::uint32_t stops_failed = 0;  ///< in a row, of the asked stop that is tried again

  [[nodiscard]] bool is_process() const { return policy && policy->process() != nullptr; }
  [[nodiscard]] bool acting() const { return state.activity == Activity::acting; }
  /// It runs, and nothing is being done about it.
  [[nodiscard]] bool armed() const {
    return is_process() && state.running && state.activity == Activity::idle && !former;
  }
  [[nodiscard]] bool verifying() const { return state.activity == Activity::verifying; }
  [[nodiscard]] bool has_open_incident() const {
    return state.incident && state.incident->closing == Closing::open;
  }
};

/// A stop that is no rung of a ladder: it has no verdict, for its outcome is its proof.
[[nodiscard]] bool is_asked_stop(const ActionState& action);
/// An action that spends budget and belongs to an incident.
[[nodiscard]] bool is_rung(const ActionState& action);
/// An action that counts towards `max_concurrent` of its group until its verdict.
[[nodiscard]] bool takes_place(const ActionState& action);

/// An action that is about to be decided, as the guards see it.
struct Candidate {
  const Action* action = nullptr;
  std::string rung;  ///< its name, or the action's word
  Cause cause = Cause::ladder;
  bool armed = false;  ///< see ActCommand
};

class World {
 public:
  explicit World(std::uint64_t seed) : seed_(seed) {}

  void restore(Snapshot snapshot);
  /// Orders what is in flight anew.
  void look_again();
  const Decision& step(const Event& event);

  [[nodiscard]] std::optional<ServiceId> find(std::string_view name) const;
  [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }
  [[nodiscard]] const DaemonState& daemon() const { return daemon_; }
  [[nodiscard]] Snapshot snapshot() const;
  [[nodiscard]] std::vector<Hold> guards(ServiceId service) const;
  [[nodiscard]] Engine::Next next(ServiceId service) const;

 private:
  using GuardCheck = std::optional<Hold> (World::*)(const Slot&, const Candidate&) const;

  // --- fold.cpp, fold_action.cpp: what an event does to the state
  void on(const Observation& observation);
  void on(const ProcessExited& exited);
  void on(const ActionFinished& finished);
  void on(const ActionWithheld& withheld);
  void on(const JournalChanged& changed);
  void on(const Stalled& stalled);
  void on(const Tick& tick);
  void fold_condition(Slot& slot, std::size_t probe, const Observation& observation);
  void fold_source(Slot& slot, std::size_t probe, const Observation& observation);
  void prove_with(Slot& slot, std::size_t probe, Outcome outcome, Instant begun);
  void answer_wants(Slot& slot, std::size_t probe, Instant begun);
  void fold_end_of_process(Slot& slot);
  void fold_done(Slot& slot);
  void fold_start(Slot& slot, const ActionReport& report);
  void begin_verification(Slot& slot);
  void take_back(Slot& slot);
  void give_attempt_back(Slot& slot);
  void give_budget_back(Slot& slot);
  void leave_starts(Slot& slot);

  // --- startup.cpp, reload.cpp
  void on(const Restarted& restarted);
  void come_back(Slot& slot, Restarted::Boot boot);
  void plan_anew(Slot& slot) const;
  void end_unknown(Slot& slot);
  void on(const ProcessFound& found);
  bool conclude_stop(Slot& slot);
  void take_over(Slot& slot, const ProcessFound& found);
  [[nodiscard]] const RungPolicy* armed_rung(const Slot& slot) const;
  void take_up_armed(Slot& slot, const RungPolicy& rung, const ProcessFound& found);
  void begin_anew(Slot& slot);
  void on(const AdoptionFinished& finished);
  void on(const PolicyLoaded& loaded);
  void load_groups(const Policy& policy);
  [[nodiscard]] std::vector<ServiceId> take_in(const Policy& policy);
  void add_slot(ServiceState state);
  void sort_names();
  void declare(Slot& slot, const std::shared_ptr<const ServicePolicy>& policy);
  void replace_policy(Slot& slot, const std::shared_ptr<const ServicePolicy>& policy);
  void take_former_over(Slot& slot);
  void change_runtime(Slot& slot, const std::shared_ptr<const ServicePolicy>& before);
  [[nodiscard]] static bool is_at_rest(const Slot& slot);
  void remove(Slot& slot);
  void drop_intentions(Slot& slot);
  void link_dependencies();
  void lay_out_probes(Slot& slot, const ServicePolicy* before);
  void join_group(Slot& slot);
  void leave_group(Slot& slot);

  // --- operate.cpp
  void on(const Operated& operated);
  void on(const ShutdownRequested& request);
  void operate_service(const Operated& operated, Slot& slot);
  void operate_daemon(const Operated& operated);
  [[nodiscard]] Pause pause_of(const Operated& operated) const;
  [[nodiscard]] std::string objection(const Operated& operated, const Slot& slot) const;
  [[nodiscard]] std::vector<ServiceId> running_dependents(const Slot& slot) const;
  void want_stopped(Slot& slot, const Operated& operated);
  void start_dependents(Slot& slot, const Operated& operated);
  void restart_dependents(Slot& slot, const Operated& operated);
  void forgive(Slot& slot);
  void refuse(const Operated& operated, std::string why);

  // --- decide.cpp: what follows from the state
  void decide(ServiceId service);
  void drive(Slot& slot);
  void tell_dependents(Slot& slot, Precedence before);
  bool age_conditions(Slot& slot);
  void refresh_health(Slot& slot);
  [[nodiscard]] Health health_of(const Slot& slot) const;
  [[nodiscard]] static bool is_alive(const Slot& slot, std::size_t condition);
  void begin_storm(Slot& slot);
  void let_act(Slot& slot);
  void ask_members_again(const Slot& slot);
  void ask_all_again();
  void resume_storms();
  [[nodiscard]] Instant unknown_since(const Slot& slot, std::size_t probe) const;
  void finish_shutdown();
  [[nodiscard]] Instant wake_of(const Slot& slot) const;

  // --- incidents.cpp
  void track_incident(Slot& slot);
  void pass_incident(Slot& slot);
  void open_incident(Slot& slot, const std::string& symptom, Instant first_symptom);
  void relapse(Slot& slot, const std::string& symptom, Instant first_symptom);
  void close_incident(Slot& slot, Closing closing);
  void latch(Slot& slot, Hold why);
  void look_behind(const Slot& slot);
  void notice_unknown(Slot& slot);

  // --- telling.cpp: who is told, and of what
  enum class Telling : std::uint8_t { news, reminder };
  void tell_news(Slot& slot, Occasion occasion, const std::string& text);
  void tell_owed(Slot& slot);
  void wake_owed(const Slot& slot);
  void tell_end(Slot& slot);
  void remind(Slot& slot);
  void tell(Slot& slot, Occasion occasion, std::string text, std::vector<std::string> to,
            Telling telling);
  [[nodiscard]] const Slot* told_instead(const Slot& slot, const std::string& receiver) const;
  void name_dependents(const Slot& slot, TellCommand& command) const;

  // --- climb.cpp: the ladder
  void climb(Slot& slot);
  [[nodiscard]] Hold without_symptom(const Slot& slot) const;
  void try_rung(Slot& slot, const RungPolicy& rung, const Symptoms& symptoms);
  void would_act(Slot& slot, const Candidate& candidate, const Hold& held);
  void collect(Slot& slot);
  void retry_past_dependency(Slot& slot, const Symptoms& symptoms);
  void stay_latched(Slot& slot, const Symptoms& symptoms, Hold spent);
  void retry_slowly(Slot& slot, const Symptoms& symptoms);
  [[nodiscard]] Symptoms symptoms_of(const Slot& slot) const;
  [[nodiscard]] std::optional<Hold> budget_hold(const Slot& slot) const;
  void forget_spending(Slot& slot) const;
  void take_rung(Slot& slot, const RungPolicy& rung, Cause cause, const Symptoms& symptoms);
  void charge(Slot& slot, const RungPolicy& rung, Cause cause, const Symptoms& symptoms);
  void intend(Slot& slot, const Candidate& candidate, Duration timeout);
  void begin_action(Slot& slot, const Candidate& candidate, const ServicePolicy& policy);
  void ask_dependencies(Slot& slot);

  // --- judge.cpp: the verdict
  void judge_action(Slot& slot);
  [[nodiscard]] const Condition* failed_again(const Slot& slot) const;
  void give_verdict(Slot& slot, Verdict verdict, const std::string& evidence);
  void conclude_rung(Slot& slot, Verdict verdict, const std::string& evidence);
  void use_up(Slot& slot, const std::string& rung);
  void begin_cool_down(Slot& slot);
  void fail_unproven(Slot& slot);
  void abandon_verification(Slot& slot, const std::string& cause);
  void end_action(Slot& slot);

  // --- converge.cpp
  void converge(Slot& slot);
  void converge_stop(Slot& slot);
  void try_stop_again(Slot& slot, ActionResult failed);
  static void end_stop_backoff(Slot& slot);
  [[nodiscard]] std::optional<Hold> stop_backoff(const Slot& slot) const;
  void carry_out_operation(Slot& slot, Operation operation);
  bool let_one_start();
  void act_to_converge(Slot& slot, const Action& action, Cause cause);
  void restart_dependents(Slot& slot);
  [[nodiscard]] bool wants_stop(const Slot& slot) const;
  [[nodiscard]] bool left_alone(const Slot& slot) const;
  [[nodiscard]] bool unwanted(const Slot& slot) const;

  // --- guards.cpp: pure questions
  [[nodiscard]] std::optional<Hold> first_hold(const Slot& slot, const Candidate& candidate) const;
  [[nodiscard]] static std::span<const GuardCheck> checks_for(Cause cause);
  [[nodiscard]] std::optional<Hold> guard_adoption(const Slot&, const Candidate&) const;
  [[nodiscard]] std::optional<Hold> guard_confirmation(const Slot&, const Candidate&) const;
  [[nodiscard]] std::optional<Hold> guard_observe(const Slot&, const Candidate&) const;
  [[nodiscard]] std::optional<Hold> guard_freeze(const Slot&, const Candidate&) const;
  [[nodiscard]] std::optional<Hold> guard_pause(const Slot&, const Candidate&) const;
  [[nodiscard]] std::optional<Hold> guard_journal(const Slot&, const Candidate&) const;
  [[nodiscard]] std::optional<Hold> guard_dependency(const Slot&, const Candidate&) const;
  [[nodiscard]] std::optional<Hold> guard_blindness(const Slot&, const Candidate&) const;
  [[nodiscard]] std::optional<Hold> guard_storm(const Slot&, const Candidate&) const;
  [[nodiscard]] std::optional<Hold> guard_total_budget(const Slot&, const Candidate&) const;
  [[nodiscard]] std::optional<Hold> guard_max_concurrent(const Slot&, const Candidate&) const;
  [[nodiscard]] std::optional<Hold> guard_min_healthy(const Slot&, const Candidate&) const;
  [[nodiscard]] std::optional<Hold> guard_start_order(const Slot&, const Candidate&) const;
  [[nodiscard]] std::optional<Hold> guard_start_concurrency(const Slot&, const Candidate&) const;
  [[nodiscard]] std::optional<Hold> guard_backoff(const Slot&, const Candidate&) const;
  [[nodiscard]] std::optional<Hold> sightless(const Slot& slot) const;
  [[nodiscard]] Hold blinded_by(const Vantage& vantage) const;
  [[nodiscard]] std::optional<Hold> doubt(const Slot& slot, const Need& need) const;
  [[nodiscard]] std::optional<Hold> stop_order(const Slot& slot) const;
  [[nodiscard]] std::optional<Hold> restart_order(const Slot& slot) const;
  [[nodiscard]] static Precedence precedence(const Slot& slot);
  [[nodiscard]] bool reached(const Need& need) const;
  [[nodiscard]] std::size_t total_limit() const;

  // --- probing.cpp
  void probe_due(Slot& slot);
  void look_soon(Slot& slot);
  void disown_look(ProbeSlot& probe);
  void look_from_now(ProbeSlot& probe) const;
  [[nodiscard]] static bool is_late(const ProbeSlot& probe, const Observation& seen);
  void look_afresh(Slot& slot);
  [[nodiscard]] bool looks_afresh(const Slot& slot) const;
  void schedule_after_look(Slot& slot, std::size_t probe);
  void begin_start_period(Slot& slot);
  [[nodiscard]] bool probed(const Slot& slot) const;
  [[nodiscard]] bool in_start_period(const Slot& slot, std::size_t probe) const;
  [[nodiscard]] Instant grace_end(const Slot& slot) const;
  [[nodiscard]] Duration patience(const Slot& slot) const;

  // --- records.cpp: state changes that leave a trace
  [[nodiscard]] Slot& at(ServiceId service) { return slots_[service.value()]; }
  [[nodiscard]] const Slot& at(ServiceId service) const { return slots_[service.value()]; }
  [[nodiscard]] Group& group(const Slot& slot) { return groups_[slot.group]; }
  [[nodiscard]] const Group& group(const Slot& slot) const { return groups_[slot.group]; }
  void dirty(ServiceId service);
  void touch(Slot& slot);
  void touch_daemon();
  Record& note(RecordKind kind, std::string text);
  Record& note(Slot& slot, RecordKind kind, std::string text);
  void set_activity(Slot& slot, Activity activity, Hold hold);
  void hold(Slot& slot, Hold why);
  void count_probe(Slot& slot, std::size_t probe);
  void leave_source(Vantage& vantage);
  void set_desired(Slot& slot, Desired desired, const std::string& why);
  void set_process_condition(Slot& slot, ConditionStatus status, const std::string& evidence);
  void settle();
  bool take_due();
  void age_due();
  void decide_due();
  void decide_dirty();
  void end_in_time();
  void in_turn(std::vector<ServiceId>& waiting) const;
  void wake_waiting(Group& group);
  void wake_dependents(Slot& slot);
  void take_place(Slot& slot);
  void leave_place(Slot& slot);
  [[nodiscard]] static std::size_t condition_of(const Slot& slot, std::size_t probe);

  std::uint64_t seed_;
  Instant now_{};
  std::shared_ptr<const Policy> policy_;
  std::vector<Slot> slots_;
  std::vector<ServiceId> by_name_;  ///< in the order of their names
  std::vector<Group> groups_;
  std::map<std::string, std::uint32_t, std::less<>> groups_by_name_;
  Sources sources_;
  Deadlines deadlines_;
  DaemonState daemon_;
  std::uint64_t next_run_ = 1;
  std::map<ActionId, ServiceId> acting_;  ///< actions whose report is awaited
  std::size_t starts_in_flight_ = 0;
  std::vector<ServiceId> waiting_to_start_;
  bool waiting_in_turn_ = true;  ///< they stand in the order in which they began to wait
  bool adopted_ = false;
  std::string journal_problem_;
  Instant journal_retry_at_{};
  bool shutting_down_ = false;
  bool shutdown_finished_ = false;
  Instant shutdown_deadline_ = never;

  std::optional<ServiceId> ended_;  ///< whose process, being armed, has just ended in this step
  std::vector<ServiceId> dirty_;
  std::vector<ServiceId> due_;
  std::size_t turns_left_ = 0;
  std::vector<Command> commands_;
  std::vector<Record> records_;
  std::vector<ServiceId> changed_;
  std::string refusal_;
  Decision decision_;
};

}  // namespace heald
