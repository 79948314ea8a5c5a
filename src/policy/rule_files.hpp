#pragma once
// The files of a load: reading them whole, and finding what they include.

#include <string>
#include <vector>

#include "base/result.hpp"

namespace heald {

/// A file's whole text. Refuses what is not a regular file, or larger than `most` octets: what is
/// left of `largest_rules`.
[[nodiscard]] Result<std::string> read_rule_file(const std::string& path, std::size_t most);

/// The files that a path or pattern stands for, sorted by name. A relative one begins at the folder
/// of `including`. A pattern may match nothing; a plain path stands for itself.
[[nodiscard]] Result<std::vector<std::string>> find_included(const std::string& including,
                                                             const std::string& pattern);

/// The same for every way to name one file; the path itself where it cannot be told.
[[nodiscard]] std::string identity_of(const std::string& path);

}  // namespace heald
