#pragma once
// The field of an address, for the tables of the probes that have one.

#include <utility>

#include "policy/address.hpp"
#include "policy/patterns.hpp"
#include "policy/values.hpp"

namespace heald {

/// "HOST:PORT" into both of a probe's members.
template <class Probe>
struct AddressValue {
  static constexpr TypeSpec type{.text = "HOST:PORT", .pattern = endpoint_pattern};
  static void read(Reader& reader, Probe& probe) {
    YamlEvent event;
    if (!reader.scalar("an address, HOST:PORT", event)) return;
    auto endpoint = parse_endpoint(event.value, PortRange::connect);
    if (!endpoint) return reader.report(event.at, endpoint.error().message);
    probe.host = std::move(endpoint->host);
    probe.port = endpoint->port;
  }
};

template <class Probe>
[[nodiscard]] consteval FieldSpec address_field(std::string_view doc) {
  return field_of<Probe, AddressValue<Probe>>("address", doc, {Presence::required});
}

/// The whole probe by its address alone.
template <class Probe>
void read_address(Reader& reader, Probe& probe) {
  AddressValue<Probe>::read(reader, probe);
}

}  // namespace heald
