#pragma once
// The ways of looking that rules may declare. docs/probes.md has what they mean; here stand types,
// units and defaults.

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

/// What is said or awaited once there is a connection.
struct DialogueStep {
  enum class Kind : std::uint8_t {
    send,      ///< `text` goes out, as it stands
    expect,    ///< `text` must come: a substring of what came after the step before
    matches,   ///< the same for a regular expression (RE2, unanchored, validated)
    starttls,  ///< from here on, TLS is spoken
  };
  Kind kind = Kind::send;
  std::string text;
  friend bool operator==(const DialogueStep&, const DialogueStep&) = default;
};

using DialogueSteps = std::vector<DialogueStep>;  ///< empty: connecting suffices

struct TcpProbe {
  std::string host;
  std::uint16_t port = 0;
  std::optional<TlsPolicy> tls;  ///< from the beginning, or from the step `starttls` on
  DialogueSteps dialogue;
  friend bool operator==(const TcpProbe&, const TcpProbe&) = default;
};

/// A stream socket of this host.
struct UnixProbe {
  std::string path;  ///< absolute, or `@` and a name that is not in a folder (abstract)
  DialogueSteps dialogue;
  friend bool operator==(const UnixProbe&, const UnixProbe&) = default;
};

/// A TLS handshake, and nothing more.
struct TlsProbe {
  std::string host;
  std::uint16_t port = 0;
  TlsPolicy tls{.valid_for = 14 * 24h};
  friend bool operator==(const TlsProbe&, const TlsProbe&) = default;
};

/// A datagram, and one that answers it.
struct UdpProbe {
  std::string host;
  std::uint16_t port = 0;
  std::string send;
  std::optional<std::string> expect;   ///< a substring of the answer
  std::optional<std::string> matches;  ///< RE2, unanchored, validated; neither: any answer will do
  friend bool operator==(const UdpProbe&, const UdpProbe&) = default;
};

/// An echo request (ping).
struct IcmpProbe {
  std::string host;
  friend bool operator==(const IcmpProbe&, const IcmpProbe&) = default;
};

enum class DnsType : std::uint8_t { a, aaaa, cname, mx, ns, ptr, srv, txt };

/// A question to a name server.
struct DnsProbe {
  std::string name;
  DnsType type = DnsType::a;
  std::string server;  ///< a name or an address; empty: those of the system (/etc/resolv.conf)
  std::uint16_t port = 53;
  /// Records that must be among the answers; empty: any will do. With `rcode` other than NOERROR
  /// there are none to ask for.
  std::vector<std::string> expect;
  std::string rcode = "NOERROR";
  friend bool operator==(const DnsProbe&, const DnsProbe&) = default;
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

using ProbeKind =
    std::variant<HttpProbe, TcpProbe, UnixProbe, TlsProbe, UdpProbe, IcmpProbe, DnsProbe,
                 ExecProbe, NotifyProbe, WatchdogProbe>;

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
