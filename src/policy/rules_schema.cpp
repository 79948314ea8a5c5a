#include "policy/rules_schema.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/tables.hpp"

namespace heald {

namespace {

using Json = nlohmann::ordered_json;

/// Of a mapping that something else completes, as `use` does a service, nothing must be given, and
/// a key without a value takes away what the other has there.
enum class Part : bool { whole, some };

constexpr int indentation = 2;
constexpr std::string_view filled_in = "text to be filled in";

// Nothing at all stands for an empty list or mapping where that is allowed.
enum class Nothing : bool { refused, allowed };

Json type_or_nothing(std::string_view type, Nothing nothing) {
  if (nothing == Nothing::refused) return type;
  return Json::array({type, "null"});
}

Json any_of(Json&& alternatives) {
  if (alternatives.size() == 1) return std::move(alternatives.front());
  return {{"anyOf", std::move(alternatives)}};
}

std::string name_of(const MappingSpec& table, Part part) {
  return std::string{table.name} + (part == Part::some ? " in part" : "");
}

Json words_schema(const TypeSpec& type) {
  Json words = Json::array();
  for (const std::string_view word : type.words) words.push_back(word);
  return {{"enum", std::move(words)}};
}

Json scalar_schema(const TypeSpec& type) {
  if (type.form == Form::anything) return Json::object();
  if (type.form == Form::flag) return {{"type", "boolean"}};
  if (!type.words.empty()) return words_schema(type);
  const bool bounded = type.low != 0 || type.high != 0;
  if (bounded) {
    return {{"type", type.form == Form::number ? "number" : "integer"},
            {"minimum", type.low},
            {"maximum", type.high}};
  }
  Json schema{{"type", "string"}};
  if (type.form == Form::any_text) schema["type"] = Json::array({"string", "number", "boolean"});
  if (!type.pattern.empty()) schema["pattern"] = type.pattern;
  return schema;
}

// Whatever a placeholder stands for is only known where heald runs.
bool may_be_filled_in(const TypeSpec& type) {
  return type.shape == Shape::scalar && type.form != Form::anything;
}

// The default, where its text is all that a file would have to say.
Json default_of(const FieldSpec& spec) {
  const TypeSpec& type = spec.type;
  if (spec.presence != Presence::optional || !spec.otherwise.empty()) return {};
  if (spec.default_text == nullptr || type.shape != Shape::scalar) return {};
  const std::string text = spec.default_text();
  if (type.form == Form::flag) return text == "true";
  const bool number = type.form == Form::number || type.low != 0 || type.high != 0;
  return number ? Json::parse(text) : Json(text);
}

Json keys_marked(const MappingSpec& table, Presence mark) {
  Json keys = Json::array();
  for (const FieldSpec& spec : table.fields) {
    if (spec.presence == mark) keys.push_back(spec.key);
  }
  return keys;
}

void require_one(Json& schema, const MappingSpec& table, Presence mark, std::string_view rule) {
  for (const Json& key : keys_marked(table, mark)) {
    schema[std::string{rule}].push_back({{"required", Json::array({key})}});
  }
}

/// The schema of a table, with definitions of all that it comes to.
class Schema {
 public:
  explicit Schema(const MappingSpec& table);
  [[nodiscard]] std::string text() const { return schema_.dump(indentation) + "\n"; }

 private:
  Json reference_to(const MappingSpec& table, Part part);
  Json list(const TypeSpec& type, Part part);
  Json map(const TypeSpec& type, Part part);
  Json one_way(const TypeSpec& type, Part part);
  Json value(const TypeSpec& type, Part part);
  Json property(const FieldSpec& spec, Part part);
  Json object(const MappingSpec& table, Part part);
  Json definition(const MappingSpec& table, Part part);

