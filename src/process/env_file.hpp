#pragma once
// Variables of a command that stand in files: read when it starts, and kept nowhere.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace heald {

using Environment = std::map<std::string, std::string>;

/// Adds the variables of a text of lines `KEY=VALUE`; the last of a name counts. Empty lines and
/// those that begin with `#` or `;` say nothing. Blanks around key and value do not belong to them.
/// A value may stand in single quotes, or in double quotes with `\"`, `\\`, `\$` and `` \` `` in
/// it. Nothing is continued on the next line, nothing is filled in. The error names the line and
/// the file, never what stands there.
[[nodiscard]] Result<void> add_variables(std::string_view text, const std::string& file,
                                         Environment& environment);

/// The same of files, one after the other. One whose name is led by `-` may be missing.
[[nodiscard]] Result<void> add_env_files(const std::vector<std::string>& files,
                                         Environment& environment);

/// Adds variables whose values are the whole content of a file each, less line ends at its end.
[[nodiscard]] Result<void> add_secret_files(const std::map<std::string, std::string>& files,
                                            Environment& environment);

}  // namespace heald
