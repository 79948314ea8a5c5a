#pragma once
// Backtest: what other rules would have done with what was recorded. docs/backtest.md says what
// is claimed, and why nothing is past the first divergence.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "heald/decision.hpp"
#include "journal/event_log.hpp"
#include "journal/recording.hpp"
#include "replay/deeds.hpp"
#include "replay/onsets.hpp"

namespace heald {

/// A decision of the new rules, with the rule behind it.
struct TriedDecision {
  WallTime wall{};
  Record record;
  std::string rule;
};

/// A rung that the new rules take, or would take if they did not only observe.
struct TriedAction {
  Instant at{};
  WallTime wall{};
  ActionKind kind = ActionKind::restart;
  std::string rung;
  enum class Mode : std::uint8_t { taken, observed } mode = Mode::taken;
  enum class Need : std::uint8_t {
    open,       ///< nothing shows that it was needless
    was_back,   ///< when it began, the latest look of every alive probe had passed
    came_back,  ///< it was not taken then, and the service came back all the same
  } need = Need::open;
  Duration back_after{};  ///< of `came_back`
};
[[nodiscard]] std::string_view to_string(TriedAction::Need need);

/// Where the claims about a service end.
struct Ending {
  enum class Why : std::uint8_t {
    divergence,  ///< of its own
    dependency,  ///< of one that it depends on
    group,       ///< a guard decided that looks at others, of which one had diverged
    journal,     ///< the journal cannot be replayed any further
  } why = Why::divergence;
  Instant at{};
  WallTime wall{};
  std::string through;            ///< the other service; of `journal`, the reason
  std::optional<Deed> here, recorded;  ///< of `divergence` and `group`
};
[[nodiscard]] std::string_view to_string(Ending::Why why);

struct TriedService {
  std::string name;
  std::vector<std::string> missing;  ///< probes that were never recorded as they ask now
  std::vector<std::string> notes;    ///< what else cannot be shown
  std::vector<TriedDecision> decisions;
  std::vector<TimedIncident> incidents;
  std::vector<TriedAction> actions;
  std::optional<Ending> ending;  ///< empty: the recording was judged to its end
};

/// A stretch of which the recorder has not everything. What changed a decision then is known.
struct TriedGap {
  std::optional<WallTime> from, to;  ///< empty: of no bounds that are known
  std::string what;
};

struct Backtest {
  std::optional<WallTime> from, to;  ///< what was judged; empty: nothing
  std::vector<TriedService> services;  ///< in the order of the rules
  std::vector<std::string> never_recorded;  ///< services that only the new rules have
  std::vector<std::string> not_in_rules;    ///< services that only the rules of then had
  std::vector<TriedGap> gaps;
  std::string not_judged;  ///< why nothing, or nothing more; empty: all was
};

/// Errors: the journal cannot be read.
[[nodiscard]] Result<Backtest> backtest(EventLog& log, Recording recording,
                                        const std::shared_ptr<const Policy>& rules);

}  // namespace heald
