#pragma once
// How long to wait between the attempts of one incident.

#include <cstdint>
#include <string_view>

#include "heald/policy.hpp"
#include "heald/time.hpp"

namespace heald {

/// The delay before the next action of an incident after `taken` of them: nothing before the
/// first; then `initial`, growing by `factor` up to `max`, each moved by up to `jitter` of
/// itself to either side. The same arguments give the same delay.
[[nodiscard]] Duration backoff_delay(const BackoffPolicy& policy, std::uint32_t taken,
                                     std::uint64_t seed, std::string_view service);

}  // namespace heald
