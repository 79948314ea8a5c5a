// A service.

#include "policy/library_tables.hpp"
#include "policy/tables.hpp"
#include "policy/wording.hpp"

namespace heald {

namespace {

constexpr std::array<std::string_view, 3> until_words{"healthy", "started", "done"};
constexpr std::array<std::string_view, 3> on_restart_words{"nothing", "restart", "reload"};

constexpr std::array dependency_fields{
    field<WordValue<until_words>, &DependencyPolicy::until>(
        "until",
        "What to wait for at the start: that it is `healthy`, `started`, or, for one that ends, "
        "`done`."),
    field<FlagValue, &DependencyPolicy::gate>(
        "gate", "Whether our rungs are held while it is unhealthy."),
    field<WordValue<on_restart_words>, &DependencyPolicy::on_restart>(
        "on_restart", "What to do with this service once a restart of the dependency is verified."),
};
constexpr Mapping<DependencyPolicy> dependency_mapping =
    mapping<DependencyPolicy>("dependency", "One service that must be there first.",
                              dependency_fields);

struct DependenciesValue {
  static constexpr TypeSpec item{.shape = Shape::mapping, .mapping = &dependency_mapping};
  static constexpr TypeSpec names{.shape = Shape::list, .item = &MentionValue::type};
  static constexpr std::array<const TypeSpec*, 1> others{&names};
  static constexpr TypeSpec type{
      .shape = Shape::map, .item = &item, .name = &MentionValue::type, .others = others};

  // A list of names, or a mapping of names to how they are depended on.
  static void read(Reader& reader, std::vector<DependencyDraft>& edges) {
    if (reader.peek().kind == EventKind::list_start) return read_list_of_names(reader, edges);
    read_names(reader, "a mapping or a list of services", "dependency", [&](const YamlEvent& key) {
      if (key.value.empty()) reader.report(key.at, "an empty name");
      DependencyDraft& edge = edges.emplace_back();
      edge.at = key.at;
      edge.edge.service = key.value;
      reader.read(dependency_mapping, edge.edge);
    });
  }

 private:
  static void read_list_of_names(Reader& reader, std::vector<DependencyDraft>& edges) {
    NameSet names;
    read_list(reader, "a list of services", [&] {
      YamlEvent event;
      if (!reader.scalar("a service's name", event)) return;
      if (event.value.empty()) reader.report(event.at, "an empty name");
      if (!names.add(reader, event, "dependency")) return;
      edges.emplace_back().at = event.at;
      edges.back().edge.service = std::move(event.value);
    });
  }
};

// Words that `on` and `verify` use for something else.
bool is_reserved(std::string_view name) {
  return name == process_condition || name == "exited" || name == "oom" || name == "crash_loop";
}

struct ProbesValue {
  static constexpr TypeSpec item{.shape = Shape::mapping, .mapping = &probe_mapping};
  static constexpr TypeSpec name{.text = "name", .pattern = probe_name_pattern};
  static constexpr TypeSpec type{.shape = Shape::map, .item = &item, .name = &name};

  static void read(Reader& reader, std::vector<ProbeDraft>& probes) {
    read_names(reader, "a mapping of probes", "probe", [&](const YamlEvent& key) {
      if (const auto name = parse_name(key.value); !name) {
        reader.report(key.at, name.error().message);
      } else if (is_reserved(key.value)) {
        reader.report(key.at, "a probe cannot be named " + quoted(key.value) +
                                  ": rungs use the word for the process itself");
      }
      ProbeDraft& draft = probes.emplace_back();
      draft.at = key.at;
      draft.probe.name = key.value;
      reader.read(probe_mapping, draft);
    });
  }
};

struct LadderValue {
  static constexpr TypeSpec item{.shape = Shape::mapping, .mapping = &rung_mapping};
  static constexpr TypeSpec type{.shape = Shape::list, .item = &item};

