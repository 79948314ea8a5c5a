#include "cli/plan_answer.hpp"

#include <nlohmann/json.hpp>

namespace heald {

namespace {

using nlohmann::json;

std::vector<std::string> keys(const json& from) {
  std::vector<std::string> all;
  for (const json& one : from) {
    const auto change = one.value("change", "");
    const char* sign = change == "added" ? "+" : change == "removed" ? "-" : "";
    all.push_back(sign + one.value("key", ""));
  }
  return all;
}

std::string rule(const json& hold) { return hold.is_object() ? hold.value("rule", "") : ""; }

PlannedServiceAnswer service(const json& from) {
  PlannedServiceAnswer answer;
  answer.name = from.value("name", "");
  answer.change = from.value("change", "");
  answer.runtime = from.value("runtime", "");
  answer.keys = keys(from.at("keys"));
  answer.actions = from.value("actions", std::vector<std::string>{});
  answer.waits_for = rule(from.at("waits"));
  answer.left_running = from.value("left_running", false);
  if (from.at("in_flight").is_string()) answer.in_flight = from.at("in_flight");
  const json& incident = from.at("incident");
  if (!incident.is_object()) return answer;
  answer.incident = incident.value("id", std::uint64_t{0});
  answer.closes = incident.value("closes", false);
  answer.unlatched = incident.value("unlatched", false);
  answer.forgotten = incident.value("attempts_forgotten", std::vector<std::string>{});
  return answer;
}

PlanAnswer plan(const json& from) {
  PlanAnswer answer;
  for (const json& one : from.at("services")) answer.services.push_back(service(one));
  answer.untouched = from.value("untouched", std::uint64_t{0});
  for (const json& one : from.at("actions")) {
    answer.actions.push_back({one.value("after_seconds", 0.0), one.value("service", ""),
                              one.value("action", ""), rule(one.at("waited"))});
  }
  answer.keys = keys(from.at("keys"));
  for (const json& one : from.at("groups")) {
    answer.groups.push_back({one.value("name", ""), one.value("max_concurrent", std::uint64_t{0}),
                             one.value("min_healthy", 0.0)});
  }
  answer.start_concurrency = from.value("start_concurrency", std::uint64_t{0});
  answer.whole = from.value("whole", true);
  return answer;
}

}  // namespace

Result<PlanAnswer> read_plan(const std::string& body) {
  try {
    return plan(json::parse(body));
  } catch (const json::exception&) {
    return Error{"cannot understand the answer: it is not what heald's API promises"};
  }
}

}  // namespace heald
