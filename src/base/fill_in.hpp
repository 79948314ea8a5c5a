#pragma once
// `${NAME}` and `${NAME:-DEFAULT}` in texts.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace heald {

/// One place in a text that something else stands for.
struct Placeholder {
  std::string_view name;                      ///< letters, digits and `_`, not led by a digit
  std::optional<std::string_view> otherwise;  ///< behind `:-`: for when it is unset or empty
  std::string_view whole;                     ///< `${NAME:-DEFAULT}` as it stands there
};

/// `$${` stands for a plain `${`.
enum class Escapes : std::uint8_t {
  undone,
  kept,  ///< since the text will be filled in once more
};

/// What a placeholder stands for, as a result: a text would convert to an error just as well.
[[nodiscard]] Result<std::string> stands_for(std::string text);

/// Whether anything in the text is a placeholder or an escaped one.
[[nodiscard]] bool has_placeholders(std::string_view text);

/// The text with every placeholder replaced by what `value` gives for it. Errors: those of `value`,
/// and a `${` that begins no placeholder.
[[nodiscard]] Result<std::string> fill_in(
    std::string_view text, Escapes escapes,
    const std::function<Result<std::string>(const Placeholder&)>& value);

/// The text as it has to be written so that `fill_in` gives it back.
[[nodiscard]] std::string escaped(std::string_view text);

/// What a variable of heald's own environment is; empty: it is not set.
[[nodiscard]] std::optional<std::string> environment_variable(std::string_view name);

/// What a variable gives a placeholder: its value, or the default where it is unset or, with a
/// default, empty. Nothing: unset, and no default.
[[nodiscard]] std::optional<std::string> value_of(const Placeholder& found,
                                                  const std::optional<std::string>& variable);

/// The text filled in from heald's own environment. It does not change while heald runs, so that
/// what was good when the rules were read is good later. Error: a variable is not set.
[[nodiscard]] Result<std::string> fill_in_from_environment(std::string_view text);

/// Does so with the values of HTTP headers.
[[nodiscard]] Result<void> fill_in_headers(
    std::vector<std::pair<std::string, std::string>>& headers);

}  // namespace heald
