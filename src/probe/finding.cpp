#include "probe/finding.hpp"

#include <cstddef>

#include "base/utf8.hpp"

namespace heald {
namespace {

constexpr std::size_t longest_evidence = 512;

}  // namespace

Finding failed(std::string_view evidence) {
  return {Outcome::fail, true, valid_utf8(evidence, longest_evidence)};
}

Finding silent(std::string_view evidence) {
  return {Outcome::fail, false, valid_utf8(evidence, longest_evidence)};
}

Finding could_not_look(std::string_view why) {
  return {Outcome::unknown, false, valid_utf8(why, longest_evidence)};
}

Finding judge_failure(const NetFailure& failure) {
  Finding finding = failure.answered ? failed(failure.text) : silent(failure.text);
  if (failure.kind == NetFailureKind::local) finding.outcome = Outcome::unknown;
  return finding;
}

std::string shown(std::string_view text) {
  constexpr std::size_t most = 120;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string line = "\"";
  for (const char each : text.substr(0, most)) {
    const auto byte = static_cast<unsigned char>(each);
    switch (each) {
      case '\n': line += "\\n"; break;
      case '\r': line += "\\r"; break;
      case '\t': line += "\\t"; break;
      case '"': line += "\\\""; break;
      default:
        if (byte >= 0x20 && byte != 0x7f) {
          line += each;
        } else {
          line.append("\\x").append({digits[byte >> 4U], digits[byte & 0xfU]});
        }
    }
  }
  return line + (text.size() > most ? "…\"" : "\"");
}

}  // namespace heald
