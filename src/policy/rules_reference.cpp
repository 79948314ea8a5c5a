#include "policy/rules_reference.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

#include "policy/tables.hpp"

namespace heald {

namespace {

// As those who show Markdown make one of a heading.
std::string anchor(std::string_view name) {
  std::string text{name};
  std::ranges::replace(text, ' ', '-');
  std::erase(text, '\'');
  return text;
}

// The type, with a link where it has a table of its own.
std::string linked(const TypeSpec& type) {
  switch (type.shape) {
    case Shape::list: return "list of " + linked(*type.item);
    case Shape::map: return "map: name → " + linked(*type.item);
    case Shape::mapping: {
      const std::string name{type.mapping->name};
      std::string text = "[" + name + "](#" + anchor(name) + ")";
      const ShortForm& other = type.mapping->short_form;
      if (other.read != nullptr) text.append(", or ").append(other.text);
      return text;
    }
    case Shape::scalar: break;
  }
  if (type.words.empty()) return to_text(type);
  std::string text;
  for (const std::string_view word : type.words) {
    text.append(text.empty() ? "`" : ", `").append(word).append("`");
  }
  return text;
}

std::string default_of(const FieldSpec& spec) {
  if (spec.presence == Presence::required) return "**required**";
  if (spec.presence == Presence::choice) return "one of these";
  if (spec.presence == Presence::some) return "at least one of these";
  if (!spec.otherwise.empty()) return std::string{spec.otherwise};
  if (spec.default_text == nullptr) return "as in its table";
  return std::string{"`"}.append(spec.default_text()).append("`");
}

// A bar would end the cell, also within code.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out.append(c == '|' ? "\\" : "").append(1, c);
  return out;
}

std::string row(const FieldSpec& spec) {
  std::string text = "| `" + std::string{spec.key} + "` | ";
  return text.append(linked(spec.type))
      .append(" | ")
      .append(default_of(spec))
      .append(" | ")
      .append(cell(spec.doc))
      .append(" |\n");
}

const MappingSpec* nested(const TypeSpec& type) {
  if (type.shape == Shape::mapping) return type.mapping;
  return type.item == nullptr ? nullptr : nested(*type.item);
}

// The table itself, then those that its keys lead to, each once, in the order of their first use.
void collect(const MappingSpec& table, std::vector<const MappingSpec*>& tables) {
  if (std::ranges::find(tables, &table) != tables.end()) return;
  tables.push_back(&table);
  for (const FieldSpec& spec : table.fields) {
    if (const MappingSpec* inner = nested(spec.type); inner != nullptr) collect(*inner, tables);
  }
}

std::string section(const MappingSpec& table) {
  std::string text = "\n### " + std::string{table.name} + "\n\n" + std::string{table.doc} + "\n";
  if (table.short_form.read != nullptr) {
    text.append("Short form: ").append(table.short_form.text).append(".\n");
  }
  if (table.fields.empty()) return text += "Takes no keys.\n";
  text += "\n| key | type | default | meaning |\n|---|---|---|---|\n";
  for (const FieldSpec& spec : table.fields) text += row(spec);
  return text;
}

}  // namespace

std::vector<const MappingSpec*> tables_from(const MappingSpec& table) {
  std::vector<const MappingSpec*> tables;
  collect(table, tables);
  return tables;
}

std::string reference_of(const MappingSpec& table) {
  std::string text;
  for (const MappingSpec* each : tables_from(table)) text += section(*each);
  return text;
}

std::string rules_reference() { return reference_of(file_mapping); }

Result<void> rewrite_reference(const std::string& path, std::string_view marker,
                               std::string_view reference) {
  std::ostringstream old;
  old << std::ifstream{path}.rdbuf();
  const std::string text = old.str();
  const std::size_t at = text.find(marker);
  if (at == std::string::npos) {
    return Error{"cannot find the reference in " + path + ": it has no marker line"};
  }
  std::ofstream out{path, std::ios::trunc};
  out << text.substr(0, at) << marker << reference;
  if (!out.flush()) return Error{"cannot write " + path};
  return {};
}

}  // namespace heald
