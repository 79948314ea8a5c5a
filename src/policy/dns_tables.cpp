// The probe that asks name servers.

#include <array>

#include "policy/address_fields.hpp"
#include "policy/tables.hpp"

namespace heald {

namespace {

constexpr std::array<std::string_view, 8> type_words{"A",  "AAAA", "CNAME", "MX",
                                                     "NS", "PTR",  "SRV",   "TXT"};
constexpr std::array<std::string_view, 5> rcode_words{"NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED",
                                                      "NOTIMP"};

struct RcodeValue {
  static constexpr TypeSpec type{.words = rcode_words};
  static void read(Reader& reader, std::string& value) {
    if (const auto index = read_word(reader, rcode_words)) value = rcode_words[*index];
  }
  static std::string text(const std::string& value) { return value; }
};

constexpr std::string_view server_pattern = R"(^[^\s/?#@]+$)";

void read_server(Reader& reader, DnsProbe& probe) {
  YamlEvent event;
  if (!reader.scalar("a name server, HOST or HOST:PORT", event)) return;
  auto server = parse_server(event.value, probe.port);
  if (!server) return reader.report(event.at, server.error().message);
  probe.server = std::move(server->host);
  probe.port = server->port;
}

void read_name(Reader& reader, DnsProbe& probe) {
  read_parsed(reader, probe.name, "a name such as www.example.org", parse_dns_name);
}

constexpr TypeSpec name_type{
    .text = "name", .form = Form::any_text, .pattern = dns_name_pattern};

constexpr std::array dns_fields{
    custom<DnsProbe, read_name>("name", name_type,
                                "What to ask for, as a whole: no search domains are added.",
                                {Presence::required}),
    field<WordValue<type_words>, &DnsProbe::type>("type", "Of which type the records are to be."),
    custom<DnsProbe, read_server>("server", TypeSpec{.text = "HOST or HOST:PORT",
                                                     .pattern = server_pattern},
                                  "Whom to ask.", {.otherwise = "as `/etc/resolv.conf` says"}),
    field<ListValue<TextValue>, &DnsProbe::expect>(
        "expect",
        "Records that must be among the answers, as a zone file has them: `192.0.2.1`, `10 "
        "mail.example.org`. Case and a last dot do not count.",
        {.otherwise = "at least one record"}),
    field<RcodeValue, &DnsProbe::rcode>("rcode", "The answer's status."),
};

void check_dns(Reader& reader, DnsProbe& probe, const SeenKeys& seen) {
  if (!probe.expect.empty() && probe.rcode != "NOERROR") {
    reader.report(seen.at("expect"), "an answer of status " + probe.rcode + " has no records");
  }
}

}  // namespace

constexpr Mapping<DnsProbe> dns_probe_mapping = with_short_form<DnsProbe, read_name>(
    with_check<DnsProbe, check_dns>(
        mapping<DnsProbe>("dns probe", "Asks a name server.", dns_fields)),
    name_type, "a name");

}  // namespace heald
