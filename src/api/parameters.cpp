#include "api/parameters.hpp"

#include <charconv>

namespace heald {

std::optional<std::uint64_t> parse_number(const std::string& text) {
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::optional<std::string> Parameters::text(const std::string& name) {
  auto node = left_.extract(name);
  if (!node) return std::nullopt;
  return std::move(node.mapped());
}

std::optional<std::uint64_t> Parameters::number(const std::string& name, std::uint64_t least,
                                                std::uint64_t most) {
  const auto given = text(name);
  if (!given) return std::nullopt;
  const auto value = parse_number(*given);
  if (value && *value >= least && *value <= most) return value;
  if (problem_.empty()) {
    problem_ = "'" + name + "' has to be a number from " + std::to_string(least) + " to " +
               std::to_string(most);
  }
  return std::nullopt;
}

bool Parameters::flag(const std::string& name) {
  const auto given = text(name);
  if (given && *given != "true" && *given != "false" && problem_.empty()) {
    problem_ = "'" + name + "' has to be true or false";
  }
  return given == "true";
}

std::string Parameters::problem() const {
  if (!problem_.empty() || left_.empty()) return problem_;
  return "there is no parameter '" + left_.begin()->first + "' here";
}

}  // namespace heald
