#pragma once
// From a service as it stands in the file to a service of the policy.

#include "policy/drafts.hpp"
#include "policy/reader.hpp"

namespace heald {

/// Fills in what the file left out, checks what the service alone can tell, and adds it with its
/// references to the rules. One whose name is taken already is checked, but not added.
void add_service(Reader& reader, ServiceDraft&& draft, RuleSet& rules);

/// Adds the name that stands for all services made by `instances`.
void declare_instances(Reader& reader, const YamlEvent& key, const InstancedName& instanced,
                       RuleSet& rules);

}  // namespace heald
