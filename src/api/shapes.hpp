#pragma once
// The JSON of the API. docs/api.md describes every shape; the two change together.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "heald/decision.hpp"
#include "journal/rows.hpp"
#include "runtime/board.hpp"
#include "runtime/clock.hpp"

namespace heald {

/// Text as it goes out: ASCII only, so that no byte of evidence can reach a terminal raw.
[[nodiscard]] std::string to_text(const nlohmann::json& value);

/// A service in a list.
[[nodiscard]] nlohmann::json service_row(const ServicePage& page, const LiveClock& clock);
/// The same and everything else that is known of it.
[[nodiscard]] nlohmann::json service_detail(const ServicePage& page, const Board& board,
                                            const LiveClock& clock);
[[nodiscard]] nlohmann::json condition_shape(const Condition& condition,
                                             const ServicePolicy& policy, const LiveClock& clock);
[[nodiscard]] nlohmann::json ladder_shape(const ServicePage& page);
[[nodiscard]] nlohmann::json daemon_shape(const DaemonPage& page, const LiveClock& clock);
[[nodiscard]] nlohmann::json pause_shape(const Seldom<Pause>& pause, const LiveClock& clock);
[[nodiscard]] nlohmann::json hold_shape(const Hold& hold, const LiveClock& clock);

/// An incident as a page has it, and as the journal has it: the same shape.
[[nodiscard]] nlohmann::json incident_shape(const Incident& incident, const std::string& service,
                                            const LiveClock& clock);
[[nodiscard]] nlohmann::json incident_shape(const IncidentRow& row);
[[nodiscard]] nlohmann::json action_shape(const ActionRow& row);
[[nodiscard]] nlohmann::json record_shape(const RecordRow& row, const LiveClock& clock);

}  // namespace heald
