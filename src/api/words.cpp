#include "api/words.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace heald {

namespace {

void add(std::string& text, const std::string& part) {
  if (part.empty()) return;
  if (!text.empty()) text.append("; ");
  text.append(part);
}

/// What the first condition that does not pass has seen.
std::string symptom_of(const ServiceState& state) {
  const Condition* shown = nullptr;
  for (const auto& condition : state.conditions) {
    if (condition.status == ConditionStatus::pass) continue;
    if (condition.status == ConditionStatus::fail) {
      shown = &condition;
      break;
    }
    if (shown == nullptr) shown = &condition;
  }
  if (shown == nullptr || shown->evidence->empty()) return {};
  return shown->name + ": " + *shown->evidence;
}

std::string hold_of(const Hold& hold) {
  if (hold.guard == Guard::none) return {};
  std::string text{to_string(hold.guard)};
  if (!hold.value.empty()) text.append(" (").append(hold.value).append(")");
  return text;
}

std::string action_of(const ServiceState& state) {
  if (!state.action) return {};
  std::string text{to_string(state.action->kind)};
  const auto& rung = state.action->rung;
  if (!rung.empty() && rung != text) text.append(" (rung ").append(rung).append(")");
  return text;
}

std::string activity_of(const ServiceState& state) {
  switch (state.activity) {
    case Activity::idle: return {};
    case Activity::backing_off: return "backing off";
    case Activity::acting: return "carrying out " + action_of(state);
    case Activity::verifying: return "verifying " + action_of(state);
    case Activity::held: return "held by " + hold_of(state.hold);
    case Activity::latched: {
      const auto hold = hold_of(state.hold);
      return hold.empty() ? "latched" : "latched: " + hold;
    }
  }
  return {};
}

std::string one_line(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = ' ';
  }
  return text;
}

}  // namespace

std::string reason_of(const ServicePage& page) {
  const auto& state = page.state;
  std::string text;
  if (state.desired == Desired::stopped) {
    add(text, "stopped by an operator");
  } else if (state.health != Health::healthy) {
    add(text, symptom_of(state));
  }
  if (const auto& pause = state.pause) {
    add(text, "paused by " + pause->by + (pause->reason.empty() ? "" : ": " + pause->reason));
  }
  add(text, activity_of(state));
  if (state.pending) add(text, std::string{to_string(*state.pending)} + " waits for the action");
  return one_line(std::move(text));
}

bool lacks_health(const ServicePage& page) {
  return page.state.desired == Desired::running && page.state.health != Health::healthy;
}

std::string_view severity_word(Severity severity) {
  switch (severity) {
    case Severity::info: return "info";
    case Severity::ticket: return "ticket";
    case Severity::page: break;
  }
  return "page";
}

bool has_open_incident(const ServicePage& page) {
  return page.state.incident && page.state.incident->closing == Closing::open;
}

}  // namespace heald