  Json schema_{{"$schema", "https://json-schema.org/draft/2020-12/schema"}};
  std::vector<std::pair<const MappingSpec*, Part>> referred_;  // each once
};

Schema::Schema(const MappingSpec& table) {
  schema_.update(definition(table, Part::whole));
  // An empty file would stop everything on a reload; it has to say that it declares nothing.
  schema_["type"] = "object";
  schema_["$defs"][std::string{filled_in}] = {
      {"type", "string"}, {"pattern", R"(\$\{)"}, {"description", "Holds `${NAME}`."}};
  for (std::size_t i = 0; i < referred_.size(); ++i) {  // a definition may refer to more
    const auto [other, part] = referred_[i];
    schema_["$defs"][name_of(*other, part)] = definition(*other, part);
  }
}

Json Schema::reference_to(const MappingSpec& table, Part part) {
  const std::pair reference{&table, part};
  if (std::ranges::find(referred_, reference) == referred_.end()) referred_.push_back(reference);
  return {{"$ref", "#/$defs/" + name_of(table, part)}};
}

Json Schema::list(const TypeSpec& type, Part part) {
  Json schema{{"type", type_or_nothing("array", type.first == nullptr ? Nothing::allowed
                                                                      : Nothing::refused)}};
  if (type.first != nullptr) {
    schema["minItems"] = 1;
    schema["prefixItems"] = Json::array({value(*type.first, part)});
  }
  schema["items"] = value(*type.item, part);
  return schema;
}

Json Schema::map(const TypeSpec& type, Part part) {
  Json schema{{"type", type_or_nothing("object", Nothing::allowed)}};
  if (type.name != nullptr) {
    // Keys are always text: what else the name could be as a value does not matter.
    Json names = scalar_schema(*type.name);
    names.erase("type");
    schema["propertyNames"] = std::move(names);
  }
  schema["additionalProperties"] = value(*type.item, part);
  return schema;
}

Json Schema::one_way(const TypeSpec& type, Part part) {
  switch (type.shape) {
    case Shape::list: return list(type, part);
    case Shape::map: return map(type, part);
    case Shape::mapping: return reference_to(*type.mapping, type.in_part ? Part::some : part);
    case Shape::scalar: break;
  }
  return scalar_schema(type);
}

Json Schema::value(const TypeSpec& type, Part part) {
  Json ways = Json::array({one_way(type, part)});
  for (const TypeSpec* other : type.others) ways.push_back(one_way(*other, part));
  const bool filled = may_be_filled_in(type) ||
                      std::ranges::any_of(type.others, [](const TypeSpec* other) {
                        return may_be_filled_in(*other);
                      });
  if (filled) ways.push_back({{"$ref", "#/$defs/" + std::string{filled_in}}});
  if (part == Part::some) ways.push_back({{"type", "null"}});
  return any_of(std::move(ways));
}

Json Schema::property(const FieldSpec& spec, Part part) {
  Json property = value(spec.type, part);
  property["description"] = spec.doc;
  Json otherwise = default_of(spec);
  if (!otherwise.is_null()) property["default"] = std::move(otherwise);
  return property;
}

Json Schema::object(const MappingSpec& table, Part part) {
  const auto optional = [](const FieldSpec& spec) { return spec.presence == Presence::optional; };
  const bool may_be_empty = part == Part::some || std::ranges::all_of(table.fields, optional);
  Json schema{{"type", type_or_nothing("object",
                                       may_be_empty ? Nothing::allowed : Nothing::refused)},
              {"properties", Json::object()},
              {"additionalProperties", false}};
  for (const FieldSpec& spec : table.fields) {
    schema["properties"][std::string{spec.key}] = property(spec, part);
  }
  if (part == Part::some) return schema;
  Json required = keys_marked(table, Presence::required);
  if (!required.empty()) schema["required"] = std::move(required);
  require_one(schema, table, Presence::choice, "oneOf");
  require_one(schema, table, Presence::some, "anyOf");
  return schema;
}

Json Schema::definition(const MappingSpec& table, Part part) {
  Json definition{{"title", table.name}, {"description", table.doc}};
  if (table.short_form.read != nullptr) {
    definition["anyOf"] = Json::array({value(*table.short_form.type, part), object(table, part)});
  } else if (part == Part::whole && !table.completed_by.empty()) {
    definition["if"] = {{"type", "object"},
                        {"required", Json::array({std::string{table.completed_by}})}};
    definition["then"] = reference_to(table, Part::some);
    definition["else"] = object(table, part);
  } else {
    definition.update(object(table, part));
  }
  return definition;
}

}  // namespace

std::string schema_of(const MappingSpec& table) { return Schema{table}.text(); }

std::string rules_schema() { return schema_of(file_mapping); }

}  // namespace heald
