#include "probe/pattern.hpp"

#include <re2/re2.h>

namespace heald {

Result<Pattern> Pattern::compile(const std::string& text) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(RE2::Options::EncodingLatin1);
  auto compiled = std::make_shared<const RE2>(text, options);
  if (compiled->ok()) return Pattern{std::move(compiled)};
  return Error{"cannot read the regular expression " + text + ": " + compiled->error()};
}

std::optional<std::size_t> Pattern::end_of_match(std::string_view text) const {
  const re2::StringPiece whole{text.data(), text.size()};
  re2::StringPiece found;
  if (!compiled_->Match(whole, 0, whole.size(), RE2::UNANCHORED, &found, 1)) return std::nullopt;
  return static_cast<std::size_t>(found.data() - whole.data()) + found.size();
}

}  // namespace heald
