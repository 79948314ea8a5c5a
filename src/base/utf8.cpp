#include "base/utf8.hpp"

#include <cstdint>

namespace heald {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// What may follow a lead octet: Unicode 15, table 3-7, "well-formed UTF-8 byte sequences".
struct Sequence {
  std::size_t length = 0;  ///< 0: no lead octet
  std::uint8_t second_from = 0x80;
  std::uint8_t second_to = 0xBF;
};

Sequence sequence_of(std::uint8_t lead) {
  if (lead < 0x80) return {1};
  if (lead >= 0xC2 && lead <= 0xDF) return {2};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {3};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {4};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {};
}

/// The length of the character that the text begins with; 0 when it begins with none.
std::size_t character_length(std::string_view text) {
  const auto octet = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  const auto sequence = sequence_of(octet(0));
  if (sequence.length < 2) return sequence.length;
  if (text.size() < sequence.length) return 0;
  if (octet(1) < sequence.second_from || octet(1) > sequence.second_to) return 0;
  for (std::size_t i = 2; i < sequence.length; ++i) {
    if ((octet(i) & 0xC0U) != 0x80U) return 0;
  }
  return sequence.length;
}

}  // namespace

std::string valid_utf8(std::string_view text, std::size_t limit) {
  std::string result;
  result.reserve(text.size() < limit ? text.size() : limit);
  while (!text.empty()) {
    const auto length = character_length(text);
    const auto part = length == 0 ? replacement : text.substr(0, length);
    if (result.size() + part.size() > limit) break;
    result += part;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

}  // namespace heald
