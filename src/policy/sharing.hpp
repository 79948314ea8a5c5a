#pragma once
// Rules of many services say the same in most of their parts.

#include <memory>
#include <vector>

#include "heald/policy.hpp"

namespace heald {

/// Makes equal parts of these services one in memory. What is rarer than the last few different
/// ones stays apart: the time taken is in proportion to the number of services.
void share_equal_parts(const std::vector<std::shared_ptr<ServicePolicy>>& services);

}  // namespace heald
