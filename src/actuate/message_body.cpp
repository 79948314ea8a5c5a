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
          {"group", policy.group},
          {"description", policy.description},
          {"owner", policy.owner},
          {"runbook", policy.runbook},
          {"labels", policy.labels.get()}};
}

/// What the incident has come to at the time of telling.
void add_story(Json& body, const Incident& story, Instant told,
               const LiveActuator::WallOf& wall_of) {
  const std::chrono::duration<double> lasted = told - story.first_symptom;
  body["incident"] = story.id.value();
  body["symptom"] = story.symptom;
  body["since"] = iso8601(wall_of(story.first_symptom));
  body["told"] = iso8601(wall_of(told));
  body["lasted_seconds"] = lasted.count();
  if (story.root.value() != 0) body["root"] = story.root.value();
  body["attempts"] = story.attempts;
  if (story.last_verdict) {
    body["rung"] = story.last_rung;
    body["action"] = to_string(story.last_action);
    body["verdict"] = to_string(*story.last_verdict);
    body["evidence"] = story.last_evidence;
  }
  body["explain"] = "heald explain " + std::to_string(story.id.value());
}

/// Texts may hold what a program wrote: octets that are no UTF-8 must not lose the message.
std::string as_text(const Json& body) {
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string LiveActuator::message_body(const Message& message, const TellCommand& news,
                                       const WallOf& wall_of) {
  auto body = envelope(*news.policy, std::string{to_string(message.occasion)}, news.text);
  body["id"] = message.id.value();
  body["reminder"] = message.reminder;
  add_story(body, news.story, message.told, wall_of);
  if (message.occasion == Occasion::recovered) body["ended"] = to_string(news.story.closing);
  body["sick_dependents"] = news.sick_dependents;
  body["other_dependents"] = news.other_dependents;
  return as_text(body);
}

std::string message_body(const ActionOrder& order, const NotifyAction& action, Instant now,
                         const LiveActuator::WallOf& wall_of) {
  auto text = action.message;
  if (order.story) {
    if (!text.empty()) text += ": ";
    text += order.story->symptom;
  }
  auto body = envelope(*order.policy, "notify", text);
  body["action_id"] = order.id.value();
  if (order.story) add_story(body, *order.story, now, wall_of);
  return as_text(body);
}

}  // namespace heald
