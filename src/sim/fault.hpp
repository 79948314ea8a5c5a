#pragma once
// What can go wrong, as plain data. Faults compose: each says when it begins, whom it hits, and
// what ends it, and any number of them may be true of a service at a time.
//
// There are two sorts. An *ailment* is something wrong with a service, and heald is there to end
// it. A *circumstance* (a slow start, a lying probe, a full disk, an operator) is none of heald's
// business to mend; it is what an ailment is met under.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "heald/actuator.hpp"
#include "heald/event.hpp"
#include "heald/policy.hpp"
#include "heald/state.hpp"

namespace heald::sim {

// --- ailments ------------------------------------------------------------------------------

/// It ends, and again so long after every start until it is cured. An external service is down
/// and refuses its probes.
struct Crash {
  ExitStatus status{.kind = ExitStatus::Kind::exited, .code = 1, .oom = false};
  Duration again_after = 1s;
  friend bool operator==(const Crash&, const Crash&) = default;
};
/// It runs, and the probe (empty: every probe) gets no answer within its timeout.
struct Hang {
  std::string probe;
  friend bool operator==(const Hang&, const Hang&) = default;
};
/// It answers, and the answer is bad.
struct AnswerBadly {
  std::string probe;
  friend bool operator==(const AnswerBadly&, const AnswerBadly&) = default;
};
/// It answers badly for `sick`, then well for `well`, and so on.
struct Flap {
  Duration sick = 30s;
  Duration well = 30s;
  std::string probe;
  friend bool operator==(const Flap&, const Flap&) = default;
};
/// Every answer takes so much longer: past the probe's timeout there is none, past its
/// `latency: {below:}` it is a bad one.
struct SlowDown {
  Duration by = 5s;
  std::string probe;
  friend bool operator==(const SlowDown&, const SlowDown&) = default;
};
/// It is well for some time after each start (and after the fault began), and then fails.
struct Leak {
  enum class Then : std::uint8_t { hang, answer_badly, crash };
  Duration well_for = 10min;
  Then then = Then::hang;
  friend bool operator==(const Leak&, const Leak&) = default;
};
/// Every start fails from now on. What runs goes on running.
struct FailToStart {
  friend bool operator==(const FailToStart&, const FailToStart&) = default;
};
// --- circumstances of a service ------------------------------------------------------------

/// It ends soon after a start unless everything that it depends on is well at that moment.
struct NeedDependencies {
  friend bool operator==(const NeedDependencies&, const NeedDependencies&) = default;
};
/// After a start it refuses its probes for so long.
struct StartSlowly {
  Duration takes = 30s;
  friend bool operator==(const StartSlowly&, const StartSlowly&) = default;
};

/// How its actions go. `of` empty: all of them.
struct ActionsGo {
  enum class How : std::uint8_t {
    fail,         ///< they say no, and nothing was done
    half_succeed, ///< they are done, and cure nothing
    time_out,     ///< nothing was done, and it took their whole timeout
    never_report, ///< they are done, and nobody hears of it
    report_late,  ///< they are done, and heard of only so much `later`
    report_twice, ///< they are done, and reported again so much `later`
  };
  How how = How::fail;
  std::vector<ActionKind> of;
  Duration later = 10s;
  friend bool operator==(const ActionsGo&, const ActionsGo&) = default;
};
/// What its probes say, whatever is true.
struct ProbesGo {
  enum class How : std::uint8_t {
    pass,     ///< a lie, if it is sick
    fail,     ///< a lie, if it is well
    silent,   ///< no answer comes through: of many services at once, blindness
    unknown,  ///< the prober itself fails
    late,     ///< right, but so much `later`, whatever their timeout says
  };
  How how = How::silent;
  std::string probe;
  Duration later = 5s;
  friend bool operator==(const ProbesGo&, const ProbesGo&) = default;
};

// --- circumstances of heald, which hit no service in particular ----------------------------

/// heald is killed, and comes back.
struct KillHeald {
  Duration down_for = 5s;
  enum class InFlight : std::uint8_t {
    lost,       ///< actions in flight come to nothing
    done,       ///< they are done, and nobody hears of it
    /// And a process that was well ended in that moment, and its successor, whose intent was in the
    /// journal with it, has been started: nothing of that is written down.
    unwritten,
  } in_flight = InFlight::lost;
  Restarted::Boot boot = Restarted::Boot::same;
  friend bool operator==(const KillHeald&, const KillHeald&) = default;
};
/// The journal cannot be written, as when the disk is full.
struct FailJournal {
  friend bool operator==(const FailJournal&, const FailJournal&) = default;
};
/// heald, or the whole machine, stands still for as long as the fault lasts.
struct Stall {
  friend bool operator==(const Stall&, const Stall&) = default;
};
/// Engine time jumps ahead, and nobody noticed a stall.
struct JumpClock {
  Duration by = 1h;
  friend bool operator==(const JumpClock&, const JumpClock&) = default;
};
/// An operator's word, to each of the services that the fault names, or (freeze, thaw, confirm)
/// to heald.
struct Operate {
  Operation operation = Operation::restart;
  Operated::Dependents dependents = Operated::Dependents::refuse;
  std::optional<Duration> lasting;  ///< of pause and freeze
  friend bool operator==(const Operate&, const Operate&) = default;
};
/// Other rules are put in force: a place in `Scenario::rules`.
struct ReloadRules {
  std::size_t rules = 0;
  friend bool operator==(const ReloadRules&, const ReloadRules&) = default;
};

using FaultKind =
    std::variant<Crash, Hang, AnswerBadly, Flap, SlowDown, Leak, FailToStart, NeedDependencies,
                 StartSlowly, ActionsGo, ProbesGo, KillHeald, FailJournal, Stall, JumpClock,
                 Operate, ReloadRules>;

/// What ends an ailment besides time: a done action of one of these kinds, or of a rung with one
/// of these names. Neither: nothing does.
struct Cure {
  std::vector<ActionKind> actions;
  std::vector<std::string> rungs;
  friend bool operator==(const Cure&, const Cure&) = default;
};

struct Fault {
  Duration at{};  ///< from the scenario's beginning
  FaultKind kind;
  std::vector<std::string> services;  ///< empty: every service, or none where none is hit
  std::optional<Duration> lasting;    ///< then it is over by itself; empty: not by itself
  std::optional<Cure> cured_by;       ///< empty: `usual_cure`
  friend bool operator==(const Fault&, const Fault&) = default;
};

/// Wrong with a service, and heald's to mend.
[[nodiscard]] bool is_ailment(const FaultKind& kind);
/// It is true of services one by one, rather than of heald.
[[nodiscard]] bool hits_services(const FaultKind& kind);
/// It happens and is over; how long it lasts means nothing.
[[nodiscard]] bool is_momentary(const FaultKind& kind);
/// A new start (start, restart, reprovision) for what a start can mend; reprovision for a service
/// that cannot start; nothing for what comes back, and for circumstances.
[[nodiscard]] Cure usual_cure(const FaultKind& kind);
[[nodiscard]] Cure cure_of(const Fault& fault);
/// The word of the fault scripts: "hang".
[[nodiscard]] std::string_view word_of(const FaultKind& kind);
/// The word of how they go: "time_out", "silent".
[[nodiscard]] std::string_view word_of(const ActionsGo& go);
[[nodiscard]] std::string_view word_of(const ProbesGo& go);
/// One item of a fault script, in one line: `{at: 5m, hang: {}, services: [redis]}`. Reads back
/// as the same fault. Of `ReloadRules` the file is unknown here: it is named `rules-NUMBER.yaml`.
[[nodiscard]] std::string to_script(const Fault& fault);
/// As a rule file writes it: `90s`, `10m`, `1500ms`.
[[nodiscard]] std::string script_duration(Duration duration);

}  // namespace heald::sim
