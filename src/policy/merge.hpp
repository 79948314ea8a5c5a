#pragma once
// One mapping over another, as they stand in files.

#include "policy/event_stream.hpp"
#include "policy/fields.hpp"

namespace heald {

/// The mapping `over` and what `base` has beside it: mappings key by key, anything else replaces.
/// `~` takes away what the base has there. Of keys that `type` makes a choice of, one takes the
/// place of any other. Both must be whole mappings.
[[nodiscard]] Recording merged(Recording&& base, Recording&& over, const TypeSpec& type);

}  // namespace heald
