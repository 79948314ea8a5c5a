// How TLS is spoken, and the probe that does nothing else.

#include <array>

#include "policy/address_fields.hpp"
#include "policy/tables.hpp"

namespace heald {

namespace {

template <class Owner, auto... Path>
consteval std::array<FieldSpec, 6> tls_fields() {
  return {
      field_of<Owner, FlagValue, Path..., &TlsPolicy::verify>(
          "verify", "Whether the certificate must be valid, and for the name that was asked."),
      field_of<Owner, TextValue, Path..., &TlsPolicy::ca_file>(
          "ca_file", "A PEM file of the authorities to trust.", {.otherwise = "the system's"}),
      field_of<Owner, TextValue, Path..., &TlsPolicy::server_name>(
          "server_name", "The name that is asked for (SNI) and that the certificate must be for.",
          {.otherwise = "the address's host"}),
      field_of<Owner, SpanValue, Path..., &TlsPolicy::valid_for>(
          "valid_for",
          "How long every certificate that the peer shows must be valid yet, so that one is "
          "renewed before it expires."),
      field_of<Owner, TextValue, Path..., &TlsPolicy::certificate_file>(
          "certificate_file", "A PEM file of the certificate to show, and those it is signed by.",
          {.otherwise = "none is shown"}),
      field_of<Owner, TextValue, Path..., &TlsPolicy::key_file>(
          "key_file", "A PEM file of its key.", {.otherwise = "`certificate_file`"}),
  };
}

constexpr auto policy_fields = tls_fields<TlsPolicy>();
constexpr auto probe_fields = join(std::array{address_field<TlsProbe>("Where to connect.")},
                                   tls_fields<TlsProbe, &TlsProbe::tls>());

void check_tls(Reader& reader, TlsPolicy& tls, const SeenKeys& seen) {
  if (tls.certificate_file.empty() && !tls.key_file.empty()) {
    reader.report(seen.at("key_file"), "'key_file' goes with a 'certificate_file'");
  }
  if (tls.key_file.empty()) tls.key_file = tls.certificate_file;
}

void check_probe(Reader& reader, TlsProbe& probe, const SeenKeys& seen) {
  check_tls(reader, probe.tls, seen);
}

}  // namespace

constexpr Mapping<TlsPolicy> tls_mapping = with_check<TlsPolicy, check_tls>(
    mapping<TlsPolicy>("tls", "How a TLS connection is made and checked.", policy_fields));

constexpr Mapping<TlsProbe> tls_probe_mapping =
    with_short_form<TlsProbe, read_address<TlsProbe>>(
        with_check<TlsProbe, check_probe>(mapping<TlsProbe>(
            "tls probe",
            "Connects and speaks TLS: the certificate must hold, be for the name that was asked "
            "for, and be valid for some time yet.",
            probe_fields)),
        AddressValue<TlsProbe>::type, "HOST:PORT");

}  // namespace heald
