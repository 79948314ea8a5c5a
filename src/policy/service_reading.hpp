#pragma once
// Reads one service, or the several that `instances` makes of it, into the rules.

#include "policy/drafts.hpp"
#include "policy/reader.hpp"

namespace heald {

/// Reads the service's name and keys.
[[nodiscard]] ServiceDraft read_service_draft(Reader& reader, const YamlEvent& key,
                                              std::string name);

/// The service whose mapping is `body`, taken off a stream before.
void read_service(Reader& reader, const YamlEvent& key, Recording&& body, std::uint32_t order,
                  RuleSet& rules);

/// Brings services that were added late to where the files have them.
void restore_order(RuleSet& rules);

}  // namespace heald
