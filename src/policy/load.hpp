#pragma once
// From rule files to the policy.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heald/life.hpp"
#include "heald/policy.hpp"
#include "policy/problem.hpp"

namespace heald {

/// What came of a load: the policy, or everything that is wrong.
struct Loaded {
  std::optional<Policy> policy;   ///< there exactly when there are no problems
  std::vector<Problem> problems;  ///< in order of file, line and column
  std::vector<Problem> warnings;  ///< likewise, of good rules: what is hardly meant
  /// What was read, the main file first; empty when there are problems. When values were filled in
  /// from the environment, the last entry is named `variables_file` and tells which (Variables).
  std::vector<RuleFile> files;
};

/// The name of what no file holds. A path is never empty.
inline constexpr std::string_view variables_file = "";

/// All files of a load together may be this large.
inline constexpr std::size_t largest_rules = std::size_t{64} << 20U;

/// Reads a rule file and what it includes. Never throws for what the files hold; a file that
/// cannot be read is a problem. Blocks on the file system. Any thread.
[[nodiscard]] Loaded load_rules(const std::string& path);

/// Reads rules from memory; `name` stands for the file in problems. `include` is a problem: the
/// text has no place that paths could be relative to.
[[nodiscard]] Loaded parse_rules(std::string_view text, std::string_view name);

/// Reads rules again from `Loaded::files`, without the file system: `include` is passed over, for
/// what it named is among the files.
[[nodiscard]] Loaded parse_rule_files(const std::vector<RuleFile>& files);

}  // namespace heald
