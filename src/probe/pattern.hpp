#pragma once
// Regular expressions over what targets say, which may be any octets.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace re2 {
class RE2;
}

namespace heald {

/// An RE2 pattern, unanchored. Octets are characters of their own (Latin-1). Copies share it; safe
/// from any thread.
class Pattern {
 public:
  [[nodiscard]] static Result<Pattern> compile(const std::string& text);

  /// Where the leftmost match ends; empty: there is none.
  [[nodiscard]] std::optional<std::size_t> end_of_match(std::string_view text) const;

 private:
  explicit Pattern(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}

  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace heald
