#pragma once
// The probe that asks name servers. The pure part, for its tests.

#include <vector>

#include "heald/examination.hpp"
#include "heald/policy.hpp"
#include "net/dns_query.hpp"
#include "probe/finding.hpp"

namespace heald {

[[nodiscard]] Finding judge_dns(const DnsProbe& rules, const DnsResult& result);

[[nodiscard]] std::vector<LookCheck> checks_of(const DnsProbe& rules, const DnsResult& result);

}  // namespace heald
