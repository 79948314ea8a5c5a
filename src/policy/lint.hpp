#pragma once
// Warnings: rules that can be carried out, and that hardly anybody means.

#include <string_view>

#include "policy/drafts.hpp"
#include "policy/reader.hpp"

namespace heald {

/// What one probe shows, once its keys are read.
void lint_probe(Reader& reader, const ProbePolicy& probe, const SeenKeys& seen);

/// What one service shows; the draft tells where its parts stand.
void lint_service(Reader& reader, const ServicePolicy& service, const ServiceDraft& draft);

/// What only all rules together show.
void lint_rules(const RuleSet& rules, ProblemLog& log);

/// Warns of a value that its name gives away as a secret: of a header or a variable.
void lint_named(Reader& reader, Position at, std::string_view name, std::string_view value);

/// Warns of a password in a text: in a URL, or behind an option such as `--password=`.
void lint_text(Reader& reader, Position at, std::string_view text);

}  // namespace heald
