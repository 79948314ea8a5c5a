#pragma once
// A look without a daemon.

#include <memory>

#include "heald/examination.hpp"
#include "heald/policy.hpp"

namespace heald {

/// Takes one look by the rules of `policy->probes[probe]`, as the daemon would, and returns when it
/// has ended. For a process that has no children of its own and is not the daemon.
[[nodiscard]] Examination examine_here(const std::shared_ptr<const ServicePolicy>& policy,
                                       ProbeIndex probe);

}  // namespace heald
