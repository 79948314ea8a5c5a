#pragma once
// Small policies for rehearsals, built in a line or two.

#include <memory>
#include <string>
#include <vector>

#include "heald/policy.hpp"

namespace heald::rehearsal {

/// An exec probe of role `alive`, every 10 s, three fails; the rest by the caller.
[[nodiscard]] ProbePolicy probe(std::string name = "answers");

/// A process service with the probes given, and a ladder of three restarts.
[[nodiscard]] ServicePolicy process(std::string name,
                                    std::vector<ProbePolicy> probes = {probe()});

/// The same under rules that have it started otherwise.
[[nodiscard]] ServicePolicy started_otherwise(std::string name);

/// An external service with commands for start, stop, restart and reload.
[[nodiscard]] ServicePolicy external(std::string name,
                                     std::vector<ProbePolicy> probes = {probe()});

/// A rung named after its action, verified within 30 s, stable for 10 s.
[[nodiscard]] RungPolicy rung(Action action, std::uint32_t attempts = 1);

[[nodiscard]] DependencyPolicy on(std::string service);

/// The process block of a process service, to be changed.
[[nodiscard]] ProcessRuntime& process_of(ServicePolicy& service);

/// A whole policy with the group `all` (max_concurrent 100, so that it is in nobody's way).
[[nodiscard]] Policy rules(std::vector<ServicePolicy> services,
                           std::vector<GroupPolicy> groups = {});

/// Replaces one service of a policy, or adds it.
[[nodiscard]] Policy with(Policy policy, ServicePolicy service);
[[nodiscard]] Policy without(Policy policy, const std::string& service);

}  // namespace heald::rehearsal
