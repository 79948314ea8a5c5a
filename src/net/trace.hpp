#pragma once
// What happened during an exchange, for whoever asked to be told.

#include <memory>
#include <vector>

#include "heald/examination.hpp"

namespace heald {

/// Filled on the exchange's thread until it is done. Most exchanges have none, and then it costs
/// them nothing.
using NetTrace = std::shared_ptr<std::vector<LookPhase>>;

}  // namespace heald
