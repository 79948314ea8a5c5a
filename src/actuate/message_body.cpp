#include <unistd.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "actuate/messenger.hpp"
#include "base/iso8601.hpp"

namespace heald {
namespace {

using Json = nlohmann::ordered_json;

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string word(Severity severity) {
  switch (severity) {
    case Severity::info: return "info";
    case Severity::ticket: return "ticket";
    case Severity::page: break;
  }
  return "page";
}

/// What every message has: the service, the words, and who is to care.
Json envelope(const ServicePolicy& policy, const std::string& occasion, const std::string& text) {
  return {{"service", policy.name},
          {"occasion", occasion},
          {"message", text},
          {"severity", word(policy.severity)},
          {"host", host_name()},
          {"description", policy.description},
          {"owner", policy.owner},
          {"runbook", policy.runbook},
          {"labels", policy.labels}};
}

/// Texts may hold what a program wrote: octets that are no UTF-8 must not lose the message.
std::string as_text(const Json& body) {
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string LiveActuator::message_body(const Message& message, const TellCommand& news,
                                       const WallOf& wall_of) {
  const ServicePolicy& policy = *news.policy;
  const Incident& story = news.story;
  const std::string id = std::to_string(message.incident.value());
  auto body = envelope(policy, std::string{to_string(message.occasion)}, news.text);
  body["id"] = message.id.value();
  body["incident"] = message.incident.value();
  body["reminder"] = message.reminder;
  body["group"] = policy.group;
  body["symptom"] = story.symptom;
  const std::chrono::duration<double> lasted = message.told - story.first_symptom;
  body["since"] = iso8601(wall_of(story.first_symptom));
  body["told"] = iso8601(wall_of(message.told));
  body["lasted_seconds"] = lasted.count();
  if (message.occasion == Occasion::recovered) body["ended"] = to_string(story.closing);
  if (story.root.value() != 0) body["root"] = story.root.value();
  body["attempts"] = story.attempts;
  if (story.last_verdict) {
    body["rung"] = story.last_rung;
    body["action"] = to_string(story.last_action);
    body["verdict"] = to_string(*story.last_verdict);
    body["evidence"] = story.last_evidence;
  }
  body["sick_dependents"] = news.sick_dependents;
  body["other_dependents"] = news.other_dependents;
  body["explain"] = "heald explain " + id;
  return as_text(body);
}

std::string message_body(const ActionOrder& order, const NotifyAction& action) {
  auto text = action.message;
  if (!text.empty() && !order.incident_note.empty()) text += ": ";
  text += order.incident_note;
  auto body = envelope(*order.policy, "notify", text);
  body["action"] = order.id.value();
  return as_text(body);
}

}  // namespace heald
