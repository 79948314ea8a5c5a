#pragma once
// The probes that send a datagram: UDP, and ping. The pure part, for its tests.

#include <vector>

#include "heald/examination.hpp"
#include "heald/policy.hpp"
#include "net/datagrams.hpp"
#include "probe/finding.hpp"

namespace heald {

/// On a fail, what came and what was expected.
[[nodiscard]] Finding judge_udp(const UdpProbe& rules, const DatagramResult& result);

[[nodiscard]] std::vector<LookCheck> checks_of(const UdpProbe& rules,
                                               const DatagramResult& result);

}  // namespace heald
