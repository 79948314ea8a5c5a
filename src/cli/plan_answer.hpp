#pragma once
// A plan as plain data, read from the JSON that the API promises.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace heald {

struct PlannedServiceAnswer {
  std::string name, change, runtime, in_flight, waits_for;
  std::vector<std::string> keys;  ///< "+probes.slow", "-depends_on.db", "process.command"
  std::vector<std::string> actions;
  bool left_running = false;
  std::uint64_t incident = 0;  ///< 0: none in progress
  bool closes = false, unlatched = false;
  std::vector<std::string> forgotten;
};

struct PlannedActionAnswer {
  double after_seconds = 0;
  std::string service, action, waited;
};

struct PlanAnswer {
  std::vector<PlannedServiceAnswer> services;
  std::uint64_t untouched = 0;
  std::vector<PlannedActionAnswer> actions;
  std::vector<std::string> keys;
  struct Group {
    std::string name;
    std::uint64_t max_concurrent = 0;
    double min_healthy = 0;
  };
  std::vector<Group> groups;
  std::uint64_t start_concurrency = 0;
  bool whole = true;
};

[[nodiscard]] Result<PlanAnswer> read_plan(const std::string& body);

}  // namespace heald
