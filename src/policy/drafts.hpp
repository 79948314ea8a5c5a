#pragma once
// What is read before it is known to be right: the policy's types, and where the names stand that
// refer to something else.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "heald/policy.hpp"
#include "policy/problem.hpp"
#include "policy/values.hpp"

namespace heald {

struct VerifyDraft {
  std::vector<Mention> probes;
  std::optional<Duration> within, stable_for;
};

/// A command with its own time limit: what `exec` and `reprovision` take.
struct CommandDraft {
  ExecPolicy exec;
  std::optional<Duration> timeout;
};

/// An action that takes nothing but, maybe, a time limit.
struct PlainActionDraft {
  std::optional<Duration> timeout;
};

struct SignalDraft {
  Signal signal;
  std::optional<Duration> timeout;
};

struct HttpActionDraft {
  HttpAction http;
  std::optional<Duration> timeout;
};

struct NotifyActionDraft {
  std::vector<Mention> to;
  std::string message;
  std::optional<Duration> timeout;
};

struct RungDraft {
  RungPolicy rung;
  std::optional<Action> action;  ///< empty: there is none, or none that is known
  Position at;
  std::vector<Mention> on;
  std::vector<Mention> to;
  VerifyDraft verify;
  std::optional<std::uint32_t> attempts;
  std::optional<Duration> timeout;         ///< given beside the action
  std::optional<Duration> action_timeout;  ///< given inside it
  std::optional<bool> destructive;
};

struct ProbeDraft {
  ProbePolicy probe;
  Position at;
};

struct DependencyDraft {
  DependencyPolicy edge;
  Position at;
};

/// `use`: an entry of the library, and what its parameters are to be.
struct UseDraft {
  Mention entry;
  struct Given {
    Mention parameter;
    YamlEvent value;  ///< a scalar, placeholders and all; or broken
  };
  std::vector<Given> given;
};

/// A service as it stands in the file.
struct ServiceDraft {
  ServicePolicy policy;
  Position at;
  std::uint32_t order = 0;  ///< among all names of services, as the files have them
  std::optional<UseDraft> use;
  std::optional<std::uint32_t> instances;
  std::optional<Mention> group;
  std::vector<DependencyDraft> depends_on;
  std::vector<ProbeDraft> probes;
  std::optional<std::vector<RungDraft>> remediation;
  std::vector<Mention> notify_to;
};

/// What a service of the library can be told.
struct ParameterDraft {
  std::string name;
  Position at;
  std::string description;
  std::optional<YamlEvent> otherwise;  ///< its default: a scalar, placeholders and all
};

/// A service of the library: one to be completed by those that use it.
struct LibraryDraft {
  std::string name;
  Position at;
  std::string description;
  std::vector<ParameterDraft> parameters;
  Recording service;
};

/// A service that uses the library, as it stands in the file, until all entries are known.
struct WaitingService {
  YamlEvent key;
  Recording body;
  std::uint32_t order = 0;
};

/// One of a service's names for something outside it.
struct Reference {
  enum class Kind : std::uint8_t { group, receiver, dependency };
  static constexpr std::uint32_t nobody = UINT32_MAX;
  Kind kind;
  DependencyUntil until = DependencyUntil::healthy;  ///< of a dependency
  std::uint32_t service = nobody;  ///< the index of who refers; a duplicate service is nobody
  std::string name;
  Position at;
};

/// A name that stands for several like services.
struct InstancedName {
  std::uint32_t count = 0;
  Position at;
};

/// The block `heald:`, and what of it matters for reading only.
struct DaemonDraft {
  DaemonPolicy policy;
  std::optional<std::vector<Mention>> library;  ///< folders
};

/// Everything read so far, from all files.
struct RuleSet {
  DaemonDraft daemon;
  std::vector<GroupPolicy> groups;
  std::vector<ReceiverPolicy> receivers;
  std::vector<std::shared_ptr<ServicePolicy>> services;
  std::vector<Position> service_at;
  std::vector<std::uint32_t> service_order;  ///< of each; see `ServiceDraft::order`
  std::uint32_t named = 0;                   ///< names of services so far
  std::vector<WaitingService> waiting;
  std::map<std::string, LibraryDraft, std::less<>> library;
  /// In the order of the services that refer.
  std::vector<Reference> references;
  /// The names point into the shared services.
  std::unordered_map<std::string_view, std::uint32_t> service_index;
  std::unordered_map<std::string, InstancedName> instanced;
  std::unordered_map<std::string, Position> group_at, receiver_at;
};

/// One file's top level.
struct FileDraft {
  /// The file that was asked for, or one that it includes.
  enum class Part : std::uint8_t { main, included };
  RuleSet* rules = nullptr;
  Part part = Part::main;
  std::vector<Mention> includes;
};

}  // namespace heald
