// Events as JSON.

#include <array>

#include "journal/codec.hpp"
#include "journal/codec_json.hpp"

namespace heald {

namespace {

using Input = decltype(Event::input);

/// The alternatives of `Event::input`, in its order.
constexpr std::array<std::string_view, std::variant_size_v<Input>> kinds{
    "policy_loaded",  "restarted",       "process_found",  "adoption_finished", "observation",
    "action_finished", "action_withheld", "process_exited", "journal_changed",   "stalled",
    "operated",       "shutdown_requested", "tick"};

}  // namespace

using codec::Same;

// Found by argument-dependent lookup from the templates in codec_json.hpp.

/// Events that are nothing but their kind.
template <class S>
concept Bare = std::is_empty_v<S> && (Same<S, AdoptionFinished> || Same<S, ShutdownRequested> ||
                                      Same<S, Tick>);
template <class V, Bare S>
void fields(V&, S&) {}

template <class V, Same<Restarted> S>
void fields(V& visit, S& restarted) {
  auto& [boot] = restarted;
  visit("boot", boot);
}

template <class V, Same<ProcessFound> S>
void fields(V& visit, S& found) {
  auto& [service, what, generation, pid] = found;
  visit("service", service);
  visit("what", what);
  visit("generation", generation);
  visit("pid", pid);
}

template <class V, Same<Observation> S>
void fields(V& visit, S& observation) {
  auto& [service, probe, run, outcome, answered, begun, took, evidence] = observation;
  visit("service", service);
  visit("probe", probe);
  visit("run", run);
  visit("outcome", outcome);
  visit("answered", answered);
  visit("begun", begun);
  visit("took", took);
  visit("evidence", evidence);
}

template <class V, Same<ActionReport> S>
void fields(V& visit, S& report) {
  auto& [id, result, pid, evidence, generation] = report;
  visit("action", id);
  visit("result", result);
  visit("pid", pid);
  visit("evidence", evidence);
  visit("generation", generation);
}

template <class V, Same<ActionFinished> S>
void fields(V& visit, S& finished) {
  auto& [report] = finished;
  fields(visit, report);
}

template <class V, Same<ActionWithheld> S>
void fields(V& visit, S& withheld) {
  auto& [action, why] = withheld;
  visit("action", action);
  visit("why", why);
}

template <class V, Same<ProcessExited> S>
void fields(V& visit, S& exited) {
  auto& [service, generation, status] = exited.report;
  visit("service", service);
  visit("generation", generation);
  visit("status", status);
}

template <class V, Same<JournalChanged> S>
void fields(V& visit, S& changed) {
  auto& [what, why] = changed;
  visit("what", what);
  visit("why", why);
}

template <class V, Same<Stalled> S>
void fields(V& visit, S& stalled) {
  auto& [lasted] = stalled;
  visit("lasted", lasted);
}

template <class V, Same<Operated> S>
void fields(V& visit, S& operated) {
  auto& [operation, service, dependents, lasting, by, reason] = operated;
  visit("operation", operation);
  visit("service", service);
  visit("dependents", dependents);
  visit("lasting", lasting);
  visit("by", by);
  visit("reason", reason);
}

namespace codec {

/// Its revision only: the rules have a table of their own.
template <>
struct Coder<PolicyLoaded> {
  static Json encode(const PolicyLoaded& loaded) {
    Json json = Json::object();
    json["revision"] = loaded.policy ? loaded.policy->revision : std::string{};
    return json;
  }
  static void decode(const Json& json, PolicyLoaded& loaded) {
    if (!json.is_object()) throw DecodeError{"is not an object"};
    auto policy = std::make_shared<Policy>();
    Decoder visit{json};
    visit("revision", policy->revision);
    loaded.policy = std::move(policy);
  }
};

namespace {

/// Makes the alternative that has number `index`, and reads it.
template <std::size_t I = 0>
void decode_alternative(std::size_t index, const Json& json, Input& input) {
  if constexpr (I < std::variant_size_v<Input>) {
    if (index != I) return decode_alternative<I + 1>(index, json, input);
    using Alternative = std::variant_alternative_t<I, Input>;
    Coder<Alternative>::decode(json, input.emplace<I>());
  }
}

struct ServiceNamed {
  std::optional<ServiceId> operator()(const ProcessFound& found) const { return found.service; }
  std::optional<ServiceId> operator()(const Observation& seen) const { return seen.service; }
  std::optional<ServiceId> operator()(const ProcessExited& exited) const {
    return exited.report.service;
  }
  std::optional<ServiceId> operator()(const Operated& operated) const { return operated.service; }
  template <class Other>
  std::optional<ServiceId> operator()(const Other&) const {
    return std::nullopt;
  }
};

}  // namespace

}  // namespace codec

std::string_view kind_of(const Event& event) { return kinds.at(event.input.index()); }

std::optional<ServiceId> service_of(const Event& event) {
  return std::visit(codec::ServiceNamed{}, event.input);
}

std::string encode(const Event& event) {
  return std::visit(
      []<class T>(const T& input) { return codec::dump(codec::Coder<T>::encode(input)); },
      event.input);
}

Result<Event> decode_event(std::string_view kind, Instant at, std::string_view json) {
  std::size_t index = 0;
  while (index < kinds.size() && kinds.at(index) != kind) ++index;
  if (index == kinds.size()) {
    return Error{"cannot read an event: its kind \"" + std::string{kind} + "\" is unknown"};
  }
  const std::string what = "an event of kind " + std::string{kind};
  try {
    Event event{at, Tick{}};
    codec::decode_alternative(index, codec::Json::parse(json), event.input);
    return event;
  } catch (const codec::DecodeError& error) {
    return Error{"cannot read " + what + ": " + error.what()};
  } catch (const codec::Json::exception& error) {
    return Error{"cannot read " + what + ": " + error.what()};
  }
}

}  // namespace heald
