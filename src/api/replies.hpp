#pragma once
// The API's replies: JSON, errors included.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "api/http.hpp"

namespace heald {

[[nodiscard]] ServerReply json_reply(const nlohmann::json& body);
/// `{"error": MESSAGE}`.
[[nodiscard]] ServerReply error_reply(unsigned status, const std::string& message);
/// 405.
[[nodiscard]] ServerReply only(std::string_view allow);

}  // namespace heald
