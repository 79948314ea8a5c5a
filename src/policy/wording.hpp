#pragma once
// The wording of problems: quoting, listing, and the word that was probably meant.

#include <span>
#include <string>
#include <string_view>

namespace heald {

/// The text in single quotes, control characters escaped, cut after 60 characters.
[[nodiscard]] std::string quoted(std::string_view text);

/// The whole text on one line: control characters escaped.
[[nodiscard]] std::string one_line(std::string_view text);

/// "a, b or c".
[[nodiscard]] std::string listed(std::span<const std::string_view> words);

/// The number of single-character insertions, deletions, substitutions and swaps of neighbours
/// (optimal string alignment) that make one word the other.
[[nodiscard]] std::size_t edit_distance(std::string_view left, std::string_view right);

/// The known word that `word` is a likely misspelling of; empty when none is near. Of equally
/// near words the first.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       std::span<const std::string_view> known);

/// "; did you mean 'interval'?" when one is near; "; known here: a, b or c" when few are
/// known; else nothing.
[[nodiscard]] std::string suggestion(std::string_view word,
                                     std::span<const std::string_view> known);

}  // namespace heald
