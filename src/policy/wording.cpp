#include "policy/wording.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace heald {

namespace {

constexpr std::size_t longest_quote = 60;
// A name longer than this is not a typing mistake of anything, and the distance is quadratic.
constexpr std::size_t longest_compared = 64;
// So many names still make a readable line.
constexpr std::size_t most_listed = 24;

void append_escaped(std::string& out, char character) {
  static constexpr std::string_view digits = "0123456789abcdef";
  const auto octet = static_cast<unsigned char>(character);
  if (character == '\n') {
    out += "\\n";
  } else if (character == '\t') {
    out += "\\t";
  } else if (octet < 0x20 || octet == 0x7f) {
    out.append("\\x").append(1, digits[octet >> 4U]).append(1, digits[octet & 15U]);
  } else {
    out += character;
  }
}

bool continues_character(char character) {
  return (static_cast<unsigned char>(character) & 0xC0U) == 0x80U;
}

}  // namespace

std::string quoted(std::string_view text) {
  std::size_t end = std::min(text.size(), longest_quote);
  while (end < text.size() && end > 0 && continues_character(text[end])) --end;
  std::string out = "'";
  for (const char character : text.substr(0, end)) append_escaped(out, character);
  if (end < text.size()) out += "...";
  return out += "'";
}

std::string one_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char character : text) append_escaped(out, character);
  return out;
}

std::string listed(std::span<const std::string_view> words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  std::vector<std::size_t> next(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t change = left[i - 1] == right[j - 1] ? 0U : 1U;
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + change});
      const bool swapped = i > 1 && j > 1 && left[i - 1] == right[j - 2] &&
                           left[i - 2] == right[j - 1];
      if (swapped) next[j] = std::min(next[j], before[j - 2] + 1);
    }
    before.swap(row);
    row.swap(next);
  }
  return row[right.size()];
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  if (word.empty() || word.size() > longest_compared) return {};
  // A third of the letters wrong is still recognisable; more is another word.
  std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::string_view found;
  for (const std::string_view candidate : known) {
    if (candidate.size() > longest_compared) continue;
    const std::size_t apart = candidate.size() > word.size() ? candidate.size() - word.size()
                                                             : word.size() - candidate.size();
    if (apart >= best) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= best || distance >= candidate.size()) continue;
    best = distance;
    found = candidate;
  }
  return found;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> known) {
  if (const std::string_view meant = nearest(word, known); !meant.empty()) {
    return "; did you mean " + quoted(meant) + "?";
  }
  if (known.empty() || known.size() > most_listed) return {};
  return "; known here: " + listed(known);
}

}  // namespace heald
