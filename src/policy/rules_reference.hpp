#pragma once
// The reference of rule files, written from the tables that read them.

#include <string>
#include <string_view>

namespace heald {

/// Every mapping and every key as Markdown: type, default, meaning.
[[nodiscard]] std::string rules_reference();

/// The line of docs/rules.md behind which the reference stands.
inline constexpr std::string_view reference_marker =
    "<!-- What follows is written from the tables in src/policy by heald_rules_doc. -->\n";

}  // namespace heald
