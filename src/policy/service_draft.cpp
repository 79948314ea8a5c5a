#include "policy/service_draft.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "policy/lint.hpp"
#include "policy/wording.hpp"

namespace heald {

namespace {

constexpr std::uint32_t attempts_of_a_start = 3;
/// As systemd gives a service by default.
constexpr Duration time_to_get_ready = 90s;
constexpr std::array<std::string_view, 3> exit_words{"exited", "oom", "crash_loop"};

/// Why an external service can never carry out an action; empty: it can.
std::string missing_means(const ExternalRuntime& rules, ActionKind kind) {
  const std::string none = "its 'external' has no ";
  switch (kind) {
    case ActionKind::start: return rules.start ? "" : none + "'start'";
    case ActionKind::stop: return rules.stop ? "" : none + "'stop'";
    case ActionKind::reload: return rules.reload ? "" : none + "'reload'";
    case ActionKind::restart:
      if (rules.restart || (rules.stop && rules.start)) break;
      return none + "'restart', nor both 'stop' and 'start'";
    case ActionKind::signal: return "heald does not know the process of an external service";
    case ActionKind::exec:
    case ActionKind::http:
    case ActionKind::reprovision:
    case ActionKind::notify: break;  // these bring what they need
  }
  return {};
}

bool can_restart(const ServicePolicy& service) {
  const ExternalRuntime* external = service.external();
  return external == nullptr || missing_means(*external, ActionKind::restart).empty();
}

RungPolicy default_rung() {
  RungPolicy rung;
  rung.name = to_string(ActionKind::restart);
  rung.attempts = attempts_of_a_start;
  return rung;
}

std::vector<std::string> names_of(std::vector<Mention>& mentions) {
  std::vector<std::string> names;
  names.reserve(mentions.size());
  for (Mention& mention : mentions) names.push_back(std::move(mention.name));
  return names;
}

// Checks one service's own names and moves its parts into the policy.
class Finisher {
 public:
  Finisher(Reader& reader, ServiceDraft& draft, ServicePolicy& policy)
      : reader_(reader), draft_(draft), policy_(policy) {}

  void finish(std::vector<Reference>& references, std::uint32_t service);

 private:
  void finish_probes();
  ProbeDraft implied_notify_probe();
  void check_speakers();
  void finish_ladder();
  RungPolicy finish_rung(RungDraft& draft);
  void finish_verify(RungDraft& draft);
  void check_conditions(const std::vector<Mention>& mentions,
                        std::span<const std::string_view> more);
  void check_roles(const std::vector<Mention>& mentions);
  void check_means(const RungDraft& draft);
  void check_rung_names();
  void refer_to_receivers(const std::vector<Mention>& mentions);
  void refer(Reference::Kind kind, std::string name, Position at, DependencyUntil until = {});

