#pragma once
// Events and decisions as people read them.

#include <string>

#include "heald/decision.hpp"
#include "heald/event.hpp"
#include "heald/policy.hpp"

namespace heald {

/// "probe answers failed: HTTP 503", "its process ended: killed by signal 9": what came in.
/// `policy` is of the service that it names; null: nothing is known of it.
[[nodiscard]] std::string describe(const Event& event, const ServicePolicy* policy);

/// The rule by which a record came about, as the rule file says it: "failure_threshold: 3,
/// interval: 2s". Empty: it follows from no single rule.
[[nodiscard]] std::string rule_behind(const Record& record, const ServicePolicy* policy);

/// The probe's name; its number where the rules do not tell.
[[nodiscard]] std::string probe_name(ProbeIndex probe, const ServicePolicy* policy);

}  // namespace heald
