#pragma once
// Commands that are run and requests that are made: what probes, actions and receivers have in
// common, and the units of rules.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "heald/shared.hpp"
#include "heald/time.hpp"

namespace heald {

using namespace std::chrono_literals;

/// A program and its arguments, executed without a shell. `argv[0]` is looked up in PATH.
using Argv = std::vector<std::string>;

/// A signal's number on this platform (the rule files name it: SIGTERM).
struct Signal {
  int number = 15;
  friend bool operator==(const Signal&, const Signal&) = default;
};

/// Octets. Rule files write `64MiB`.
struct Bytes {
  std::uint64_t count = 0;
  friend auto operator<=>(const Bytes&, const Bytes&) = default;
};

/// A part of a whole, 0 to 1. Rule files write `50%`.
struct Share {
  double value = 0;
  friend auto operator<=>(const Share&, const Share&) = default;
};

// --- Running a command -------------------------------------------------------------------

/// A command that runs to its end: an exec probe, an action, a pre-start step.
struct ExecPolicy {
  Argv command;
  bool shell = false;  ///< asked for by `shell: "…"`; `command` is then {/bin/sh, -c, text}
  std::string directory;                           ///< empty: heald's own
  /// Added to heald's own. `${NAME}` in a value is filled in when the command starts.
  Shared<std::map<std::string, std::string>> environment;
  Shared<std::vector<std::string>> env_files;  ///< of `KEY=VALUE`; `environment` counts more
  /// Variables, whose values are in these files.
  Shared<std::map<std::string, std::string>> secret_files;
  std::string user;                                ///< empty: heald's own
  std::string group;                               ///< empty: the user's primary group
  friend bool operator==(const ExecPolicy&, const ExecPolicy&) = default;
};

// --- HTTP requests, of probes, actions and receivers --------------------------------------

struct TlsPolicy {
  bool verify = true;
  std::string ca_file{};    ///< empty: the system's roots
  std::string server_name{};  ///< SNI and the name that is verified; empty: the address's host
  std::string certificate_file{}, key_file{};  ///< what we show of ourselves; empty: nothing
  Duration valid_for{};  ///< how long each certificate that is shown must be valid yet; 0: just now
  friend bool operator==(const TlsPolicy&, const TlsPolicy&) = default;
};

struct HttpRequestPolicy {
  std::string url;     ///< absolute, http or https, validated
  std::string socket;  ///< of unix, where the connection is made; empty: at the URL's host
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> headers;
  /// Names of headers, and the files whose only lines are their values.
  std::vector<std::pair<std::string, std::string>> header_files;
  std::string body;
  TlsPolicy tls;
  friend bool operator==(const HttpRequestPolicy&, const HttpRequestPolicy&) = default;
};

/// An inclusive range of status codes; a single code has first == last.
struct StatusRange {
  std::uint16_t first = 200;
  std::uint16_t last = 299;
  friend bool operator==(const StatusRange&, const StatusRange&) = default;
};

}  // namespace heald
