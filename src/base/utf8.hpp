#pragma once
// Text from outside, made fit to show.

#include <cstddef>
#include <string>
#include <string_view>

namespace heald {

/// The text with every octet that is no part of valid UTF-8 replaced by U+FFFD, cut between two
/// characters so that it has at most `limit` octets.
[[nodiscard]] std::string valid_utf8(std::string_view text, std::size_t limit);

}  // namespace heald
