// Probes that send a datagram and await one: UDP, and ICMP echo.

#include <array>

#include "policy/address_fields.hpp"
#include "policy/tables.hpp"

namespace heald {

namespace {

constexpr std::array udp_fields{
    address_field<UdpProbe>("Where to send it."),
    field<DataValue, &UdpProbe::send>("send", "What to send.", {Presence::choice}),
    field<HexValue, &UdpProbe::send>("send_hex", "The same in hexadecimal digits.",
                                     {Presence::choice}),
    field<OptionalValue<DataValue>, &UdpProbe::expect>(
        "expect", "Text that the answer must have in it.", {.otherwise = "any answer"}),
    field<OptionalValue<OctetPatternValue>, &UdpProbe::matches>(
        "matches", "A regular expression (RE2) that the answer must match.",
        {.otherwise = "any answer"}),
};

void read_host(Reader& reader, IcmpProbe& probe) {
  const Position at = reader.at();
  TextValue::read(reader, probe.host);
  if (probe.host.empty()) reader.report(at, "expected the name or address of a host");
}

constexpr std::array icmp_fields{
    custom<IcmpProbe, read_host>("host", MentionValue::type, "A name or an address.",
                                 {Presence::required}),
};

}  // namespace

constexpr Mapping<UdpProbe> udp_probe_mapping = mapping<UdpProbe>(
    "udp probe",
    "Sends a datagram, and awaits one that answers it. Both may be lost on the way: over a "
    "network, `failure_threshold` is better not 1.",
    udp_fields);

constexpr Mapping<IcmpProbe> icmp_probe_mapping = with_short_form<IcmpProbe, read_host>(
    mapping<IcmpProbe>(
        "icmp probe",
        "Sends an echo request, as ping does. Needs root, or heald's group within "
        "`net.ipv4.ping_group_range`.",
        icmp_fields),
    MentionValue::type, "a host");

}  // namespace heald
