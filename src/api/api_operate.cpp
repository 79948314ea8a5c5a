// The API's commands.

#include <nlohmann/json.hpp>
#include <utility>

#include "api/api_handler.hpp"
#include "api/replies.hpp"
#include "api/shapes.hpp"

namespace heald {

namespace {

using nlohmann::json;

bool acts(Operation operation) {
  return operation == Operation::start || operation == Operation::stop ||
         operation == Operation::restart;
}

bool lasts(Operation operation) {
  return operation == Operation::pause || operation == Operation::freeze;
}

/// What is wrong with it, or nothing.
std::string read_lasting(const json& value, Operated& operated) {
  constexpr double longest = 10 * 365 * 86400.0;
  if (!value.is_number()) return "'for_seconds' has to be a number";
  const auto seconds = value.get<double>();
  if (!(seconds > 0 && seconds <= longest)) {
    return "'for_seconds' has to be more than 0 and at most ten years";
  }
  operated.lasting =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  return {};
}

std::string read_dependents(const json& value, Operated& operated) {
  if (value != "refuse" && value != "include") return "'dependents' has to be refuse or include";
  operated.dependents =
      value == "include" ? Operated::Dependents::include : Operated::Dependents::refuse;
  return {};
}

/// Reads `{"reason": …, "dependents": …, "for_seconds": …}` into the command; what is wrong with
/// it, or nothing.
std::string read_body(const std::string& body, Operated& operated) {
  if (body.empty()) return {};
  const auto given = json::parse(body, nullptr, false);
  if (!given.is_object()) return "the body is not a JSON object";
  for (const auto& [key, value] : given.items()) {
    std::string problem;
    if (key == "reason" && value.is_string()) {
      operated.reason = value.get<std::string>();
    } else if (key == "reason") {
      problem = "'reason' has to be a string";
    } else if (key == "dependents" && acts(operated.operation)) {
      problem = read_dependents(value, operated);
    } else if (key == "for_seconds" && lasts(operated.operation)) {
      problem = read_lasting(value, operated);
    } else {
      problem = "there is no '" + key + "' in this command";
    }
    if (!problem.empty()) return problem;
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
