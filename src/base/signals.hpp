#pragma once
// Signals by name, as rule files, records and messages write them.

#include <optional>
#include <string>
#include <string_view>

namespace heald {

/// The number of "SIGTERM", "TERM" or "SIGRTMIN+3" on this platform; upper case only. Nothing
/// when there is no such signal; a number is not a name.
[[nodiscard]] std::optional<int> signal_number(std::string_view name);

/// "SIGTERM", "SIGRTMIN+3"; for a number without a name "signal 99".
[[nodiscard]] std::string signal_name(int number);

}  // namespace heald
