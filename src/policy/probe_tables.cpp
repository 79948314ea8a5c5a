// Probes.

#include "policy/address.hpp"
#include "policy/lint.hpp"
#include "policy/tables.hpp"

namespace heald {

namespace {

constexpr std::array<FieldSpec, 0> notify_fields{};
constexpr Mapping<NotifyProbe> notify_probe_mapping = mapping<NotifyProbe>(
    "notify probe",
    "Passes once the process has said READY=1 over sd_notify, and fails while it says RELOADING=1 "
    "or STOPPING=1. A look waits for the word as long as its timeout.",
    notify_fields);

constexpr std::array watchdog_fields{
    field<PositiveSpanValue, &WatchdogProbe::within>(
        "within",
        "The longest silence. The process is told it as WATCHDOG_USEC, and does well to speak "
        "twice in it.",
        {.otherwise = "the probe's `interval`"}),
};
constexpr Mapping<WatchdogProbe> watchdog_probe_mapping = mapping<WatchdogProbe>(
    "watchdog probe",
    "Passes while the process says WATCHDOG=1 over sd_notify; fails once it has said "
    "WATCHDOG=trigger.",
    watchdog_fields);

constexpr std::array<std::string_view, 2> role_words{"alive", "ready"};

constexpr std::array probe_fields{
    field<MappingValue<http_probe_mapping>, &ProbeDraft::probe, &ProbePolicy::kind>(
        "http", "Makes an HTTP request.", {Presence::choice}),
    field<MappingValue<tcp_probe_mapping>, &ProbeDraft::probe, &ProbePolicy::kind>(
        "tcp", "Connects to a TCP port, and may send and expect text.", {Presence::choice}),
    field<MappingValue<unix_probe_mapping>, &ProbeDraft::probe, &ProbePolicy::kind>(
        "unix", "Does the same with a unix socket.", {Presence::choice}),
    field<MappingValue<tls_probe_mapping>, &ProbeDraft::probe, &ProbePolicy::kind>(
        "tls", "Makes a TLS handshake, and looks at the certificate.", {Presence::choice}),
    field<MappingValue<udp_probe_mapping>, &ProbeDraft::probe, &ProbePolicy::kind>(
        "udp", "Sends a datagram and awaits one.", {Presence::choice}),
    field<MappingValue<icmp_probe_mapping>, &ProbeDraft::probe, &ProbePolicy::kind>(
        "icmp", "Pings a host.", {Presence::choice}),
    field<MappingValue<dns_probe_mapping>, &ProbeDraft::probe, &ProbePolicy::kind>(
        "dns", "Asks a name server.", {Presence::choice}),
    field<MappingValue<exec_probe_mapping>, &ProbeDraft::probe, &ProbePolicy::kind>(
        "exec", "Runs a command.", {Presence::choice}),
    field<MappingValue<notify_probe_mapping>, &ProbeDraft::probe, &ProbePolicy::kind>(
        "notify", "Waits for READY=1 from the process itself.", {Presence::choice}),
    field<MappingValue<watchdog_probe_mapping>, &ProbeDraft::probe, &ProbePolicy::kind>(
        "watchdog", "Wants keep-alives from the process itself.", {Presence::choice}),
    field<WordValue<role_words>, &ProbeDraft::probe, &ProbePolicy::role>(
        "role",
        "`alive`: a failure makes the service unhealthy. `ready`: it only gates dependents and "
        "traffic."),
    field<PositiveSpanValue, &ProbeDraft::probe, &ProbePolicy::interval>(
        "interval", "From one look to the next."),
    field<PositiveSpanValue, &ProbeDraft::probe, &ProbePolicy::timeout>(
        "timeout", "How long one look may take, all in all."),
    field<CountValue<1, 1000>, &ProbeDraft::probe, &ProbePolicy::failure_threshold>(
        "failure_threshold", "So many fails in a row, and the condition fails."),
    field<CountValue<1, 1000>, &ProbeDraft::probe, &ProbePolicy::success_threshold>(
        "success_threshold", "So many passes in a row, and the condition passes."),
    field<SpanValue, &ProbeDraft::probe, &ProbePolicy::start_period>(
        "start_period",
        "After a start, restart or reprovision: how long fails do not count. The first pass ends "
        "it, and an exit does."),
    field<TextValue, &ProbeDraft::probe, &ProbePolicy::source>(
        "source",
        "The vantage that this probe looks from. When most probes of one source get no answer, "
        "heald takes itself for blind and their fails for unknown.",
        {.otherwise = "`loopback`, `network`, `exec` or `notify`, by the target"}),
};

struct Vantage {
  std::string source, address;
};

Vantage vantage_of(const Endpoint& endpoint) {
  return {is_loopback(endpoint.host) ? "loopback" : "network", to_text(endpoint)};
}

struct VantageOf {
  Vantage operator()(const HttpProbe& probe) const {
    if (!probe.request.socket.empty()) return {"loopback", probe.request.socket};
    const auto endpoint = parse_url(probe.request.url);
    return endpoint ? vantage_of(*endpoint) : Vantage{};
  }
  template <class Probe>
  Vantage operator()(const Probe& probe) const {
    return vantage_of({probe.host, probe.port});
  }
  Vantage operator()(const DnsProbe& probe) const {
    if (probe.server.empty()) return {"network", "dns"};
    return vantage_of({probe.server, probe.port});
  }
  Vantage operator()(const IcmpProbe& probe) const {
    return {is_loopback(probe.host) ? "loopback" : "network", probe.host};
  }
  Vantage operator()(const UnixProbe& probe) const { return {"loopback", probe.path}; }
  Vantage operator()(const ExecProbe& probe) const {
    return {"exec", probe.exec.command.empty() ? "" : probe.exec.command.front()};
  }
  Vantage operator()(const NotifyProbe&) const { return {"notify", {}}; }
  Vantage operator()(const WatchdogProbe&) const { return {"notify", {}}; }
};

void finish_probe(Reader& reader, ProbeDraft& draft, const SeenKeys& seen) {
  auto* watchdog = std::get_if<WatchdogProbe>(&draft.probe.kind);
  if (watchdog != nullptr && watchdog->within == 0s) watchdog->within = draft.probe.interval;
  Vantage vantage = std::visit(VantageOf{}, draft.probe.kind);
  draft.probe.address = std::move(vantage.address);
  if (draft.probe.source.empty()) draft.probe.source = std::move(vantage.source);
  lint_probe(reader, draft.probe, seen);
}

}  // namespace

constexpr Mapping<ProbeDraft> probe_mapping = with_check<ProbeDraft, finish_probe>(
    mapping<ProbeDraft>("probe",
                        "A way of looking, of exactly one kind.",
                        probe_fields));

}  // namespace heald
