// Commands: exec probes, exec actions, reprovision, exec receivers, an external service's own.

#include "policy/command_fields.hpp"
#include "policy/lint.hpp"
#include "policy/tables.hpp"

namespace heald {

void ShellValue::read(Reader& reader, ExecPolicy& exec) {
  const YamlEvent& next = reader.peek();
  if (next.kind == EventKind::scalar && !next.is_null() && next.value.empty()) {
    reader.report(next.at, "an empty line for the shell");
    return reader.skip();
  }
  const Position at = next.at;
  std::string line;
  TextValue::read(reader, line);
  lint_text(reader, at, line);
  if (line.empty()) return;
  exec.command = {"/bin/sh", "-c", std::move(line)};
  exec.shell = true;
}

void EnvironmentValue::read(Reader& reader, std::map<std::string, std::string>& environment) {
  read_names(reader, "a mapping of environment variables", "variable", [&](const YamlEvent& key) {
    if (const auto name = parse_variable(key.value); !name) {
      reader.report(key.at, name.error().message);
    }
    const Position at = reader.at();
    std::string& value = environment[key.value];
    reader.read_unfilled([&] { TextValue::read(reader, value); });
    lint_named(reader, at, key.value, value);
  });
}

void PathValue::read(Reader& reader, std::string& value) {
  const Position at = reader.at();
  const bool nothing = reader.peek().kind == EventKind::scalar && reader.peek().value.empty() &&
                       !reader.peek().is_null();
  TextValue::read(reader, value);
  if (nothing) reader.report(at, "an empty path");
}

void SecretFilesValue::read(Reader& reader, std::map<std::string, std::string>& files) {
  read_names(reader, "a mapping of variables to files", "variable", [&](const YamlEvent& key) {
    if (const auto name = parse_variable(key.value); !name) {
      reader.report(key.at, name.error().message);
    }
    PathValue::read(reader, files[key.value]);
  });
}

namespace {

using ExitStatuses = ListValue<CountValue<0, 255>>;

constexpr auto exec_fields = command_fields<ExecPolicy>();

constexpr auto exec_probe_fields = join(
    command_fields<ExecProbe, &ExecProbe::exec>(),
    std::array{field<ExitStatuses, &ExecProbe::success>("success", "Exit statuses that pass.")});

constexpr auto command_action_fields = join(
    command_fields<CommandDraft, &CommandDraft::exec>(),
    std::array{field<OptionalValue<PositiveSpanValue>, &CommandDraft::timeout>(
        "timeout", "The same as the rung's `timeout`.", {.otherwise = "the rung's"})});

}  // namespace

constexpr Mapping<ExecPolicy> exec_mapping =
    with_short_form<ExecPolicy, read_command_list<ExecPolicy>>(
        mapping<ExecPolicy>("command", "A command that runs to its end.", exec_fields),
        ArgvValue::type, command_list_text);

constexpr Mapping<ExecProbe> exec_probe_mapping =
    with_short_form<ExecProbe, read_command_list<ExecProbe, &ExecProbe::exec>>(
        mapping<ExecProbe>("exec probe",
                           "Runs a command; its exit status tells. Output is kept as evidence.",
                           exec_probe_fields),
        ArgvValue::type, command_list_text);

constexpr Mapping<CommandDraft> command_action_mapping =
    with_short_form<CommandDraft, read_command_list<CommandDraft, &CommandDraft::exec>>(
        mapping<CommandDraft>("command action",
                              "What `exec` and `reprovision` run. Exit status 0 is success.",
                              command_action_fields),
        ArgvValue::type, command_list_text);

}  // namespace heald
