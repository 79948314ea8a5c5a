// The API's commands about the rule file.

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "api/api_handler.hpp"
#include "api/replies.hpp"

namespace heald {

namespace {

using nlohmann::json;

// Large rule files take longer to read than the strand may take for anything else.
constexpr int file_patience = 6;

ServerReply mistakes_reply(const std::vector<RulesMistake>& mistakes) {
  auto problems = json::array();
  for (const RulesMistake& mistake : mistakes) {
    problems.push_back({{"file", mistake.file},
                        {"line", mistake.line},
                        {"column", mistake.column},
                        {"message", mistake.message}});
  }
  auto reply = json_reply({{"error", "the rules are wrong"}, {"problems", std::move(problems)}});
  reply.status = 422;
  return reply;
}

ServerReply reloaded_reply(const Reloaded& outcome) {
  if (!outcome.mistakes.empty()) return mistakes_reply(outcome.mistakes);
  if (!outcome.refusal.empty()) return error_reply(409, outcome.refusal);
  return json_reply({{"revision", outcome.revision}, {"remarks", outcome.remarks}});
}

ServerReply planned_reply(Planned planned) {
  if (!planned.mistakes.empty()) return mistakes_reply(planned.mistakes);
  if (!planned.refusal.empty()) return error_reply(409, planned.refusal);
  ServerReply reply;
  reply.body = std::move(planned.json);
  return reply;
}

/// The file in `{"file": …}`, absolute; empty when none is given; nothing when it makes no sense.
std::optional<std::string> file_in(const std::string& body) {
  if (body.empty()) return "";
  const auto given = json::parse(body, nullptr, false);
  if (!given.is_object() || given.size() != 1 || !given.contains("file")) return std::nullopt;
  const json& file = given["file"];
  const bool whole = file.is_string() && file.get_ref<const std::string&>().starts_with("/");
  return whole ? std::optional{file.get<std::string>()} : std::nullopt;
}

}  // namespace

void ApiHandler::plan(const ServerRequest& request, Replier reply) {
  auto file = file_in(request.body);
  if (!file) {
    return reply(error_reply(400, "the body is neither empty nor {\"file\": \"/WHOLE/PATH\"}"));
  }
  auto answered = back_->expect<Planned>(
      patience_ * file_patience, [reply = std::move(reply)](std::optional<Planned> planned) {
        if (planned) return reply(planned_reply(*std::move(planned)));
        reply(error_reply(503, "the plan takes too long, or the control strand does not answer"));
      });
  sources_.rules.plan(*std::move(file), std::move(answered));
}

void ApiHandler::reload(const ServerRequest& request, Replier reply) {
  if (!request.body.empty()) return reply(error_reply(400, "a reload has no body"));
  auto answered = back_->expect<Reloaded>(
      patience_ * file_patience, [reply = std::move(reply)](std::optional<Reloaded> outcome) {
        if (outcome) return reply(reloaded_reply(*outcome));
        reply(error_reply(503, "the control strand does not answer; it may still reload"));
      });
  sources_.rules.reload(request.peer, std::move(answered));
}

}  // namespace heald
