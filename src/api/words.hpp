#pragma once
// Pages told in a few words, and the notation of times.

#include <string>
#include <string_view>

#include "heald/policy.hpp"
#include "heald/time.hpp"
#include "runtime/board.hpp"

namespace heald {

/// ISO 8601 in UTC with milliseconds: "2026-03-01T09:30:00.125Z".
[[nodiscard]] std::string iso8601(WallTime time);

/// Why the service is as it is, in one line without control characters; empty: nothing to say.
[[nodiscard]] std::string reason_of(const ServicePage& page);

/// Declared to run, and not healthy. What an operator stopped does not count.
[[nodiscard]] bool lacks_health(const ServicePage& page);

/// The word of the rule files: "page".
[[nodiscard]] std::string_view severity_word(Severity severity);

[[nodiscard]] bool has_open_incident(const ServicePage& page);

}  // namespace heald
