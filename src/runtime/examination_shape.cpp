#include "runtime/examination_shape.hpp"

#include <chrono>
#include <nlohmann/json.hpp>

namespace heald {

namespace {

using nlohmann::json;

json seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

json examination_shape(const Examination& examination) {
  json shape{{"service", examination.service},
             {"probe", examination.probe},
             {"kind", examination.kind},
             {"address", examination.address},
             {"timeout_seconds", seconds(examination.timeout)},
             {"took_seconds", seconds(examination.took)},
             {"outcome", to_string(examination.outcome)},
             {"evidence", examination.evidence},
             {"phases", json::array()},
             {"checks", json::array()},
             {"said", examination.said},
             {"condition", nullptr}};
  for (const LookPhase& phase : examination.phases) {
    shape["phases"].push_back(
        {{"phase", phase.name}, {"at_seconds", seconds(phase.at)}, {"text", phase.text}});
  }
  for (const LookCheck& check : examination.checks) {
    shape["checks"].push_back({{"check", check.what},
                               {"wanted", check.wanted},
                               {"seen", check.seen},
                               {"held", check.held}});
  }
  return shape;
}

}  // namespace heald
