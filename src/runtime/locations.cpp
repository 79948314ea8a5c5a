#include "runtime/locations.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

namespace heald {
namespace {

constexpr const char* default_telemetry = "127.0.0.1:4325";

std::string first_of(const std::string& flag, const std::string& variable,
                     const std::string& rule) {
  if (!flag.empty()) return flag;
  return variable.empty() ? rule : variable;
}

// A folder of the XDG base directory specification, which tells to ignore relative ones.
std::string xdg(const Surroundings& surroundings, const std::string& variable,
                const std::string& below_home) {
  const std::string folder = surroundings.variable(variable);
  const bool usable = !folder.empty() && folder.front() == '/';
  return (usable ? folder : surroundings.home + below_home) + "/heald";
}

std::string default_state_dir(const Surroundings& surroundings) {
  if (surroundings.user == 0) return "/var/lib/heald";
  return xdg(surroundings, "XDG_STATE_HOME", "/.local/state");
}

std::string default_socket(const Surroundings& surroundings) {
  if (surroundings.user == 0) return "/run/heald/heald.sock";
  const std::string runtime = surroundings.variable("XDG_RUNTIME_DIR");
  const bool usable = !runtime.empty() && runtime.front() == '/';
  return usable ? runtime + "/heald/heald.sock" : default_state_dir(surroundings) + "/heald.sock";
}

std::string home_of_account() {
  const passwd* account = ::getpwuid(::geteuid());
  return account != nullptr && account->pw_dir != nullptr ? account->pw_dir : "";
}

}  // namespace

Surroundings Surroundings::of_this_process() {
  Surroundings result;
  result.user = ::geteuid();
  result.variable = [](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return std::string{value == nullptr ? "" : value};
  };
  result.home = result.variable("HOME");
  if (result.home.empty()) result.home = home_of_account();
  return result;
}

std::string config_file(const LocationFlags& flags, const Surroundings& surroundings) {
  std::string file = first_of(flags.config, surroundings.variable("HEALD_CONFIG"), {});
  if (!file.empty()) return file;
  if (surroundings.user == 0) return "/etc/heald/heald.yaml";
  return xdg(surroundings, "XDG_CONFIG_HOME", "/.config") + "/heald.yaml";
}

Locations locate(const LocationFlags& flags, const DaemonPolicy& rules,
                 const Surroundings& surroundings) {
  Locations result;
  result.state_dir =
      first_of(flags.state_dir, surroundings.variable("HEALD_STATE_DIR"), rules.state_dir);
  if (result.state_dir.empty()) result.state_dir = default_state_dir(surroundings);
  if (result.state_dir == "none") result.state_dir.clear();
  result.socket = first_of(flags.socket, surroundings.variable("HEALD_SOCKET"), rules.socket);
  if (result.socket.empty()) result.socket = default_socket(surroundings);
  const std::string telemetry =
      first_of(flags.telemetry, surroundings.variable("HEALD_TELEMETRY"),
               rules.telemetry.value_or(default_telemetry));
  if (telemetry != "off") result.telemetry = telemetry;
  return result;
}

Result<void> prepare_state_dir(const std::string& path) {
  const std::string cannot = "cannot use the state folder " + path;
  std::error_code failure;
  const auto parent = std::filesystem::path{path}.lexically_normal().parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, failure);
  if (failure) return system_error(cannot, failure.value());
  if (::mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) return system_error(cannot, errno);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return system_error(cannot, errno);
  if (!S_ISDIR(status.st_mode)) return Error{cannot + ": it is not a folder"};
  if (status.st_uid != ::geteuid()) {
    return Error{cannot + ": it belongs to user " + std::to_string(status.st_uid) +
                 ", and heald runs as user " + std::to_string(::geteuid())};
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Error{cannot + ": others may write to it; `chmod go-w` it"};
  }
  // access(2) asks for the real user; what counts is the effective one, and a read-only mount.
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
    return system_error(cannot, errno);
  }
  return {};
}

}  // namespace heald
