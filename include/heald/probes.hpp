#pragma once
// The ways of looking that rules may declare. What they mean is in docs/rules.md and docs/probes.md;
// here stand types, units and defaults.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "heald/requests.hpp"

namespace heald {

/// `body: {contains:, matches:, json: {pointer:, equals:}}`; every part given must hold.
struct BodyAssertion {
  std::optional<std::string> contains;
  std::optional<std::string> matches;  ///< RE2, unanchored, validated
  struct JsonEquals {
    std::string pointer;  ///< RFC 6901, validated
    std::string equals;   ///< JSON text of the expected value, e.g. `"ok"` or `3`
    friend bool operator==(const JsonEquals&, const JsonEquals&) = default;
  };
  std::optional<JsonEquals> json;
  friend bool operator==(const BodyAssertion&, const BodyAssertion&) = default;
};

struct HttpProbe {
  HttpRequestPolicy request;
  std::vector<StatusRange> status = {StatusRange{}};
  BodyAssertion body;
  std::optional<Duration> latency_below;
  std::uint32_t max_redirects = 0;  ///< 0: a redirect is an answer like any other
  friend bool operator==(const HttpProbe&, const HttpProbe&) = default;
};

struct TcpProbe {
  std::string host;
  std::uint16_t port = 0;
  std::optional<TlsPolicy> tls;
  std::string send;    ///< sent after connecting; empty: nothing
  std::string expect;  ///< a substring awaited in what comes back; empty: connecting suffices
  friend bool operator==(const TcpProbe&, const TcpProbe&) = default;
};

struct ExecProbe {
  ExecPolicy exec;
  std::vector<int> success = {0};  ///< exit statuses that pass
  friend bool operator==(const ExecProbe&, const ExecProbe&) = default;
};

/// The process has said READY=1 over sd_notify.
struct NotifyProbe {
  friend bool operator==(const NotifyProbe&, const NotifyProbe&) = default;
};

/// The process says WATCHDOG=1 over sd_notify, again and again.
struct WatchdogProbe {
  Duration within = 0s;  ///< the longest silence, which the process is told; 0: the interval
  friend bool operator==(const WatchdogProbe&, const WatchdogProbe&) = default;
};

using ProbeKind = std::variant<HttpProbe, TcpProbe, ExecProbe, NotifyProbe, WatchdogProbe>;

/// The word of the rule files: "http".
[[nodiscard]] std::string_view kind_word(const ProbeKind& kind);

enum class ProbeRole : std::uint8_t {
  alive,  ///< a failure makes the service unhealthy
  ready,  ///< a failure only gates dependents and traffic
};

/// A way of looking. The implied probe of a `process` service (does its child run?) is not
/// among these: deaths arrive as facts, and its condition is named `process`.
struct ProbePolicy {
  std::string name;
  ProbeRole role = ProbeRole::alive;
  ProbeKind kind;
  Duration interval = 10s;
  Duration timeout = 3s;
  std::uint32_t failure_threshold = 3;
  std::uint32_t success_threshold = 1;
  Duration start_period = 0s;
  /// The vantage that blindness is told by ("loopback", "route:eth0"…); probes share it.
  std::string source;
  /// What is looked at, for blindness' count of distinct addresses ("127.0.0.1:80", a program).
  std::string address;
  friend bool operator==(const ProbePolicy&, const ProbePolicy&) = default;
};

}  // namespace heald
