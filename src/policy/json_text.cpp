#include "policy/json_text.hpp"

#include <nlohmann/json.hpp>

namespace heald {

namespace {

bool is_json_literal(const YamlEvent& event) {
  if (!event.plain) return false;
  // Text is refused by its first character, long before the parser is asked.
  if (event.value == "true" || event.value == "false") return true;
  const char first = event.value.empty() ? '\0' : event.value.front();
  if (first != '-' && (first < '0' || first > '9')) return false;
  return nlohmann::json::accept(event.value);
}

std::string json_string(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_node(Reader& reader, std::string& json);

void append_list(Reader& reader, std::string& json) {
  json += '[';
  bool first = true;
  read_list(reader, "a list", [&] {
    if (!first) json += ',';
    first = false;
    append_node(reader, json);
  });
  json += ']';
}

void append_mapping(Reader& reader, std::string& json) {
  json += '{';
  bool first = true;
  read_names(reader, "a mapping", "key", [&](const YamlEvent& key) {
    if (!first) json += ',';
    first = false;
    json.append(json_string(key.value)).append(":");
    append_node(reader, json);
  });
  json += '}';
}

// Recursion is bounded: the stream refuses what is nested more deeply than EventStream::deepest.
void append_node(Reader& reader, std::string& json) {
  switch (reader.peek().kind) {
    case EventKind::list_start: return append_list(reader, json);
    case EventKind::mapping_start: return append_mapping(reader, json);
    default: break;
  }
  const YamlEvent event = reader.take();
  if (event.kind != EventKind::scalar) return;
  if (event.is_null()) {
    json += "null";
  } else {
    json += is_json_literal(event) ? event.value : json_string(event.value);
  }
}

}  // namespace

void read_json_text(Reader& reader, std::string& json) {
  json.clear();
  append_node(reader, json);
}

}  // namespace heald
