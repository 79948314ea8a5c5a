#pragma once
// The JSON Schema of rule files, written from the tables that read them.

#include <string>

namespace heald {

struct MappingSpec;

/// A mapping and those that its keys lead to, as a JSON Schema (draft 2020-12), two blanks for each
/// level. It takes every file that heald takes, once YAML is seen as JSON by the core schema of
/// YAML 1.2; what only the whole can tell (names that refer to something, cycles, sums) it lets
/// through.
[[nodiscard]] std::string schema_of(const MappingSpec& table);

/// The same of everything that a rule file may hold.
[[nodiscard]] std::string rules_schema();

}  // namespace heald
