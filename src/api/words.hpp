#pragma once
// Pages told in a few words.

#include <string>
#include <string_view>

#include "heald/policy.hpp"
#include "runtime/board.hpp"

namespace heald {

/// Why the service is as it is, in one line without control characters; empty: nothing to say.
[[nodiscard]] std::string reason_of(const ServicePage& page);

/// Declared to run, and not healthy. What an operator stopped does not count.
[[nodiscard]] bool lacks_health(const ServicePage& page);

/// The word of the rule files: "page".
[[nodiscard]] std::string_view severity_word(Severity severity);

[[nodiscard]] bool has_open_incident(const ServicePage& page);

}  // namespace heald