  Reader& reader_;
  ServiceDraft& draft_;
  ServicePolicy& policy_;
  std::vector<Reference>* references_ = nullptr;
  std::uint32_t service_ = Reference::nobody;
};

void Finisher::finish(std::vector<Reference>& references, std::uint32_t service) {
  references_ = &references;
  service_ = service;
  if (draft_.group) {
    policy_.group = draft_.group->name;
    refer(Reference::Kind::group, draft_.group->name, draft_.group->at);
  }
  policy_.depends_on.reserve(draft_.depends_on.size());
  for (DependencyDraft& edge : draft_.depends_on) {
    refer(Reference::Kind::dependency, edge.edge.service, edge.at, edge.edge.until);
    policy_.depends_on.push_back(std::move(edge.edge));
  }
  finish_probes();
  finish_ladder();
  refer_to_receivers(draft_.notify_to);
  policy_.notify.to = names_of(draft_.notify_to);
  lint_service(reader_, policy_, draft_);
}

// What says that the process is ready, where the rules ask for its word and declare no such probe.
ProbeDraft Finisher::implied_notify_probe() {
  ProbeDraft draft;
  draft.at = draft_.at;
  draft.probe.name = "notify";
  draft.probe.kind = NotifyProbe{};
  draft.probe.start_period = time_to_get_ready;
  draft.probe.source = "notify";
  const auto same = [&](const ProbeDraft& other) { return other.probe.name == draft.probe.name; };
  if (const auto other = std::ranges::find_if(draft_.probes, same); other != draft_.probes.end()) {
    reader_.report(other->at, "'ready: notify' adds a probe 'notify': give this one another name");
  }
  return draft;
}

void Finisher::check_speakers() {
  if (policy_.process() != nullptr) return;
  for (const ProbeDraft& draft : draft_.probes) {
    const bool notify = std::holds_alternative<NotifyProbe>(draft.probe.kind);
    if (!notify && !std::holds_alternative<WatchdogProbe>(draft.probe.kind)) continue;
    reader_.report(draft.at, "probe " + quoted(draft.probe.name) +
                                 " listens to heald's own child, and service " +
                                 quoted(policy_.name) + " is external");
  }
}

void Finisher::finish_probes() {
  check_speakers();
  const bool declared = std::ranges::any_of(draft_.probes, [](const ProbeDraft& draft) {
    return std::holds_alternative<NotifyProbe>(draft.probe.kind);
  });
  const ProcessRuntime* process = policy_.process();
  if (process != nullptr && process->ready == Readiness::notify && !declared) {
    draft_.probes.push_back(implied_notify_probe());
  }
  policy_.probes.reserve(draft_.probes.size());
  for (ProbeDraft& probe : draft_.probes) policy_.probes.push_back(std::move(probe.probe));
}

void Finisher::finish_ladder() {
  if (!draft_.remediation) {
    if (can_restart(policy_)) policy_.remediation = {default_rung()};
    return;
  }
  policy_.remediation.reserve(draft_.remediation->size());
  for (RungDraft& rung : *draft_.remediation) {
    policy_.remediation.push_back(finish_rung(rung));
  }
  check_rung_names();
}

RungPolicy Finisher::finish_rung(RungDraft& draft) {
  RungPolicy& rung = draft.rung;
  if (!draft.action) return std::move(rung);
  check_means(draft);
  rung.action = std::move(*draft.action);
  const ActionKind kind = kind_of(rung.action);
  if (rung.name.empty()) rung.name = to_string(kind);
  if (kind == ActionKind::restart || kind == ActionKind::start) rung.attempts = attempts_of_a_start;
  if (draft.attempts) rung.attempts = *draft.attempts;
  if (draft.action_timeout) rung.timeout = *draft.action_timeout;
  if (draft.timeout) rung.timeout = *draft.timeout;
  rung.destructive = draft.destructive.value_or(kind == ActionKind::reprovision);
  if (auto* notify = std::get_if<NotifyAction>(&rung.action)) {
    refer_to_receivers(draft.to);
    notify->to = names_of(draft.to);
    // Telling people heals nothing: there is nothing to wait for.
    rung.verify.within = rung.verify.stable_for = Duration::zero();
  }
  check_conditions(draft.on, policy_.process() != nullptr ? exit_words
                                                          : std::span<const std::string_view>{});
  check_roles(draft.on);
  rung.on = names_of(draft.on);
  finish_verify(draft);
  return std::move(rung);
}

// Such a rung would be found out in the first incident, as unsupported.
void Finisher::check_means(const RungDraft& draft) {
  if (policy_.external() == nullptr) return;
  const ActionKind kind = kind_of(*draft.action);
  const std::string missing = missing_means(*policy_.external(), kind);
  if (missing.empty()) return;
  reader_.report(draft.at, "service " + quoted(policy_.name) + " cannot carry out " +
                               quoted(to_string(kind)) + ": " + missing);
}

void Finisher::finish_verify(RungDraft& draft) {
  VerifyPolicy& verify = draft.rung.verify;
  check_conditions(draft.verify.probes, {});
  verify.probes = names_of(draft.verify.probes);
  if (draft.verify.within) verify.within = *draft.verify.within;
  if (draft.verify.stable_for) verify.stable_for = *draft.verify.stable_for;
}

void Finisher::check_conditions(const std::vector<Mention>& mentions,
                                std::span<const std::string_view> more) {
  if (mentions.empty()) return;
  std::vector<std::string_view> known;
  for (const ProbePolicy& probe : policy_.probes) known.push_back(probe.name);
  if (policy_.process() != nullptr) known.push_back(process_condition);
  known.insert(known.end(), more.begin(), more.end());
  for (const Mention& mention : mentions) {
    if (mention.name.empty() || std::ranges::find(known, mention.name) != known.end()) continue;
    reader_.report(mention.at, "service " + quoted(policy_.name) + " has no condition " +
                                   quoted(mention.name) + suggestion(mention.name, known));
  }
}

void Finisher::check_roles(const std::vector<Mention>& mentions) {
  for (const Mention& mention : mentions) {
    const auto probe = std::ranges::find(policy_.probes, mention.name, &ProbePolicy::name);
    if (probe == policy_.probes.end() || probe->role == ProbeRole::alive) continue;
    reader_.report(mention.at, "no rung is taken for " + quoted(mention.name) +
                                   ": a probe of 'role: ready' makes nothing unhealthy");
  }
}

void Finisher::check_rung_names() {
  NameSet names;
  for (std::size_t i = 0; i < policy_.remediation.size(); ++i) {
    if (policy_.remediation[i].name.empty()) continue;
    const YamlEvent name{.kind = EventKind::scalar,
                         .at = draft_.remediation->at(i).at,
                         .value = policy_.remediation[i].name};
    names.add(reader_, name, "rung");
  }
}

void Finisher::refer_to_receivers(const std::vector<Mention>& mentions) {
  for (const Mention& mention : mentions) {
    refer(Reference::Kind::receiver, mention.name, mention.at);
  }
}

// An empty name stands for a value that was no name, and has been reported.
void Finisher::refer(Reference::Kind kind, std::string name, Position at, DependencyUntil until) {
  if (!name.empty()) references_->push_back({kind, until, service_, std::move(name), at});
}

std::string declared_twice(const Reader& reader, const std::string& name, Position before) {
  return "service " + quoted(name) + " is declared twice, first at " +
         reader.log().describe(before);
}

}  // namespace

void declare_instances(Reader& reader, const YamlEvent& key, const InstancedName& instanced,
                       RuleSet& rules) {
  const auto service = rules.service_index.find(key.value);
  const auto [first, fresh] = rules.instanced.try_emplace(key.value, instanced);
  if (fresh && service == rules.service_index.end()) return;
  const Position before =
      fresh ? rules.service_at.at(service->second) : first->second.at;
  reader.report(key.at, declared_twice(reader, key.value, before));
}

void add_service(Reader& reader, ServiceDraft&& draft, RuleSet& rules) {
  auto service = std::make_shared<ServicePolicy>(std::move(draft.policy));
  const auto index = static_cast<std::uint32_t>(rules.services.size());
  const auto [first, fresh] = rules.service_index.try_emplace(service->name, index);
  Finisher finisher{reader, draft, *service};
  finisher.finish(rules.references, fresh ? index : Reference::nobody);
  if (!fresh) {
    const Position before = rules.service_at.at(first->second);
    return reader.report(draft.at, declared_twice(reader, service->name, before));
  }
  if (const auto same = rules.instanced.find(service->name); same != rules.instanced.end()) {
    reader.report(draft.at, declared_twice(reader, service->name, same->second.at));
  }
  rules.service_at.push_back(draft.at);
  rules.service_order.push_back(draft.order);
  rules.services.push_back(std::move(service));
}

}  // namespace heald
