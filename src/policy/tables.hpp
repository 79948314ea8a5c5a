#pragma once
// The tables of everything a rule file may say. docs/rules.md is written from them.

#include "policy/drafts.hpp"
#include "policy/fields.hpp"

namespace heald {

// command_tables.cpp
extern const Mapping<ExecPolicy> exec_mapping;
extern const Mapping<ExecProbe> exec_probe_mapping;
extern const Mapping<CommandDraft> command_action_mapping;

// http_tables.cpp
extern const Mapping<BodyAssertion> body_mapping;
extern const Mapping<HttpProbe> http_probe_mapping;
extern const Mapping<HttpActionDraft> http_action_mapping;
extern const Mapping<WebhookReceiver> webhook_mapping;

// dialogue_tables.cpp
extern const Mapping<TcpProbe> tcp_probe_mapping;
extern const Mapping<UnixProbe> unix_probe_mapping;

// datagram_tables.cpp
extern const Mapping<UdpProbe> udp_probe_mapping;
extern const Mapping<IcmpProbe> icmp_probe_mapping;

// dns_tables.cpp
extern const Mapping<DnsProbe> dns_probe_mapping;

// tls_tables.cpp
extern const Mapping<TlsPolicy> tls_mapping;
extern const Mapping<TlsProbe> tls_probe_mapping;

// probe_tables.cpp
extern const Mapping<ProbeDraft> probe_mapping;

// rung_tables.cpp
extern const Mapping<VerifyDraft> verify_mapping;
extern const Mapping<RungDraft> rung_mapping;

// runtime_tables.cpp
extern const Mapping<ExitPolicy> exit_mapping;
extern const Mapping<ProcessRuntime> process_mapping;
extern const Mapping<ExternalRuntime> external_mapping;

// service_tables.cpp
extern const Mapping<ServiceDraft> service_mapping;

// library_tables.cpp
extern const Mapping<ParameterDraft> parameter_mapping;
extern const Mapping<LibraryDraft> library_mapping;

// file_tables.cpp
extern const Mapping<DaemonDraft> daemon_mapping;
extern const Mapping<GroupPolicy> group_mapping;
extern const Mapping<ReceiverPolicy> receiver_mapping;
extern const Mapping<FileDraft> file_mapping;

}  // namespace heald
