#pragma once
// The command line: verbs, options, exit statuses. docs/cli.md is its manual.

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

#include "heald/examination.hpp"
#include "heald/policy.hpp"
#include "runtime/locations.hpp"
#include "runtime/log.hpp"

namespace heald {

/// The exit status of every verb.
enum class ExitCode : int {
  good = 0,
  failed = 1,
  usage = 2,        ///< wrong arguments, or invalid rules
  unhealthy = 3,    ///< something that should be healthy is not
  unreachable = 4,  ///< the daemon cannot be reached
};

/// What `heald run` was asked for.
struct RunOptions {
  LocationFlags locations;  ///< the flags; HEALD_* and the rule file come in with `locate`
  LogLevel log_level = LogLevel::info;
  bool observe = false;
};

/// What the command line does not do itself.
struct Verbs {
  std::function<int(const RunOptions&)> run;  ///< returns the exit status
  /// Why no heald on this machine can see kills for memory; empty: one may. For `check`.
  std::function<std::string()> oom_problem = [] { return std::string{}; };
  /// Takes one look by the rules of a probe, for `probe --config`. Returns when it has ended.
  std::function<Examination(const std::shared_ptr<const ServicePolicy>& policy, ProbeIndex probe)>
      examine;
};

/// Where output goes, and in which manner.
struct Console {
  std::ostream& out;
  std::ostream& err;
  enum class Paint : bool { plain, coloured } paint = Paint::plain;
};

/// Runs one command and returns the exit status. Uses standard output and error; coloured when
/// standard output is a terminal and NO_COLOR is not set.
[[nodiscard]] int run_cli(int argc, const char* const* argv, const Verbs& verbs);
/// The same on a console of the caller's.
[[nodiscard]] int run_cli(int argc, const char* const* argv, const Verbs& verbs, Console& console);

}  // namespace heald
