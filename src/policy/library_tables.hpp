#pragma once
// The keys `library` and `use`.

#include <optional>
#include <string_view>

#include "policy/drafts.hpp"
#include "policy/fields.hpp"
#include "policy/values.hpp"

namespace heald {

/// The key of a service that uses the library.
inline constexpr std::string_view use_key = "use";

/// The key of a rule file's section of library services.
inline constexpr std::string_view library_key = "library";

/// The section of a rule file. Of entries that are known already, the first counts.
void read_library_section(Reader& reader, FileDraft& file);

/// `use: NAME`, or `use: {NAME: {PARAMETER: VALUE}}`.
struct UseValue {
  static constexpr TypeSpec value{.text = "value", .form = Form::any_text};
  static constexpr TypeSpec parameters{
      .shape = Shape::map, .item = &value, .name = &NameValue::type};
  static constexpr std::array<const TypeSpec*, 1> others{&NameValue::type};
  static constexpr TypeSpec type{
      .shape = Shape::map, .item = &parameters, .name = &NameValue::type, .others = others};
  static void read(Reader& reader, std::optional<UseDraft>& use);
};

}  // namespace heald
