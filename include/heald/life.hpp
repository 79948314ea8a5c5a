#pragma once
// What decides besides the events: fixed for one life of heald, from its start to its end. The
// journal keeps it, so that a replay on another machine decides the same.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "heald/policy.hpp"

namespace heald {

/// Raised whenever the engine decides or records anything differently for the same events: a
/// replay compares only lives that were decided by the revision that it has itself.
inline constexpr std::uint32_t engine_revision = 9;

struct Life {
  std::uint64_t seed = 0;  ///< the engine's
  std::uint32_t engine = engine_revision;
  bool observe = false;       ///< `heald run --observe`
  bool init = false;          ///< it runs as PID 1
  bool journal_lost = false;  ///< it began with nothing, in place of a damaged journal
  /// Services of which there is a record of a process, which may still run. Rules that this life
  /// begins with may have some of them no more.
  std::vector<std::string> left_over;
  friend bool operator==(const Life&, const Life&) = default;
};

/// A rule file as it was read. Secrets are in files of their own and only named in it.
struct RuleFile {
  std::string name, text;
  friend bool operator==(const RuleFile&, const RuleFile&) = default;
};

/// The rules with `observe` on every service.
[[nodiscard]] Policy only_observing(Policy policy);

/// The rules for a PID 1: containers are killed 30 s after they were asked to end, so that unless
/// the rules say otherwise everything has to stop in less.
[[nodiscard]] Policy as_init(Policy policy);

/// The rules as this life of heald takes them: what `observe` and `init` ask for.
[[nodiscard]] Policy adapted(Policy policy, const Life& life);

/// The rules with each service that is as it was before as the same object: what is compared here
/// need not be compared, nor kept twice, by those who take the rules up.
[[nodiscard]] Policy sharing(Policy policy, const Policy& before);

/// The rules with just enough more to find and stop those of the named that they have no process
/// for. Its revision says so where there are any.
[[nodiscard]] Policy with_left_over(Policy policy, const std::vector<std::string>& names);

/// The revision of the rules as they were read; see `with_left_over`.
[[nodiscard]] std::string_view read_revision(std::string_view revision);

}  // namespace heald
