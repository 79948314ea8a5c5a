#pragma once
// The daemon: everything wired together.

#include <string>

#include "cli/cli.hpp"

namespace heald {

/// Runs heald until it is asked to end (SIGTERM, SIGINT; a second one ends it at once and leaves
/// the services running). SIGHUP loads the rule file again. Returns the exit status: `usage` for
/// rules that are wrong, `failed` when it cannot start; both have been told on standard error.
[[nodiscard]] int run_daemon(const RunOptions& options, const std::string& version);

}  // namespace heald
