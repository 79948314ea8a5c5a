#pragma once
// The variables of heald's environment that rules are filled in from.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/fill_in.hpp"
#include "base/result.hpp"

namespace heald {

/// Gives values, and remembers what was given, so that the same rules can be read once more where
/// the environment is another. What only its user fills in (values of `environment` and `headers`)
/// is not given and not remembered: the engine does not read it, and it may be a secret.
class Variables {
 public:
  /// Of the environment of this process.
  Variables();
  /// Of what another told as `used`. There all that is not remembered counts as set. Errors: the
  /// text is not of that form.
  [[nodiscard]] static Result<Variables> remembered(std::string_view used);

  /// What stands in the placeholder's place. Error: unset, and no default.
  [[nodiscard]] Result<std::string> value(const Placeholder& found);
  /// The same, without giving it away.
  [[nodiscard]] Result<void> check(const Placeholder& found) const;

  /// What was given, as JSON: {"NAME": "value", "UNSET": null}; empty: nothing was.
  [[nodiscard]] std::string used() const;

 private:
  using Values = std::map<std::string, std::optional<std::string>, std::less<>>;
  explicit Variables(Values values);

  std::function<std::optional<std::string>(std::string_view name)> find_;
  enum class Unknown : bool { unset, counts_as_set } unknown_ = Unknown::unset;
  Values used_;
};

}  // namespace heald
