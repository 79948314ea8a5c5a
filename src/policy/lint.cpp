#include "policy/lint.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>

#include "base/fill_in.hpp"
#include "policy/scalars.hpp"
#include "policy/secret_words.hpp"
#include "policy/wording.hpp"

namespace heald {

namespace {

constexpr std::string_view crash_loop = "crash_loop";

bool only_for(const RungPolicy& rung, std::string_view condition) {
  return !rung.on.empty() && std::ranges::all_of(rung.on, [&](const std::string& name) {
    return name == condition;
  });
}

bool starts(ActionKind kind) {
  return kind == ActionKind::restart || kind == ActionKind::start ||
         kind == ActionKind::reprovision;
}

// Each start after an exit is an attempt of a rung and an action of the budget; when one of the two
// is used up the service is latched. All exits that a crash loop counts must come before that.
std::uint32_t exits_before_latched(const ServicePolicy& service) {
  std::uint64_t starts_left = 0;
  for (const RungPolicy& rung : service.remediation) {
    if (starts(kind_of(rung.action)) && !only_for(rung, crash_loop)) starts_left += rung.attempts;
  }
  const bool budget_counts = service.limits.per >= service.process()->exit.crash_loop_within;
  if (budget_counts) starts_left = std::min<std::uint64_t>(starts_left, service.limits.actions);
  return static_cast<std::uint32_t>(starts_left + 1);
}

bool starts_outside_the_ladder(const ServicePolicy& service) {
  const Duration within = service.process()->exit.crash_loop_within;
  return service.reset_after < within || (service.slow_retry && *service.slow_retry < within);
}

void lint_crash_loop(Reader& reader, const ServicePolicy& service, const ServiceDraft& draft) {
  if (service.process() == nullptr || starts_outside_the_ladder(service)) return;
  const ExitPolicy& exit = service.process()->exit;
  const std::uint32_t most = exits_before_latched(service);
  if (most >= exit.crash_loop_exits) return;
  for (std::size_t i = 0; i < service.remediation.size(); ++i) {
    if (!only_for(service.remediation[i], crash_loop)) continue;
    reader.warn(draft.remediation->at(i).at,
                "this rung is never taken: 'crash_loop' is " +
                    std::to_string(exit.crash_loop_exits) + " exits within " +
                    to_text(exit.crash_loop_within) + ", and the other rungs and 'limits' allow " +
                    std::to_string(most) + " before the service is latched");
  }
}

void lint_notify_rungs(Reader& reader, const ServicePolicy& service, const ServiceDraft& draft) {
  for (std::size_t i = 0; i < service.remediation.size(); ++i) {
    const auto* notify = std::get_if<NotifyAction>(&service.remediation[i].action);
    if (notify == nullptr || !notify->to.empty() || !service.notify.to.empty()) continue;
    if (!draft.remediation || !draft.remediation->at(i).action) continue;
    reader.warn(draft.remediation->at(i).at,
                "this rung tells nobody: neither it nor the service's 'notify' names a receiver");
  }
}

void lint_twin_probes(Reader& reader, const ServicePolicy& service, const ServiceDraft& draft) {
  for (std::size_t i = 0; i < service.probes.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const ProbePolicy& probe = service.probes[i];
      const ProbePolicy& other = service.probes[j];
      if (probe.role == other.role || !(probe.kind == other.kind)) continue;
      reader.warn(draft.probes[i].at,
                  "probe " + quoted(probe.name) + " looks at the same as " + quoted(other.name) +
                      ", one 'alive', the other 'ready': they fail together, and 'ready' tells "
                      "nothing more");
    }
  }
}

bool is_told_when_latched(const ServicePolicy& service) {
  const auto& on = service.notify.on;
  if (!service.notify.to.empty() && std::ranges::find(on, Occasion::latched) != on.end()) {
    return true;
  }
  return std::ranges::any_of(service.remediation, [&](const RungPolicy& rung) {
    const auto* notify = std::get_if<NotifyAction>(&rung.action);
    return notify != nullptr && !(notify->to.empty() && service.notify.to.empty());
  });
}

void lint_receivers(const RuleSet& rules, ProblemLog& log) {
  if (rules.receivers.empty()) {
    if (rules.services.empty()) return;
    return log.warn({}, "nobody is told when a service is latched: there are no receivers");
  }
  for (std::size_t i = 0; i < rules.services.size(); ++i) {
    // Instances are alike, and told of once.
    if (i > 0 && rules.service_at[i] == rules.service_at[i - 1]) continue;
    if (is_told_when_latched(*rules.services[i])) continue;
    log.warn(rules.service_at[i],
             "nobody is told when service " + quoted(rules.services[i]->name) +
                 " is latched; give 'notify: {to: [...]}'");
  }
}

// Of 100 % none can be spared; of less, one can: the engine rounds down.
void lint_groups(const RuleSet& rules, ProblemLog& log) {
  std::unordered_map<std::string, std::size_t> members;
  for (const auto& service : rules.services) ++members[service->group];
  for (const GroupPolicy& group : rules.groups) {
    const std::size_t all = members[group.name];
    const auto floor = std::floor(group.min_healthy.value * static_cast<double>(all));
    if (all < 2 || floor < static_cast<double>(all)) continue;
    log.warn(rules.group_at.at(group.name),
             "'min_healthy' of group " + quoted(group.name) + " can never be met: " +
                 to_text(group.min_healthy) + " of its " + std::to_string(all) +
                 " services lets none that is healthy be taken down, not even to change its rules");
  }
}

}  // namespace

void lint_probe(Reader& reader, const ProbePolicy& probe, const SeenKeys& seen) {
  if (probe.timeout <= probe.interval) return;
  if (std::holds_alternative<WatchdogProbe>(probe.kind)) return;  // it answers at once
  const bool given = seen.has("timeout");
  const std::string timeout = to_text(probe.timeout) + (given ? "" : " unless given");
  reader.warn(given ? seen.at("timeout") : seen.at("interval"),
              "'timeout' (" + timeout + ") is longer than 'interval' (" + to_text(probe.interval) +
                  "): a look that hangs makes the next ones late");
}

void lint_service(Reader& reader, const ServicePolicy& service, const ServiceDraft& draft) {
  lint_twin_probes(reader, service, draft);
  if (!draft.remediation) return;
  lint_crash_loop(reader, service, draft);
  lint_notify_rungs(reader, service, draft);
}

void lint_rules(const RuleSet& rules, ProblemLog& log) {
  lint_receivers(rules, log);
  lint_groups(rules, log);
}

void lint_named(Reader& reader, Position at, std::string_view name, std::string_view value) {
  if (value.empty() || has_placeholders(value)) return;
  if (!names_a_secret(name)) return lint_text(reader, at, value);
  reader.warn(at, quoted(name) + " looks like a secret, written in plain text: whoever may read "
                                 "the rules or the journal can read it");
}

void lint_text(Reader& reader, Position at, std::string_view text) {
  if (!holds_a_password(text)) return;
  reader.warn(at, "a password, or what looks like one, is written in plain text here: whoever may "
                  "read the rules or the journal can read it");
}

}  // namespace heald
