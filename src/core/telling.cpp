// Who is told of an incident, and of what.
//
// A dependency's incident speaks for those of its dependents: whoever hears of the root cause is
// not told of what it takes along, until that one is over and the dependent is sick all the same.
// It is decided for each receiver by itself, so that nobody hears less than one message of what he
// is to hear. What is owed to a receiver meanwhile, and what he was told, is part of the incident:
// its end is told to those who heard of it, and to nobody else.
//
// Messages could also have been bundled on their way out, by what waits together. That would have
// hung on how quick a receiver is, and a dependent whose failure was noticed first would have been
// told of first.

#include <algorithm>
#include <utility>

#include "text.hpp"
#include "world.hpp"

namespace heald {
namespace {

using namespace std::chrono_literals;

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void add(std::vector<std::string>& names, const std::string& name) {
  if (!contains(names, name)) names.push_back(name);
}

bool wants(const NotifyPolicy& rule, Occasion occasion) {
  return std::find(rule.on.begin(), rule.on.end(), occasion) != rule.on.end();
}

/// He was told of its incident, or will be when what explains that one is over.
bool hears_of(const Slot& sick, const std::string& receiver) {
  const Incident& incident = *sick.state.incident;
  return contains(incident.told, receiver) || contains(incident.owed, receiver);
}

bool will_hear_of(const Slot& slot, const std::string& receiver) {
  const NotifyPolicy& rule = slot.policy->notify;
  return wants(rule, Occasion::opened) && contains(rule.to, receiver);
}

std::string why_not_now(const std::string& receiver, const Slot& cause) {
  const bool known = cause.has_open_incident();
  std::string why = known ? " not to '" : " not yet to '";
  why.append(receiver).append(known ? "', who hears of '" : "', for '").append(cause.state.name);
  return why.append(known ? "'" : "' is looked at first");
}

/// "'a' and 'b'", "'a', 'b' and 40 more".
std::string some_of(std::vector<std::string> names) {
  constexpr std::size_t most = 5;
  if (names.size() <= most) return quoted_list(names);
  const std::size_t more = names.size() - most;
  names.resize(most);
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text + " and " + std::to_string(more) + " more";
}

}  // namespace

/// The dependency, however far, through which this receiver hears, or may be about to hear, of what
/// is wrong here; null: there is none. What lies behind a dependency that is well explains nothing.
const Slot* World::told_instead(const Slot& slot, const std::string& receiver) const {
  std::vector<ServiceId> open{slot.id};
  std::vector<bool> seen(slots_.size());
  while (!open.empty()) {
    const Slot& dependent = at(open.back());
    open.pop_back();
    for (const Need& need : dependent.needs) {
      if (need.rule == nullptr || !need.rule->gate || seen[need.service.value()]) continue;
      const Slot& cause = at(need.service);
      const bool sick = cause.has_open_incident() && !cause.state.incident->notify_only;
      if (!sick && (cause.has_open_incident() || !doubt(dependent, need))) continue;
      if (sick ? hears_of(cause, receiver) : will_hear_of(cause, receiver)) return &cause;
      seen[need.service.value()] = true;
      open.push_back(need.service);
    }
  }
  return nullptr;
}

/// Whoever waits to be told may wait for this service from behind others, which stay as they are.
void World::wake_owed(const Slot& slot) {
  std::vector<ServiceId> open = slot.needed_by;
  std::vector<bool> seen(open.empty() ? 0 : slots_.size());
  while (!open.empty()) {
    const Slot& dependent = at(open.back());
    open.pop_back();
    if (seen[dependent.id.value()]) continue;
    seen[dependent.id.value()] = true;
    if (dependent.has_open_incident() && !dependent.state.incident->owed.empty()) {
      dirty(dependent.id);
    }
    open.insert(open.end(), dependent.needed_by.begin(), dependent.needed_by.end());
  }
}

/// Tells that it opened or latched.
void World::tell_news(Slot& slot, Occasion occasion, const std::string& text) {
  Incident& incident = *slot.state.incident;
  touch(slot);
  const NotifyPolicy& rule = slot.policy->notify;
  if (!wants(rule, occasion)) return;
  std::vector<std::string> now;
  std::string later;
  for (const std::string& receiver : rule.to) {
    // After a slow retry, or other rules, it is no news.
    if (occasion == Occasion::latched && contains(incident.told_latched, receiver)) continue;
    if (const Slot* cause = told_instead(slot, receiver)) {
      add(incident.owed, receiver);
      later.append(later.empty() ? "" : ";").append(why_not_now(receiver, *cause));
    } else {
      now.push_back(receiver);
    }
  }
  if (!later.empty()) {
    note(slot, RecordKind::told, std::string{to_string(occasion)} + later);
  }
  if (!now.empty()) tell(slot, occasion, text, std::move(now), Telling::news);
}

/// The root cause is over, or there was none: who waited is told of what is wrong all the same.
void World::tell_owed(Slot& slot) {
  if (!slot.has_open_incident()) return;
  Incident& incident = *slot.state.incident;
  if (incident.owed.empty() || looks_afresh(slot)) return;
  const NotifyPolicy& rule = slot.policy->notify;
  const bool latched =
      slot.state.activity == Activity::latched && wants(rule, Occasion::latched);
  std::vector<std::string> now;
  const std::size_t before = incident.owed.size();
  std::erase_if(incident.owed, [&](const std::string& receiver) {
    if (told_instead(slot, receiver) != nullptr) return false;
    const bool first = wants(rule, Occasion::opened) && !contains(incident.told, receiver);
    const bool news = latched ? !contains(incident.told_latched, receiver) : first;
    if (news && contains(rule.to, receiver)) now.push_back(receiver);
    return true;
  });
  if (incident.owed.size() == before) return;
  touch(slot);
  wake_dependents(slot);  // what is owed there hangs on what is owed here
  if (now.empty()) return;
  std::string text = latched ? slot.state.hold->value + "; " + incident.symptom : incident.symptom;
  if (incident.root.value() != 0) {
    text.insert(0, "still, after incident " + std::to_string(incident.root.value()) + ": ");
  }
  tell(slot, latched ? Occasion::latched : Occasion::opened, std::move(text), std::move(now),
       Telling::news);
}

/// Whoever heard of it hears of its end, whatever the rules say now of whom to tell.
void World::tell_end(Slot& slot) {
  Incident& incident = *slot.state.incident;
  std::vector<std::string> to = std::exchange(incident.told, {});
  incident.told_latched.clear();
  incident.owed.clear();
  touch(slot);
  if (!slot.policy) return;
  const NotifyPolicy& rule = slot.policy->notify;
  if (!wants(rule, Occasion::recovered)) return;
  const bool ends_only = !wants(rule, Occasion::opened) && !wants(rule, Occasion::latched);
  if (ends_only) {
    for (const std::string& receiver : rule.to) add(to, receiver);
  }
  if (to.empty()) return;
  tell(slot, Occasion::recovered,
       std::string{to_string(incident.closing)} + " after " +
           describe(now_ - incident.first_symptom),
       std::move(to), Telling::news);
}

void World::remind(Slot& slot) {
  const NotifyPolicy& rule = slot.policy->notify;
  if (slot.state.activity != Activity::latched || rule.repeat <= 0s) return;
  Incident& incident = *slot.state.incident;
  if (now_ < incident.last_told + rule.repeat) return;
  incident.last_told = now_;
  touch(slot);
  if (!wants(rule, Occasion::latched)) return;
  std::vector<std::string> to = rule.to;
  std::erase_if(to, [&](const std::string& each) { return contains(incident.owed, each); });
  if (to.empty()) return;
  tell(slot, Occasion::latched, "still latched: " + incident.symptom, std::move(to),
       Telling::reminder);
}

void World::tell(Slot& slot, Occasion occasion, std::string text, std::vector<std::string> to,
                 Telling telling) {
  Incident& incident = *slot.state.incident;
  incident.last_told = now_;
  touch(slot);
  if (occasion != Occasion::recovered) {
    for (const std::string& receiver : to) add(incident.told, receiver);
  }
  if (occasion == Occasion::latched) {
    for (const std::string& receiver : to) add(incident.told_latched, receiver);
  }
  TellCommand command{.service = slot.id, .incident = incident.id, .occasion = occasion,
                      .reminder = telling == Telling::reminder, .to = std::move(to), .text = {},
                      .policy = slot.policy, .story = incident, .sick_dependents = {},
                      .other_dependents = {}};
  // What is being removed has no dependents left, under rules that are not linked yet.
  if (incident.closing != Closing::removed) name_dependents(slot, command);
  if (slot.policy->observe) text.insert(0, "[observe] ");
  if (!command.sick_dependents.empty()) {
    text += occasion == Occasion::recovered ? "; still sick: " : "; with it: ";
    text += some_of(command.sick_dependents);
  }
  if (occasion != Occasion::recovered && !command.other_dependents.empty()) {
    text += "; may follow: " + some_of(command.other_dependents);
  }
  command.text = std::move(text);
  note(slot, RecordKind::told,
       std::string{to_string(occasion)} + " to " + quoted_list(command.to));
  commands_.emplace_back(std::move(command));
}

void World::name_dependents(const Slot& slot, TellCommand& command) const {
  std::vector<bool> seen(slots_.size());
  std::vector<ServiceId> open{slot.id};
  while (!open.empty()) {
    const ServiceId cause = open.back();
    open.pop_back();
    for (const ServiceId id : at(cause).needed_by) {
      const Slot& dependent = at(id);
      const bool gates =
          std::any_of(dependent.needs.begin(), dependent.needs.end(), [&](const Need& need) {
            return need.service == cause && need.rule != nullptr && need.rule->gate;
          });
      if (!gates || seen[id.value()] || dependent.state.desired != Desired::running) continue;
      seen[id.value()] = true;
      open.push_back(id);
      auto& names = dependent.has_open_incident() ? command.sick_dependents
                                                  : command.other_dependents;
      names.push_back(dependent.state.name);
    }
  }
  std::sort(command.sick_dependents.begin(), command.sick_dependents.end());
  std::sort(command.other_dependents.begin(), command.other_dependents.end());
}

}  // namespace heald
