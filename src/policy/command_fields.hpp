#pragma once
// The keys that every command has, wherever it stands.

#include <array>

#include "heald/policy.hpp"
#include "policy/fields.hpp"
#include "policy/values.hpp"

namespace heald {

/// A line for /bin/sh, into a whole ExecPolicy.
struct ShellValue {
  static constexpr TypeSpec type{
      .text = "text", .form = Form::any_text, .pattern = program_pattern};
  static void read(Reader& reader, ExecPolicy& exec);
};

/// Names and values of environment variables.
struct EnvironmentValue {
  static constexpr TypeSpec variable{.text = "name", .pattern = variable_pattern};
  static constexpr TypeSpec type{
      .shape = Shape::map, .item = &TextValue::type, .name = &variable};
  static void read(Reader& reader, std::map<std::string, std::string>& environment);
};

/// The path of a file.
struct PathValue {
  static constexpr TypeSpec type{
      .text = "path", .form = Form::any_text, .pattern = program_pattern};
  static void read(Reader& reader, std::string& value);
};

/// Variables, and the files that hold their values.
struct SecretFilesValue {
  static constexpr TypeSpec type{
      .shape = Shape::map, .item = &PathValue::type, .name = &EnvironmentValue::variable};
  static void read(Reader& reader, std::map<std::string, std::string>& files);
};

/// The fields of the ExecPolicy that the path leads to.
template <class Owner, auto... Path>
[[nodiscard]] consteval std::array<FieldSpec, 8> command_fields() {
  return {
      field_of<Owner, ArgvValue, Path..., &ExecPolicy::command>(
          "command",
          "The program and its arguments, one list item each. No shell reads it: `*`, `$X` and `|` "
          "are ordinary characters. The program is looked up in PATH.",
          {Presence::choice}),
      field_of<Owner, ShellValue, Path...>(
          "shell",
          "A line for `/bin/sh -c`, for where pipes or variables are really needed. `$X` is the "
          "shell's, `${X}` is filled in by heald, and `$${X}` leaves `${X}` to the shell.",
          {Presence::choice}),
      field_of<Owner, TextValue, Path..., &ExecPolicy::directory>(
          "directory", "The working directory.", {.otherwise = "heald's own"}),
      field_of<Owner, EnvironmentValue, Path..., &ExecPolicy::environment>(
          "environment", "Variables that are added to heald's own environment.",
          {.otherwise = "none"}),
      field_of<Owner, ListValue<PathValue>, Path..., &ExecPolicy::env_files>(
          "env_files",
          "Files of lines `KEY=VALUE`, read when the command starts; one led by `-` may be "
          "missing. The later counts more, and `environment` most.",
          {.otherwise = "none"}),
      field_of<Owner, SecretFilesValue, Path..., &ExecPolicy::secret_files>(
          "secret_files",
          "Variables by name, and for each the file that holds its value, read when the command "
          "starts.",
          {.otherwise = "none"}),
      field_of<Owner, AccountValue, Path..., &ExecPolicy::user>("user", "The user to run as.",
                                                                {.otherwise = "heald's own"}),
      field_of<Owner, AccountValue, Path..., &ExecPolicy::group>(
          "group", "The group to run as.", {.otherwise = "the user's primary group"}),
  };
}

/// The short form of a mapping that is a command: just the list.
template <class Owner, auto... Path>
void read_command_list(Reader& reader, Owner& owner) {
  ArgvValue::read(reader, detail::reach<Path...>(owner).command);
}

inline constexpr std::string_view command_list_text = "a list of a program and its arguments";

}  // namespace heald
