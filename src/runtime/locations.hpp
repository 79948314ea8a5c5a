#pragma once
// Where heald keeps and finds its things.

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "heald/policy.hpp"

namespace heald {

/// Whose heald this is, as far as places depend on it.
struct Surroundings {
  uid_t user = 0;
  /// An environment variable; empty when it is not set.
  std::function<std::string(const std::string& name)> variable;

  std::string home;  ///< $HOME, or what the account says

  [[nodiscard]] static Surroundings of_this_process();
};

/// What the command line says; empty: nothing. Each has an environment variable, HEALD_STATE_DIR
/// and so on, which counts where the flag is silent, and beats the rule file.
struct LocationFlags {
  std::string config;
  std::string state_dir;
  std::string socket;
  std::string telemetry;
};

struct Locations {
  std::string state_dir;  ///< empty: `none`, nothing is kept
  std::string socket;
  std::optional<std::string> telemetry;  ///< "ADDRESS:PORT"; empty: off
  friend bool operator==(const Locations&, const Locations&) = default;
};

/// The rule file: flag, HEALD_CONFIG, /etc/heald/heald.yaml for root, otherwise
/// $XDG_CONFIG_HOME/heald/heald.yaml.
[[nodiscard]] std::string config_file(const LocationFlags& flags,
                                      const Surroundings& surroundings);

/// Flag, HEALD_*, the rule file's block `heald:`, then /var/lib/heald and /run/heald/heald.sock for
/// root, otherwise $XDG_STATE_HOME/heald and $XDG_RUNTIME_DIR/heald/heald.sock (in
/// $XDG_STATE_HOME/heald where there is no XDG_RUNTIME_DIR).
[[nodiscard]] Locations locate(const LocationFlags& flags, const DaemonPolicy& rules,
                               const Surroundings& surroundings);

/// Makes the state folder (0700) where there is none, and refuses one that could not be trusted
/// or used: not a folder, another user's, writable by others, not writable by us.
[[nodiscard]] Result<void> prepare_state_dir(const std::string& path);

}  // namespace heald
