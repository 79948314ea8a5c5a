// The API's commands.

#include <nlohmann/json.hpp>
#include <utility>

#include "api/api_handler.hpp"
#include "api/replies.hpp"
#include "api/shapes.hpp"

namespace heald {

namespace {

using nlohmann::json;

/// Reads `{"reason": …, "dependents": …}` into the command; what is wrong with it, or nothing.
std::string read_body(const std::string& body, Operated& operated) {
  if (body.empty()) return {};
  const auto given = json::parse(body, nullptr, false);
  if (!given.is_object()) return "the body is not a JSON object";
  for (const auto& [key, value] : given.items()) {
    if (!value.is_string()) return "'" + key + "' has to be a string";
    const auto& text = value.get_ref<const std::string&>();
    if (key == "reason") {
      operated.reason = text;
    } else if (key == "dependents" && (text == "refuse" || text == "include")) {
      operated.dependents =
          text == "include" ? Operated::Dependents::include : Operated::Dependents::refuse;
    } else if (key == "dependents") {
      return "'dependents' has to be refuse or include";
    } else {
      return "there is no '" + key + "' in a command";
    }
  }
  return {};
}

/// The sequence of the latest event, from which on the effects of a command can be followed.
Result<std::uint64_t> latest_sequence(JournalReader& history) {
  RecordQuery query;
  query.order = Order::newest_first;
  query.limit = 1;
  const auto rows = history.records(query);
  if (!rows) return rows.error();
  return rows->empty() ? 0 : rows->front().seq;
}

}  // namespace

void ApiHandler::operate(Operated operated, const ServerRequest& request, Replier reply) {
  if (auto problem = read_body(request.body, operated); !problem.empty()) {
    return reply(error_reply(400, problem));
  }
  operated.by = request.peer;
  // A journal that cannot be read does not stand in the way of an operator.
  const auto latest = latest_sequence(sources_.history);
  const auto after = latest ? *latest : 0;
  auto answered = back_->expect<std::string>(
      patience_, [after, reply = std::move(reply)](std::optional<std::string> refusal) {
        if (!refusal) {
          return reply(error_reply(503, "the control strand does not answer; "
                                        "it may still carry this out"));
        }
        if (!refusal->empty()) return reply(error_reply(409, *refusal));
        auto accepted = json_reply({{"accepted", true}, {"after", after}});
        accepted.status = 202;
        reply(std::move(accepted));
      });
  sources_.port.operate(std::move(operated), std::move(answered));
}

}  // namespace heald
