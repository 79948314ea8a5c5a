#include "base/fill_in.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace heald {

namespace {

constexpr std::string_view opening = "${";
constexpr std::string_view escaped_opening = "$${";
constexpr std::string_view default_mark = ":-";

bool is_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && letter(text.front()) && std::ranges::all_of(text, [&](char c) {
    return letter(c) || (c >= '0' && c <= '9');
  });
}

// The placeholder that the text begins with.
std::optional<Placeholder> placeholder_at(std::string_view text) {
  const std::size_t end = text.find('}');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view inner = text.substr(opening.size(), end - opening.size());
  Placeholder found{inner, std::nullopt, text.substr(0, end + 1)};
  if (const std::size_t mark = inner.find(default_mark); mark != std::string_view::npos) {
    found.name = inner.substr(0, mark);
    found.otherwise = inner.substr(mark + default_mark.size());
  }
  if (!is_name(found.name)) return std::nullopt;
  return found;
}

}  // namespace

Result<std::string> stands_for(std::string text) {
  return Result<std::string>{boost::system::in_place_value, std::move(text)};
}

bool has_placeholders(std::string_view text) {
  return text.find(opening) != std::string_view::npos;
}

Result<std::string> fill_in(std::string_view text, Escapes escapes,
                            const std::function<Result<std::string>(const Placeholder&)>& value) {
  std::string out;
  while (true) {
    const std::size_t at = text.find(opening);
    if (at == std::string_view::npos) break;
    if (at > 0 && text.substr(at - 1).starts_with(escaped_opening)) {
      out.append(text.substr(0, escapes == Escapes::kept ? at : at - 1)).append(opening);
      text.remove_prefix(at + opening.size());
      continue;
    }
    out.append(text.substr(0, at));
    text.remove_prefix(at);
    const auto found = placeholder_at(text);
    if (!found) {
      return Error{"this '${' begins no ${NAME} or ${NAME:-DEFAULT}; for a plain '${' write '$${'"};
    }
    const auto replaced = value(*found);
    if (!replaced) return replaced.error();
    out.append(*replaced);
    text.remove_prefix(found->whole.size());
  }
  return stands_for(std::move(out.append(text)));
}

std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t at = text.find(opening); at != std::string_view::npos; at = text.find(opening)) {
    out.append(text.substr(0, at)).append(escaped_opening);
    text.remove_prefix(at + opening.size());
  }
  return out.append(text);
}

std::optional<std::string> environment_variable(std::string_view name) {
  const char* value = std::getenv(std::string{name}.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

std::optional<std::string> value_of(const Placeholder& found,
                                    const std::optional<std::string>& variable) {
  const bool missing = !variable || variable->empty();
  if (found.otherwise && missing) return std::string{*found.otherwise};
  return variable;
}

Result<std::string> fill_in_from_environment(std::string_view text) {
  return fill_in(text, Escapes::undone, [](const Placeholder& found) -> Result<std::string> {
    auto value = value_of(found, environment_variable(found.name));
    if (value) return stands_for(*std::move(value));
    return Error{"the environment variable " + std::string{found.name} + " is not set"};
  });
}

Result<void> fill_in_headers(std::vector<std::pair<std::string, std::string>>& headers) {
  for (auto& [name, value] : headers) {
    if (!has_placeholders(value)) continue;
    auto filled = fill_in_from_environment(value);
    if (!filled) return Error{"header " + name + ": " + filled.error().message};
    value = *std::move(filled);
  }
  return {};
}

}  // namespace heald
