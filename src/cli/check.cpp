// `heald check`

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/text.hpp"
#include "cli/verbs.hpp"
#include "policy/load.hpp"
#include "runtime/startup.hpp"

namespace heald {

namespace {

using nlohmann::json;

std::size_t probes_in(const Policy& policy) {
  std::size_t count = 0;
  for (const auto& service : policy.services) count += service->probes.size();
  return count;
}

json shape_of(const std::vector<Problem>& problems) {
  auto shape = json::array();
  for (const auto& problem : problems) {
    shape.push_back({{"file", problem.file},
                     {"line", problem.line},
                     {"column", problem.column},
                     {"message", problem.message}});
  }
  return shape;
}

void print_json(Console& console, const std::string& file, const Loaded& loaded,
                const std::string& oom_problem) {
  json shape{{"file", file},
             {"valid", loaded.policy.has_value()},
             {"problems", shape_of(loaded.problems)},
             {"warnings", shape_of(loaded.warnings)}};
  if (loaded.policy) {
    shape["revision"] = loaded.policy->revision;
    shape["services"] = loaded.policy->services.size();
    shape["probes"] = probes_in(*loaded.policy);
    shape["groups"] = loaded.policy->groups.size();
    shape["oom_problem"] = oom_problem;
  }
  console.out << shape.dump(-1, ' ', true, json::error_handler_t::replace) << '\n';
}

void print_good(Console& console, const std::string& file, const Loaded& loaded) {
  for (Problem warning : loaded.warnings) {
    warning.message.insert(0, "warning: ");
    console.err << printable(to_string(warning)) << '\n';
  }
  const Policy& policy = *loaded.policy;
  console.out << printable(file) << ": " << painted(console, Colour::green, "good") << "; "
              << counted(policy.services.size(), "service") << ", "
              << counted(probes_in(policy), "probe") << ", "
              << counted(policy.groups.size(), "group");
  if (!loaded.warnings.empty()) console.out << ", " << counted(loaded.warnings.size(), "warning");
  console.out << '\n';
}

}  // namespace

ExitCode check_rules(Console& console, OutputFormat format, const std::string& file,
                     const std::string& oom_problem) {
  const auto loaded = load_rules(file);
  const bool oom_matters = loaded.policy && asks_for_oom(*loaded.policy);
  const auto remark = oom_matters ? oom_problem : std::string{};
  if (format == OutputFormat::json) {
    print_json(console, file, loaded, remark);
  } else if (loaded.policy) {
    print_good(console, file, loaded);
    if (!remark.empty()) {
      console.out << painted(console, Colour::yellow, "a rung for 'oom' can never apply here: ")
                  << printable(remark) << '\n';
    }
  } else {
    for (const auto& problem : loaded.problems) {
      console.err << printable(to_string(problem)) << '\n';
    }
    console.err << counted(loaded.problems.size(), "problem") << '\n';
  }
  return loaded.policy ? ExitCode::good : ExitCode::usage;
}

}  // namespace heald
