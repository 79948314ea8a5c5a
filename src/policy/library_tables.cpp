// The library: services with parameters, for other services to use.

#include "policy/library_tables.hpp"

#include "policy/patterns.hpp"
#include "policy/scalars.hpp"
#include "policy/tables.hpp"
#include "policy/wording.hpp"

namespace heald {

namespace {

constexpr std::string_view reserved_parameter = "instance";

// A single value as it stands there: what it has to be is known only where it lands.
std::optional<YamlEvent> take_value(Reader& reader) {
  Recording node = reader.take_node();
  YamlEvent& event = node.front();
  const bool value = event.kind == EventKind::scalar && !event.is_null();
  if (value || event.kind == EventKind::broken) return std::move(event);
  if (event.kind != EventKind::end) {
    reader.report(event.at, "expected a single value, found " + describe(event));
  }
  return std::nullopt;
}

void read_default(Reader& reader, ParameterDraft& parameter) {
  parameter.otherwise = take_value(reader);
}

constexpr std::array parameter_fields{
    field<TextValue, &ParameterDraft::description>("description", "What it is, for people.",
                                                   {.otherwise = "none"}),
    custom<ParameterDraft, read_default>(
        "default", UseValue::value,
        "What it is when it is not given. In it, `${name}` may stand for parameters above.",
        {.otherwise = "none: it must be given"}),
};

struct ParametersValue {
  static constexpr TypeSpec item{.shape = Shape::mapping, .mapping = &parameter_mapping};
  static constexpr TypeSpec name{.text = "name", .pattern = variable_pattern};
  static constexpr TypeSpec type{.shape = Shape::map, .item = &item, .name = &name};

  static void read(Reader& reader, std::vector<ParameterDraft>& parameters) {
    read_names(reader, "a mapping of parameters", "parameter", [&](const YamlEvent& key) {
      if (!parse_variable(key.value)) {
        reader.report(key.at, quoted(key.value) + " is not the name of a parameter: letters, "
                                                  "digits and '_', not led by a digit");
      } else if (key.value == reserved_parameter) {
        reader.report(key.at, "a parameter cannot be named 'instance': ${instance} is the number "
                              "of an instance");
      }
      ParameterDraft& parameter = parameters.emplace_back();
      parameter.name = key.value;
      parameter.at = key.at;
      reader.read(parameter_mapping, parameter);
    });
  }
};

void read_service_node(Reader& reader, LibraryDraft& entry) {
  Recording node = reader.take_node();
  const YamlEvent& first = node.front();
  if (first.kind == EventKind::mapping_start) {
    entry.service = std::move(node);
  } else if (first.kind != EventKind::end && first.kind != EventKind::broken) {
    reader.report(first.at, "expected a mapping (service), found " + describe(first));
  }
}

constexpr std::array library_fields{
    field<TextValue, &LibraryDraft::description>("description", "What it is, for people.",
                                                 {.otherwise = "none"}),
    field<ParametersValue, &LibraryDraft::parameters>(
        "parameters", "What it can be told, by name; `${name}` in the service's values.",
        {.otherwise = "none"}),
    custom<LibraryDraft, read_service_node>(
        "service", {.shape = Shape::mapping, .mapping = &service_mapping, .in_part = true},
        "Everything that a service may have. What only its user can know may be left out.",
        {Presence::required}),
};

void read_parameters_given(Reader& reader, UseDraft& use) {
  read_names(reader, "a mapping of parameters to values", "parameter", [&](const YamlEvent& key) {
    if (auto value = take_value(reader)) {
      use.given.push_back({{key.value, key.at}, *std::move(value)});
    }
  });
}

}  // namespace

void UseValue::read(Reader& reader, std::optional<UseDraft>& use) {
  static constexpr std::string_view form =
      "the name of a library service, or a mapping of its name to parameters";
  const Position at = reader.at();
  if (reader.peek().kind != EventKind::mapping_start) {
    YamlEvent name;
    if (reader.scalar(form, name)) use.emplace().entry = {std::move(name.value), name.at};
    return;
  }
  read_names(reader, form, "library service", [&](const YamlEvent& key) {
    if (use) {
      reader.report(key.at, quoted(key.value) + " stands beside " + quoted(use->entry.name) +
                                "; a service uses one library service");
      return reader.skip();
    }
    use.emplace().entry = {key.value, key.at};
    read_parameters_given(reader, *use);
  });
  if (!use && !reader.failed()) reader.report(at, "expected " + std::string{form});
}

void read_library_section(Reader& reader, FileDraft& file) {
  // What is written here is for people, or for the services that use it.
  reader.read_plain([&] {
    read_names(reader, "a mapping of library services", "library service",
               [&](const YamlEvent& key) {
                 if (const auto name = parse_name(key.value); !name) {
                   reader.report(key.at, name.error().message);
                 }
                 LibraryDraft entry;
                 entry.name = key.value;
                 entry.at = key.at;
                 reader.read(library_mapping, entry);
                 file.rules->library.try_emplace(key.value, std::move(entry));
               });
  });
}

constexpr Mapping<ParameterDraft> parameter_mapping =
    mapping<ParameterDraft>("parameter", "What a library service can be told.", parameter_fields);

constexpr Mapping<LibraryDraft> library_mapping = mapping<LibraryDraft>(
    "library service", "A service for others to `use`, with parameters.", library_fields);

}  // namespace heald
