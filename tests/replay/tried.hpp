#pragma once
// Lives, and other rules tried on them.

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "journal/ring_block.hpp"
#include "policy/load.hpp"
#include "replay/backtest.hpp"
#include "replay/lived.hpp"

namespace heald::test {

inline constexpr Lived::Setup recorded{.recording = Lived::Recording::on};
inline constexpr Lived::Setup observed{.recording = Lived::Recording::on, .observe = true};

/// One service, an external one that is looked at every two seconds.
inline std::string service(const std::string& name, const std::string& probe,
                    const std::string& more = {}) {
  return "  " + name + ":\n    external: {restart: [\"true\"]}\n    reset_after: 2s\n" + more +
         "    probes: {answers: {exec: [\"true\"], timeout: 1s, " + probe + "}}\n" +
         "    remediation: [{restart: {}, attempts: 2, verify: {within: 10s, stable_for: 2s}}]\n";
}

inline std::string web(const std::string& probe) { return "services:\n" + service("web", probe); }

inline const std::string three_fails = "interval: 2s, failure_threshold: 3";

inline Backtest tried(const std::string& folder, const std::string& rules) {
  auto log = open_event_log(folder);
  REQUIRE(log.has_value());
  auto recording = Recording::open(ring_path(folder));
  REQUIRE(recording.has_value());
  auto loaded = parse_rules(rules, "new.yaml");
  if (!loaded.policy) FAIL(to_string(loaded.problems.front()));
  auto result = backtest(**log, *std::move(recording),
                         std::make_shared<const Policy>(*std::move(loaded.policy)));
  REQUIRE(result.has_value());
  return *std::move(result);
}

/// "same later never": the timing of each incident of the only service, or of the one named.
inline std::string timings(const TriedService& service) {
  std::string text;
  for (const TimedIncident& incident : service.incidents) {
    text.append(text.empty() ? "" : " ").append(to_string(incident.timing));
  }
  return text;
}

inline const TriedService& of(const Backtest& result, const std::string& name) {
  for (const TriedService& service : result.services) {
    if (service.name == name) return service;
  }
  FAIL("nothing is told of " << name);
  return result.services.front();
}

}  // namespace heald::test
