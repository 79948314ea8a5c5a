#pragma once
// Secrets that stand in files.

#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace heald {

/// The only line of a file, without the blanks around its end. Errors, which never quote it: the
/// file cannot be read, is empty, or has another line or a control character in it.
[[nodiscard]] Result<std::string> read_secret_line(const std::string& path);

/// Adds headers, by name, whose values are the only lines of files.
[[nodiscard]] Result<void> add_header_files(
    const std::vector<std::pair<std::string, std::string>>& files,
    std::vector<std::pair<std::string, std::string>>& headers);

}  // namespace heald
