// Probes.

#include "policy/address.hpp"
#include "policy/lint.hpp"
#include "policy/tables.hpp"

namespace heald {

namespace {

// "HOST:PORT" into both of a probe's members.
struct AddressValue {
  static constexpr TypeSpec type{.text = "HOST:PORT", .pattern = endpoint_pattern};
  static void read(Reader& reader, TcpProbe& probe) {
    YamlEvent event;
    if (!reader.scalar("an address, HOST:PORT", event)) return;
    auto endpoint = parse_endpoint(event.value, PortRange::connect);
    if (!endpoint) return reader.report(event.at, endpoint.error().message);
    probe.host = std::move(endpoint->host);
    probe.port = endpoint->port;
  }
};

constexpr std::array tcp_fields{
    field_of<TcpProbe, AddressValue>("address", "Where to connect.", {Presence::required}),
    field<DataValue, &TcpProbe::send>("send", "What to send after connecting.",
                                      {.otherwise = "nothing"}),
    field<DataValue, &TcpProbe::expect>(
        "expect", "Text that must come back; without it, connecting is enough.",
        {.otherwise = "nothing"}),
    field<MappingValue<tls_mapping>, &TcpProbe::tls>(
        "tls", "Speaks TLS, also with `{}`: all defaults.", {.otherwise = "plain TCP"}),
};

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

void read_address(Reader& reader, TcpProbe& probe) { AddressValue::read(reader, probe); }

struct Vantage {
  std::string source, address;
};

Vantage vantage_of(const Endpoint& endpoint) {
  return {is_loopback(endpoint.host) ? "loopback" : "network", to_text(endpoint)};
}

struct VantageOf {
  Vantage operator()(const HttpProbe& probe) const {
    const auto endpoint = parse_url(probe.request.url);
    return endpoint ? vantage_of(*endpoint) : Vantage{};
  }
  Vantage operator()(const TcpProbe& probe) const {
    return vantage_of({probe.host, probe.port});
  }
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

constexpr Mapping<TcpProbe> tcp_probe_mapping = with_short_form<TcpProbe, read_address>(
    mapping<TcpProbe>("tcp probe", "Connects; what comes back tells.", tcp_fields),
    AddressValue::type, "HOST:PORT");

constexpr Mapping<ProbeDraft> probe_mapping = with_check<ProbeDraft, finish_probe>(
    mapping<ProbeDraft>("probe",
                        "A way of looking. It has exactly one of `http`, `tcp`, `exec`, `notify`, "
                        "`watchdog`.",
                        probe_fields));

}  // namespace heald
