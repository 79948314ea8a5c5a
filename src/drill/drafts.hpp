#pragma once
// What is read of a fault script before it is known to fit the rules.

#include <optional>
#include <vector>

#include "drill/script.hpp"
#include "policy/fields.hpp"
#include "policy/values.hpp"

namespace heald {

struct FaultDraft {
  sim::Fault fault;
  bool known = false;  ///< it says what goes wrong
  Position at;         ///< of the key that says it
  std::vector<Mention> services;
  std::optional<std::vector<Mention>> cured_by;
  Mention reload;  ///< the file, of `reload`
};

struct ScriptDraft {
  FaultScript script;
  std::vector<FaultDraft> faults;
};

// fault_tables.cpp
extern const Mapping<ScriptDraft> script_mapping;

/// Checks the names in a fault against the rules, and makes it whole. `known` says what rules may
/// be in force when it begins: names may stand in any of them.
void finish_fault(ProblemLog& log, FaultDraft& draft,
                  const std::vector<std::shared_ptr<const Policy>>& known);

}  // namespace heald
