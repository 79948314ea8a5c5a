// A rehearsal for tools. docs/simulate.md describes the shape.

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/simulate.hpp"

namespace heald {

namespace {

using nlohmann::json;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

json after(Instant from, Instant to) {
  return to == never ? json{} : json(seconds(to - from));
}

json shape_of(const Rehearsed& rehearsed, const sim::Hit& hit) {
  const sim::Upshot& upshot = rehearsed.upshot;
  const sim::Fault& fault = rehearsed.scenario.faults.at(hit.fault);
  auto actions = json::array();
  for (const ActionId action : hit.actions) actions.push_back(deed_of(upshot, action));
  json shape{{"fault", sim::word_of(fault.kind)},
             {"script", sim::to_script(fault)},
             {"service", hit.service},
             {"began_seconds", seconds(hit.began - upshot.beginning)},
             {"over_after_seconds", after(hit.began, hit.over)},
             {"detected_after_seconds", after(hit.began, hit.detected)},
             {"acted_after_seconds", after(hit.began, hit.acted)},
             {"healthy_after_seconds", after(hit.began, hit.healthy)},
             {"actions", std::move(actions)},
             {"told", hit.told},
             {"ending", to_string(hit.ending)}};
  shape["cured_by"] = hit.cured_by == ActionId{} ? json{} : json(deed_of(upshot, hit.cured_by));
  return shape;
}

json shape_of(const Rehearsed& rehearsed, const Record& record) {
  const RecordAnswer answer = answer_of(rehearsed, record);
  json shape{{"at_seconds", seconds(record.at - rehearsed.upshot.beginning)},
             {"kind", answer.kind}};
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) shape[key] = value;
  };
  add("service", answer.service);
  add("condition", answer.condition);
  add("rung", answer.rung);
  add("action", answer.action);
  add("cause", answer.cause);
  add("verdict", answer.verdict);
  add("result", answer.result);
  add("closing", answer.closing);
  add("text", answer.text);
  if (answer.incident != 0) shape["incident"] = answer.incident;
  if (answer.action_id != 0) shape["action_id"] = answer.action_id;
  if (answer.hold) {
    shape["hold"] = {{"guard", answer.hold->guard},
                     {"rule", answer.hold->rule},
                     {"value", answer.hold->value},
                     {"wanted", answer.hold->wanted}};
  }
  return shape;
}

json shape_of(const Rehearsed& rehearsed, const sim::Told& told) {
  const sim::Upshot& upshot = rehearsed.upshot;
  return {{"at_seconds", seconds(told.at - upshot.beginning)},
          {"service", upshot.services.at(told.service.value()).name},
          {"occasion", to_string(told.occasion)},
          {"reminder", told.reminder},
          {"to", told.to},
          {"text", told.text}};
}

void print(Console& console, const json& shape) {
  console.out << shape.dump(-1, ' ', true, json::error_handler_t::replace) << '\n';
}

}  // namespace

void print_rehearsal_json(Console& console, const Rehearsed& rehearsed) {
  const sim::Upshot& upshot = rehearsed.upshot;
  json shape{{"rules", rehearsed.rules},
             {"revision", rehearsed.scenario.rules.front()->revision},
             {"seed", rehearsed.scenario.seed},
             {"for_seconds", seconds(rehearsed.scenario.length)},
             {"faults", json::array()},
             {"timeline", json::array()},
             {"told", json::array()},
             {"sick", upshot.sick},
             {"breaches", upshot.breaches}};
  for (const sim::Hit& hit : upshot.hits) shape["faults"].push_back(shape_of(rehearsed, hit));
  for (const Record& record : upshot.records) {
    shape["timeline"].push_back(shape_of(rehearsed, record));
  }
  for (const sim::Told& told : upshot.told) shape["told"].push_back(shape_of(rehearsed, told));
  print(console, shape);
}

void print_problems_json(Console& console, const std::vector<Problem>& problems) {
  auto list = json::array();
  for (const Problem& problem : problems) {
    list.push_back({{"file", problem.file},
                    {"line", problem.line},
                    {"column", problem.column},
                    {"message", problem.message}});
  }
  print(console, {{"valid", false}, {"problems", std::move(list)}});
}

}  // namespace heald
