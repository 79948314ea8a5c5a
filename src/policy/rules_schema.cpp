#include "policy/rules_schema.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "policy/rules_reference.hpp"
#include "policy/tables.hpp"

namespace heald {

namespace {

using Json = nlohmann::ordered_json;

constexpr int indentation = 2;
constexpr std::string_view filled_in = "text to be filled in";

// Nothing at all stands for an empty list or mapping where that is allowed.
enum class Nothing : bool { refused, allowed };

Json type_or_nothing(std::string_view type, Nothing nothing) {
  if (nothing == Nothing::refused) return type;
  return Json::array({type, "null"});
}

Json schema_of_type(const TypeSpec& type);

Json any_of(Json&& alternatives) {
  if (alternatives.size() == 1) return std::move(alternatives.front());
  return {{"anyOf", std::move(alternatives)}};
}

Json reference_to(const MappingSpec& table) {
  return {{"$ref", "#/$defs/" + std::string{table.name}}};
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

Json list_schema(const TypeSpec& type) {
  Json schema{{"type", type_or_nothing("array", type.first == nullptr ? Nothing::allowed
                                                                      : Nothing::refused)}};
  if (type.first != nullptr) {
    schema["minItems"] = 1;
    schema["prefixItems"] = Json::array({schema_of_type(*type.first)});
  }
  schema["items"] = schema_of_type(*type.item);
  return schema;
}

Json map_schema(const TypeSpec& type) {
  Json schema{{"type", type_or_nothing("object", Nothing::allowed)}};
  if (type.name != nullptr) {
    // Keys are always text: what else the name could be as a value does not matter.
    Json names = scalar_schema(*type.name);
    names.erase("type");
    schema["propertyNames"] = std::move(names);
  }
  schema["additionalProperties"] = schema_of_type(*type.item);
  return schema;
}

Json one_way(const TypeSpec& type) {
  switch (type.shape) {
    case Shape::list: return list_schema(type);
    case Shape::map: return map_schema(type);
    case Shape::mapping: return reference_to(*type.mapping);
    case Shape::scalar: break;
  }
  return scalar_schema(type);
}

// Whatever a placeholder stands for is only known where heald runs.
bool may_be_filled_in(const TypeSpec& type) {
  return type.shape == Shape::scalar && type.form != Form::anything;
}

Json schema_of_type(const TypeSpec& type) {
  Json ways = Json::array({one_way(type)});
  for (const TypeSpec* other : type.others) ways.push_back(one_way(*other));
  const bool filled = may_be_filled_in(type) ||
                      std::ranges::any_of(type.others, [](const TypeSpec* other) {
                        return may_be_filled_in(*other);
                      });
  if (filled) ways.push_back({{"$ref", "#/$defs/" + std::string{filled_in}}});
  return any_of(std::move(ways));
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

Json property_of(const FieldSpec& spec) {
  Json property = schema_of_type(spec.type);
  property["description"] = spec.doc;
  Json otherwise = default_of(spec);
  if (!otherwise.is_null()) property["default"] = std::move(otherwise);
  return property;
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

Json object_schema(const MappingSpec& table) {
  const auto optional = [](const FieldSpec& spec) { return spec.presence == Presence::optional; };
  const bool may_be_empty = std::ranges::all_of(table.fields, optional);
  Json schema{{"type", type_or_nothing("object",
                                       may_be_empty ? Nothing::allowed : Nothing::refused)},
              {"properties", Json::object()},
              {"additionalProperties", false}};
  for (const FieldSpec& spec : table.fields) {
    schema["properties"][std::string{spec.key}] = property_of(spec);
  }
  Json required = keys_marked(table, Presence::required);
  if (!required.empty()) schema["required"] = std::move(required);
  require_one(schema, table, Presence::choice, "oneOf");
  require_one(schema, table, Presence::some, "anyOf");
  return schema;
}

Json definition_of(const MappingSpec& table) {
  Json definition{{"title", table.name}, {"description", table.doc}};
  if (table.short_form.read == nullptr) {
    definition.update(object_schema(table));
  } else {
    definition["anyOf"] = Json::array({schema_of_type(*table.short_form.type),
                                       object_schema(table)});
  }
  return definition;
}

}  // namespace

std::string schema_of(const MappingSpec& table) {
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}};
  schema.update(definition_of(table));
  // An empty file would stop everything on a reload; it has to say that it declares nothing.
  schema["type"] = "object";
  schema["$defs"][std::string{filled_in}] = {
      {"type", "string"}, {"pattern", R"(\$\{)"}, {"description", "Holds `${NAME}`."}};
  for (const MappingSpec* each : tables_from(table)) {
    if (each != &table) schema["$defs"][std::string{each->name}] = definition_of(*each);
  }
  return schema.dump(indentation) + "\n";
}

std::string rules_schema() { return schema_of(file_mapping); }

}  // namespace heald
