#include <nlohmann/json.hpp>
#include <string_view>

#include "runtime/plan.hpp"

namespace heald {

namespace {

using nlohmann::json;

std::string_view word(KeyChange::What what) {
  switch (what) {
    case KeyChange::What::added: return "added";
    case KeyChange::What::removed: return "removed";
    case KeyChange::What::changed: break;
  }
  return "changed";
}

std::string_view word(PlannedService::What what) {
  switch (what) {
    case PlannedService::What::added: return "added";
    case PlannedService::What::changed: return "changed";
    case PlannedService::What::removed: return "removed";
    case PlannedService::What::untouched: break;
  }
  return "untouched";
}

json shape(const std::vector<KeyChange>& keys) {
  auto shape = json::array();
  for (const KeyChange& key : keys) shape.push_back({{"key", key.key}, {"change", word(key.what)}});
  return shape;
}

json shape(const Hold& hold) {
  if (hold.guard == Guard::none) return nullptr;
  return {{"guard", to_string(hold.guard)},
          {"rule", hold.rule},
          {"value", hold.value},
          {"wanted", hold.wanted}};
}

json shape(const std::optional<PlannedIncident>& incident) {
  if (!incident) return nullptr;
  return {{"id", incident->id.value()},
          {"closes", incident->closes},
          {"unlatched", incident->unlatched},
          {"attempts_forgotten", incident->forgotten}};
}

json shape(const PlannedService& service) {
  auto actions = json::array();
  for (const ActionKind kind : service.actions) actions.push_back(to_string(kind));
  return {{"name", service.name},
          {"change", word(service.what)},
          {"runtime", service.process ? "process" : "external"},
          {"keys", shape(service.keys)},
          {"actions", std::move(actions)},
          {"waits", shape(service.waits)},
          {"left_running", service.left_running},
          {"in_flight", service.in_flight ? json(to_string(*service.in_flight)) : json(nullptr)},
          {"incident", shape(service.incident)}};
}

}  // namespace

std::string to_json(const Plan& plan) {
  auto services = json::array();
  for (const PlannedService& service : plan.services) services.push_back(shape(service));
  auto actions = json::array();
  for (const PlannedAction& action : plan.actions) {
    actions.push_back({{"after_seconds", std::chrono::duration<double>(action.after).count()},
                       {"service", action.service},
                       {"action", to_string(action.kind)},
                       {"group", action.group},
                       {"waited", shape(action.waited)}});
  }
  auto groups = json::array();
  for (const GroupPolicy& group : plan.groups) {
    groups.push_back({{"name", group.name},
                      {"max_concurrent", group.max_concurrent},
                      {"min_healthy", group.min_healthy.value}});
  }
  const json whole{{"in_force", plan.in_force},
                   {"revision", plan.revision},
                   {"services", std::move(services)},
                   {"untouched", plan.untouched},
                   {"actions", std::move(actions)},
                   {"keys", shape(plan.keys)},
                   {"groups", std::move(groups)},
                   {"start_concurrency", plan.start_concurrency},
                   {"whole", plan.whole}};
  return whole.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
}

}  // namespace heald
