#pragma once
// The reference of rule files, written from the tables that read them.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace heald {

struct MappingSpec;

/// A mapping and those that its keys lead to, each once, in the order of their first use.
[[nodiscard]] std::vector<const MappingSpec*> tables_from(const MappingSpec& table);

/// A mapping and those that its keys lead to, as Markdown: type, default and meaning of each key.
[[nodiscard]] std::string reference_of(const MappingSpec& table);

/// Writes a reference anew, behind its marker in a document.
[[nodiscard]] Result<void> rewrite_reference(const std::string& path, std::string_view marker,
                                             std::string_view reference);

/// The same of everything that a rule file may hold.
[[nodiscard]] std::string rules_reference();

/// The line of docs/rules.md behind which the reference stands.
inline constexpr std::string_view reference_marker =
    "<!-- What follows is written from the tables in src/policy by heald_rules_doc. -->\n";

}  // namespace heald
