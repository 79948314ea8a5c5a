#pragma once
// Which keys of the rules differ, for people who are about to change them. Never their values:
// these may be secrets.

#include <cstdint>
#include <string>
#include <vector>

#include "heald/policy.hpp"

namespace heald {

struct KeyChange {
  enum class What : std::uint8_t { changed, added, removed } what = What::changed;
  std::string key;  ///< as in the rule file: "probes.answers.interval"
  friend bool operator==(const KeyChange&, const KeyChange&) = default;
};

/// Empty exactly when the two are equal.
[[nodiscard]] std::vector<KeyChange> differences(const ServicePolicy& before,
                                                 const ServicePolicy& after);
/// Of the block `heald:`, the groups and the receivers.
[[nodiscard]] std::vector<KeyChange> daemon_differences(const Policy& before, const Policy& after);

}  // namespace heald
