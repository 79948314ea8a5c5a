#pragma once
// A YAML value as JSON text.

#include <string>

#include "policy/reader.hpp"

namespace heald {

/// Takes any node and writes it as JSON: what is unquoted and reads as a number, true, false or
/// null is that, everything else is text; lists and mappings keep their order. A missing value is
/// null.
void read_json_text(Reader& reader, std::string& json);

}  // namespace heald
