#include "policy/variables.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "policy/wording.hpp"

namespace heald {

namespace {

Error not_set(std::string_view name) {
  return Error{"the environment variable " + quoted(name) + " is not set; a default would be ${" +
               std::string{name} + ":-...}"};
}

}  // namespace

Variables::Variables() : find_(environment_variable) {}

Variables::Variables(Values values)
    : find_([values = std::move(values)](std::string_view name) {
        const auto found = values.find(name);
        return found == values.end() ? std::nullopt : found->second;
      }),
      unknown_(Unknown::counts_as_set) {}

Result<Variables> Variables::remembered(std::string_view used) {
  const auto json = nlohmann::json::parse(used, nullptr, false);
  const Error bad{"cannot read the variables of these rules: they are not a JSON object of texts"};
  if (!json.is_object()) return bad;
  Values values;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string() && !value.is_null()) return bad;
    auto& known = values[name];
    if (value.is_string()) known = value.get<std::string>();
  }
  return Variables{std::move(values)};
}

Result<std::string> Variables::value(const Placeholder& found) {
  const auto known = find_(found.name);
  auto filled = value_of(found, known);
  if (!filled) return not_set(found.name);
  used_.insert_or_assign(std::string{found.name}, known);
  return stands_for(*std::move(filled));
}

Result<void> Variables::check(const Placeholder& found) const {
  if (unknown_ == Unknown::counts_as_set || value_of(found, find_(found.name))) return {};
  return not_set(found.name);
}

std::string Variables::used() const {
  if (used_.empty()) return {};
  auto json = nlohmann::json::object();
  for (const auto& [name, value] : used_) {
    json[name] = value ? nlohmann::json(*value) : nlohmann::json();
  }
  return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace heald
