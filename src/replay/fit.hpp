#pragma once
// New rules, as far as what was recorded can answer them.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "heald/policy.hpp"

namespace heald {

/// How the recording fits one service of the new rules.
struct ServiceFit {
  bool recorded = false;  ///< false: the rules of then had no such service, or of another kind
  std::set<std::string> probes;   ///< those whose recorded looks apply
  std::set<std::string> missing;  ///< those that nobody asked then, or that asked something else
  std::set<std::string> notes;    ///< what else is not as it was, for people
};

struct Fitted {
  Policy policy;  ///< without what was not recorded
  std::map<std::string, ServiceFit> services;  ///< all of the new rules
};

/// Services by name. The policy must outlive it.
using ServiceIndex = std::unordered_map<std::string_view, const ServicePolicy*>;
[[nodiscard]] ServiceIndex index_of(const Policy& policy);
/// Null: there is none.
[[nodiscard]] const ServicePolicy* find_service(const ServiceIndex& index, const std::string& name);

/// What of `wanted` can be tried on looks that were taken under `recorded`. A look applies to a
/// probe that asks the same (kind and timeout); how often, and what follows from it, may differ. A
/// process is the recorded one, with the new rules for its exits. Services in `spectators` are only
/// looked at, in a group of their own: nobody depends on them, and nothing is done about them.
[[nodiscard]] Fitted fit(const Policy& wanted, const Policy& recorded,
                         const std::set<std::string>& spectators);

[[nodiscard]] const ProbePolicy* find_probe(const ServicePolicy& service, const std::string& name);

}  // namespace heald
