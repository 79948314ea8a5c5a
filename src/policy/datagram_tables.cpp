// Probes that send a datagram and await one: UDP, and ICMP echo.

#include <array>
#include <cstddef>
#include <string>

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

constexpr std::size_t largest_datagram = 65507;  // over IPv4: 65,535 without its header and UDP's

void check_udp(Reader& reader, UdpProbe& probe, const SeenKeys& seen) {
  if (probe.send.size() <= largest_datagram) return;
  reader.report(seen.at(seen.has("send") ? "send" : "send_hex"),
                "a datagram holds at most " + std::to_string(largest_datagram) + " octets");
}

void read_host(Reader& reader, IcmpProbe& probe) {
  read_parsed(reader, probe.host, "the name or the address of a host", parse_host);
}

constexpr TypeSpec host_type{.text = "host", .form = Form::any_text, .pattern = host_pattern};

constexpr std::array icmp_fields{
    custom<IcmpProbe, read_host>("host", host_type, "A name or an address.",
                                 {Presence::required}),
};

}  // namespace

constexpr Mapping<UdpProbe> udp_probe_mapping =
    with_check<UdpProbe, check_udp>(mapping<UdpProbe>(
        "udp probe",
        "Sends a datagram, and awaits one that answers it. Both may be lost on the way: over a "
        "network, `failure_threshold` is better not 1.",
        udp_fields));

constexpr Mapping<IcmpProbe> icmp_probe_mapping = with_short_form<IcmpProbe, read_host>(
    mapping<IcmpProbe>(
        "icmp probe",
        "Sends an echo request, as ping does. Needs root, or heald's group within "
        "`net.ipv4.ping_group_range`.",
        icmp_fields),
    host_type, "a host");

}  // namespace heald
