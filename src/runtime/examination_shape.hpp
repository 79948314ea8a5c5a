#pragma once
// The JSON of an examination: what the API answers, and what `heald probe` prints without one.

#include <nlohmann/json_fwd.hpp>

#include "heald/examination.hpp"

namespace heald {

/// docs/api.md describes it.
[[nodiscard]] nlohmann::json examination_shape(const Examination& examination);

}  // namespace heald
