#pragma once
// Events and states as JSON text, and back without loss. Decoding checks everything: a field
// that lacks, has another type or an unknown word is an error, never a default.
//
// One loss is meant: a PolicyLoaded is written as its revision, and read as a policy that has
// nothing but that revision. The rules themselves are in the table `rules`.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "heald/event.hpp"
#include "heald/life.hpp"
#include "heald/state.hpp"

namespace heald {

[[nodiscard]] std::string encode(const ServiceState& state);
[[nodiscard]] std::string encode(const DaemonState& state);
[[nodiscard]] Result<ServiceState> decode_service(std::string_view json);
[[nodiscard]] Result<DaemonState> decode_daemon(std::string_view json);

/// The kind of an event, as a word: "observation".
[[nodiscard]] std::string_view kind_of(const Event& event);
/// The service that it names itself, if it does.
[[nodiscard]] std::optional<ServiceId> service_of(const Event& event);
/// What it says beyond its kind and its instant.
[[nodiscard]] std::string encode(const Event& event);
[[nodiscard]] Result<Event> decode_event(std::string_view kind, Instant at, std::string_view json);

[[nodiscard]] std::string encode(const std::vector<RuleFile>& files);
[[nodiscard]] Result<std::vector<RuleFile>> decode_rules(std::string_view json);
[[nodiscard]] std::string encode(const std::vector<std::string>& names);
[[nodiscard]] Result<std::vector<std::string>> decode_names(std::string_view json);

}  // namespace heald
