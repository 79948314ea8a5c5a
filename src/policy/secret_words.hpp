#pragma once
// Which names and texts look like secrets. Guesses, for warnings only: nothing is refused by them.

#include <string_view>

namespace heald {

/// Whether a variable, header or option of this name holds a secret: DB_PASSWORD, Authorization,
/// api-key. Not one whose last word says that the value only leads there: DB_PASSWORD_FILE.
[[nodiscard]] bool names_a_secret(std::string_view name);

/// Whether a password stands in the text: `scheme://user:password@host`, `?token=...` in a URL, or
/// an option `--password=...`.
[[nodiscard]] bool holds_a_password(std::string_view text);

}  // namespace heald
