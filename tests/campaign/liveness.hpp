#pragma once
// How soon after the end of all faults everything has to be well, and whether it is.
// docs/campaign.md tells the formula; this is it.

#include <string>

#include "heald/engine.hpp"

namespace heald::campaign {

/// The longest that this service may need, with everything that it may have to wait for.
[[nodiscard]] Duration bound_of(const Policy& policy, const std::string& service);

/// Why a service is not at rest as it should be; empty: it is. `last`: its bound has passed, and
/// with it every slow retry that could have healed it.
[[nodiscard]] std::string unrest_of(const Engine& engine, ServiceId service);

}  // namespace heald::campaign
