#pragma once
// What stands between a rule file and the first step: folders, history, what was left behind.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "heald/event.hpp"
#include "heald/life.hpp"
#include "heald/policy.hpp"
#include "heald/state.hpp"
#include "journal/journal.hpp"
#include "journal/reader.hpp"
#include "runtime/locations.hpp"

namespace heald {

/// The folders of a daemon's state; all empty when nothing is kept.
struct StateFolders {
  std::string state;
  std::string run;   ///< a record of each child, to find it again
  std::string logs;  ///< what the services print
};

/// Makes them (0700) where they are missing. Errors name the folder.
[[nodiscard]] Result<StateFolders> prepare_folders(const Locations& locations);

/// The journal and what it held.
struct History {
  std::unique_ptr<Journal> journal;
  std::unique_ptr<JournalReader> reader;
  Recovered recovered;
  Life life;
};

/// How much history the rules want kept.
[[nodiscard]] Retention retention_of(const Policy& policy);

/// Opens the journal, which also takes the state folder for this process alone; in memory when
/// nothing is kept. What is left over from other rules is found and told in `History::life`, unless
/// this life only observes. `on_change`: see JournalOptions.
[[nodiscard]] Result<History> open_history(
    const StateFolders& folders, const Policy& policy, const Life& life,
    std::function<void(const JournalChanged&)> on_change);

/// The state to go on from. After a damaged journal it asks for a confirmation before anything is
/// started, because operators' stops may have been lost with it.
[[nodiscard]] std::optional<Snapshot> starting_point(Recovered& recovered);

/// What people have to know about the history that was found; empty: all is well.
[[nodiscard]] std::string describe_loss(const Recovered& recovered);

/// Services with a child record in `run`, whatever the rules say of them: those in force at the end
/// of the earlier life, which come first, are not known yet.
[[nodiscard]] std::vector<std::string> left_over(const std::string& run);

/// Whether any ladder has a rung for the symptom `oom`.
[[nodiscard]] bool asks_for_oom(const Policy& policy);

}  // namespace heald
