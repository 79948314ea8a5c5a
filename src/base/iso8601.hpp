#pragma once
// The notation of times that machines and people read.

#include <string>

#include "heald/time.hpp"

namespace heald {

/// ISO 8601 in UTC with milliseconds: "2026-03-01T09:30:00.125Z".
[[nodiscard]] std::string iso8601(WallTime time);

}  // namespace heald
