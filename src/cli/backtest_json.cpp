// A backtest for tools.

#include <chrono>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/backtest.hpp"

namespace heald {

namespace {

using nlohmann::json;

double seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

json time_or_null(const std::optional<WallTime>& time) {
  return time ? json(utc_time(*time)) : json(nullptr);
}

json shape_of(const TriedDecision& decision) {
  const Record& record = decision.record;
  json shape{{"time", utc_time(decision.wall)},
             {"kind", std::string{to_string(record.kind)}},
             {"text", record.text},
             {"rung", record.rung},
             {"rule", decision.rule}};
  if (record.action_kind) shape["action"] = std::string{to_string(*record.action_kind)};
  if (record.verdict) shape["verdict"] = std::string{to_string(*record.verdict)};
  if (record.hold.guard != Guard::none) {
    shape["guard"] = std::string{to_string(record.hold.guard)};
  }
  return shape;
}

json shape_of(const TimedIncident& incident) {
  const auto side = [](const std::optional<Onset>& onset) {
    if (!onset) return json(nullptr);
    return json{{"opened", utc_time(onset->wall)}, {"symptom", onset->symptom}};
  };
  json shape{{"timing", std::string{to_string(incident.timing)}},
             {"recorded", side(incident.recorded)},
             {"here", side(incident.here)},
             {"in_gap", incident.in_gap},
             {"later_by_seconds", nullptr}};
  if (incident.recorded && incident.here) {
    shape["later_by_seconds"] = seconds(incident.here->opened - incident.recorded->opened);
  }
  return shape;
}

json shape_of(const TriedAction& action) {
  json shape{{"time", utc_time(action.wall)},
             {"kind", std::string{to_string(action.kind)}},
             {"rung", action.rung},
             {"observed_only", action.mode == TriedAction::Mode::observed},
             {"needless", nullptr},
             {"back_after_seconds", nullptr}};
  if (action.need != TriedAction::Need::open) shape["needless"] = to_string(action.need);
  if (action.need == TriedAction::Need::came_back) {
    shape["back_after_seconds"] = seconds(action.back_after);
  }
  return shape;
}

json shape_of(const Ending& ending) {
  const auto side = [&](const std::optional<Deed>& deed) {
    if (!deed) return json(nullptr);
    return json{{"kind", std::string{to_string(deed->kind)}},
                {"rung", deed->rung},
                {"cause", std::string{to_string(deed->cause)}},
                {"after_seconds", seconds(deed->at - ending.at)}};
  };
  return {{"why", std::string{to_string(ending.why)}},
          {"time", utc_time(ending.wall)},
          {"through", ending.through},
          {"here", side(ending.here)},
          {"recorded", side(ending.recorded)}};
}

json shape_of(const TriedService& service);
json shape_of(const TriedGap& gap);

template <class Items>
json list_of(const Items& items) {
  auto list = json::array();
  for (const auto& item : items) list.push_back(shape_of(item));
  return list;
}

json shape_of(const TriedService& service) {
  auto incidents = json::object();
  for (const Timing timing : {Timing::same, Timing::earlier, Timing::later, Timing::none,
                              Timing::extra, Timing::untold}) {
    incidents[std::string{to_string(timing)}] = count_of(service, timing);
  }
  return {{"name", service.name},
          {"missing_probes", service.missing},
          {"notes", service.notes},
          {"counts",
           {{"incidents", std::move(incidents)},
            {"actions", service.actions.size()},
            {"needless", needless_of(service)}}},
          {"decisions", list_of(service.decisions)},
          {"incidents", list_of(service.incidents)},
          {"actions", list_of(service.actions)},
          {"ending", service.ending ? shape_of(*service.ending) : json(nullptr)}};
}

json shape_of(const TriedGap& gap) {
  return {{"from", time_or_null(gap.from)}, {"to", time_or_null(gap.to)}, {"what", gap.what}};
}

}  // namespace

void print_backtest_json(Console& console, const Backtest& tried) {
  const json shape{{"from", time_or_null(tried.from)},
                   {"to", time_or_null(tried.to)},
                   {"not_judged", tried.not_judged},
                   {"never_recorded", tried.never_recorded},
                   {"not_in_rules", tried.not_in_rules},
                   {"gaps", list_of(tried.gaps)},
                   {"services", list_of(tried.services)}};
  console.out << shape.dump(-1, ' ', true, json::error_handler_t::replace) << '\n';
}

}  // namespace heald
