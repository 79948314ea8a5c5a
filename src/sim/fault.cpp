#include "sim/fault.hpp"

#include <array>

namespace heald::sim {
namespace {

template <class... Kinds>
bool is_one_of(const FaultKind& kind) {
  return (std::holds_alternative<Kinds>(kind) || ...);
}

/// In the order of `FaultKind`.
constexpr std::array<std::string_view, std::variant_size_v<FaultKind>> words = {
    "crash", "hang", "answer_badly", "flap", "slow_down", "leak", "fail_to_start",
    "need_dependencies", "start_slowly", "actions", "probes", "kill_heald", "fail_journal",
    "stall", "jump_clock", "operate", "reload"};

}  // namespace

bool is_ailment(const FaultKind& kind) {
  return is_one_of<Crash, Hang, AnswerBadly, Flap, SlowDown, Leak, FailToStart>(kind);
}

bool hits_services(const FaultKind& kind) {
  return is_ailment(kind) ||
         is_one_of<NeedDependencies, StartSlowly, ActionsGo, ProbesGo>(kind);
}

bool is_momentary(const FaultKind& kind) {
  return is_one_of<KillHeald, JumpClock, Operate, ReloadRules>(kind);
}

Cure usual_cure(const FaultKind& kind) {
  if (is_one_of<Crash, Hang, AnswerBadly, Flap, SlowDown>(kind)) {
    return {{ActionKind::restart, ActionKind::start, ActionKind::reprovision}, {}};
  }
  if (is_one_of<FailToStart>(kind)) return {{ActionKind::reprovision}, {}};
  return {};
}

Cure cure_of(const Fault& fault) {
  return fault.cured_by ? *fault.cured_by : usual_cure(fault.kind);
}

std::string_view word_of(const FaultKind& kind) { return words.at(kind.index()); }

}  // namespace heald::sim