  static void read(Reader& reader, std::optional<std::vector<RungDraft>>& ladder) {
    ladder.emplace();
    read_list(reader, "a list of rungs", [&] {
      RungDraft& draft = ladder->emplace_back();
      draft.at = reader.at();
      reader.read(rung_mapping, draft);
    });
  }
};

struct LabelsValue {
  static constexpr TypeSpec type{
      .shape = Shape::map, .item = &TextValue::type, .name = &NameValue::type};

  static void read(Reader& reader, std::map<std::string, std::string>& labels) {
    read_names(reader, "a mapping of labels", "label", [&](const YamlEvent& key) {
      if (const auto name = parse_name(key.value); !name) {
        reader.report(key.at, name.error().message);
      }
      TextValue::read(reader, labels[key.value]);
    });
  }
};

struct SlowRetryValue {
  static constexpr TypeSpec type{.text = "duration or `never`", .pattern = slow_retry_pattern};

  static void read(Reader& reader, std::optional<Duration>& value) {
    if (reader.peek().kind == EventKind::scalar && reader.peek().value == "never") {
      value.reset();
      return reader.skip();
    }
    PositiveSpanValue::read(reader, value.emplace());
  }
  static std::string text(std::optional<Duration> value) {
    return value ? to_text(*value) : "never";
  }
};

// The words stand in the order of false and true.
constexpr std::array<std::string_view, 2> journal_loss_words{"hold", "act"};
constexpr std::array<std::string_view, 3> severity_words{"info", "ticket", "page"};
constexpr std::array<std::string_view, 3> occasion_words{"opened", "latched", "recovered"};

constexpr std::array backoff_fields{
    field<PositiveSpanValue, &BackoffPolicy::initial>("initial", "Before the second attempt."),
    field<PositiveSpanValue, &BackoffPolicy::max>("max", "The longest."),
    field<FactorValue, &BackoffPolicy::factor>("factor", "Each is so many times the one before."),
    field<ShareValue, &BackoffPolicy::jitter>("jitter", "Spread by so much to either side."),
};

void check_backoff(Reader& reader, BackoffPolicy& backoff, const SeenKeys& seen) {
  if (backoff.max >= backoff.initial) return;
  reader.report(seen.has("max") ? seen.at("max") : seen.at("initial"),
                "'max' (" + to_text(backoff.max) + ") is shorter than 'initial' (" +
                    to_text(backoff.initial) + ")");
}

constexpr Mapping<BackoffPolicy> backoff_mapping = with_check<BackoffPolicy, check_backoff>(
    mapping<BackoffPolicy>("backoff", "The wait between attempts; the first waits for nothing.",
                           backoff_fields));

constexpr std::array limit_fields{
    field<CountValue<0, 1'000'000>, &LimitPolicy::actions>("actions", "So many actions..."),
    field<PositiveSpanValue, &LimitPolicy::per>(
        "per", "...in any window of this length, also when other rules lengthen it (for up to 100 "
               "actions)."),
};
constexpr Mapping<LimitPolicy> limits_mapping =
    mapping<LimitPolicy>("limits", "The budget of actions.", limit_fields);

constexpr std::array notify_fields{
    field<ListValue<MentionValue>, &ServiceDraft::notify_to>("to", "Receivers, by name.",
                                                             {.otherwise = "nobody"}),
    field<ListValue<WordValue<occasion_words>>, &ServiceDraft::policy, &ServicePolicy::notify,
          &NotifyPolicy::on>("on", "The occasions to tell of."),
    field<PositiveSpanValue, &ServiceDraft::policy, &ServicePolicy::notify,
          &NotifyPolicy::repeat>("repeat", "How often to remind while latched."),
};
constexpr Mapping<ServiceDraft> notify_mapping =
    mapping<ServiceDraft>("notify", "Who is told, and of what.", notify_fields);

void read_notify(Reader& reader, ServiceDraft& draft) { reader.read(notify_mapping, draft); }

constexpr std::int64_t most_instances = 1000;

constexpr std::array identity_fields{
    field<UseValue, &ServiceDraft::use>(
        "use",
        "The service of the library that this one begins as, with its parameters. What is given "
        "beside it counts more.",
        {.otherwise = "none"}),
    field<TextValue, &ServiceDraft::policy, &ServicePolicy::description>(
        "description", "What it is, for people.", {.otherwise = "none"}),
    field<TextValue, &ServiceDraft::policy, &ServicePolicy::owner>(
        "owner", "Who looks after it.", {.otherwise = "none"}),
    field<TextValue, &ServiceDraft::policy, &ServicePolicy::runbook>(
        "runbook", "Where it says what to do; stands in every message.", {.otherwise = "none"}),
    field<LabelsValue, &ServiceDraft::policy, &ServicePolicy::labels>(
        "labels", "Names and values to select services by.", {.otherwise = "none"}),
    field<WordValue<severity_words>, &ServiceDraft::policy, &ServicePolicy::severity>(
        "severity", "How urgent its incidents are."),
    field<OptionalValue<CountValue<1, most_instances>>, &ServiceDraft::instances>(
        "instances",
        "Makes so many like services: `web` with 3 is `web-1`, `web-2` and `web-3`. In their "
        "values `${instance}` stands for the number.",
        {.otherwise = "one service, by its own name"}),
    field<OptionalValue<MentionValue>, &ServiceDraft::group>(
        "group", "The group whose limits it shares.", {.otherwise = "all"}),
};

constexpr std::array runtime_fields{
    field<MappingValue<process_mapping>, &ServiceDraft::policy, &ServicePolicy::runtime>(
        "process", "heald runs it.", {Presence::choice}),
    field<MappingValue<external_mapping>, &ServiceDraft::policy, &ServicePolicy::runtime>(
        "external", "Something else runs it.", {Presence::choice}),
    field<DependenciesValue, &ServiceDraft::depends_on>(
        "depends_on",
        "The services that must be there first: a list of names, or a mapping of names to how.",
        {.otherwise = "none"}),
    field<ProbesValue, &ServiceDraft::probes>(
        "probes", "The ways of looking, by name. That a process runs needs no probe.",
        {.otherwise = "none"}),
};

constexpr std::array healing_fields{
    field<LadderValue, &ServiceDraft::remediation>(
        "remediation", "The ladder: what to try, one rung after the other.",
        {.otherwise = "`[restart]` where it can be restarted, else `[]`"}),
    field<MappingValue<backoff_mapping>, &ServiceDraft::policy, &ServicePolicy::backoff>(
        "backoff", "The wait between attempts."),
    field<MappingValue<limits_mapping>, &ServiceDraft::policy, &ServicePolicy::limits>(
        "limits", "The budget of actions; spent, the service is latched."),
    field<PositiveSpanValue, &ServiceDraft::policy, &ServicePolicy::reset_after>(
        "reset_after",
        "So long verified healthy, and attempts and back-off begin anew. A failure before is a "
        "relapse of the same incident."),
    field<SlowRetryValue, &ServiceDraft::policy, &ServicePolicy::slow_retry>(
        "slow_retry", "While latched: how often the first rung that destroys nothing is retried."),
    field<FlagValue, &ServiceDraft::policy, &ServicePolicy::observe>(
        "observe", "Only records what would have been done; nothing is done."),
    field<WordValue<journal_loss_words>, &ServiceDraft::policy,
          &ServicePolicy::act_without_journal>(
        "on_journal_loss",
        "While the journal cannot be written: `hold` every action, or `act` all the same."),
    custom<ServiceDraft, read_notify>("notify",
                                      {.shape = Shape::mapping, .mapping = &notify_mapping},
                                      "Who is told, and of what."),
};

constexpr auto service_fields = join(identity_fields, runtime_fields, healing_fields);

}  // namespace

constexpr Mapping<ServiceDraft> service_mapping = completed_by(
    mapping<ServiceDraft>("service",
                          "Something that should be healthy. It has exactly one of `process`, "
                          "`external`, of its own or from what it uses.",
                          service_fields),
    use_key);

}  // namespace heald
