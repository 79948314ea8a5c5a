#pragma once
// Fault scripts: what is to go wrong in a rehearsal, and when.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heald/policy.hpp"
#include "policy/problem.hpp"
#include "sim/scenario.hpp"

namespace heald {

/// A fault script as it was read. What it leaves out is the caller's to choose.
struct FaultScript {
  std::optional<Duration> length;
  std::optional<std::uint64_t> seed;
  std::optional<Duration> settling;
  std::vector<sim::Fault> faults;
  /// The rules that `reload` names, in the order of `sim::ReloadRules`, which counts from 1.
  std::vector<std::shared_ptr<const Policy>> reloads;
};

/// What came of reading: the script, or everything that is wrong, in the order of the lines.
struct ReadScript {
  std::optional<FaultScript> script;
  std::vector<Problem> problems;
};

/// Reads a fault script for these rules, and the rule files that it reloads. Never throws for what
/// the files hold. Blocks on the file system. Any thread.
[[nodiscard]] ReadScript read_faults(const std::string& path, const Policy& rules);
/// The same from memory; files to reload are looked for beside `name`.
[[nodiscard]] ReadScript parse_faults(std::string_view text, const std::string& name,
                                      const Policy& rules);

/// What goes wrong when nobody says what should: for each service in turn a crash, a hang and bad
/// answers, half an hour apart, and at last a reboot. At most `most_by_default` services.
[[nodiscard]] std::vector<sim::Fault> default_faults(const Policy& rules);
inline constexpr std::size_t most_by_default = 50;

/// Rules and a script as a scenario. The length, where nobody said it, ends an hour after the last
/// fault began, or was over by itself.
[[nodiscard]] sim::Scenario scenario_of(std::shared_ptr<const Policy> rules, FaultScript script);

/// Every key of a fault script as Markdown.
[[nodiscard]] std::string faults_reference();
/// The line of docs/simulate.md behind which the reference stands.
inline constexpr std::string_view faults_marker =
    "<!-- What follows is written from the tables in src/drill by heald_faults_doc. -->\n";

}  // namespace heald
