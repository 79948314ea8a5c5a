// A file's top level: the daemon, includes, groups, receivers and services.

#include "policy/address.hpp"
#include "policy/library_tables.hpp"
#include "policy/service_reading.hpp"
#include "policy/tables.hpp"
#include "policy/wording.hpp"

namespace heald {

namespace {

struct TelemetryValue {
  static constexpr TypeSpec type{.text = "ADDRESS:PORT or `off`", .pattern = telemetry_pattern};
  static void read(Reader& reader, std::optional<std::string>& value) {
    YamlEvent event;
    if (!reader.scalar("ADDRESS:PORT, or off", event)) return;
    if (event.value != "off") {
      const auto endpoint = parse_endpoint(event.value, PortRange::listen);
      if (!endpoint) return reader.report(event.at, endpoint.error().message + ", or off");
    }
    value = std::move(event.value);
  }
};

constexpr std::array journal_fields{
    field<BytesValue, &DaemonPolicy::journal_max_size>("max_size",
                                                       "How large it may grow; then the oldest "
                                                       "history goes."),
    field<PositiveSpanValue, &DaemonPolicy::journal_max_age>("max_age",
                                                             "How long history is kept."),
};
constexpr Mapping<DaemonPolicy> journal_mapping =
    mapping<DaemonPolicy>("journal", "How much history is kept.", journal_fields);

void read_journal(Reader& reader, DaemonDraft& daemon) {
  reader.read(journal_mapping, daemon.policy);
}

constexpr Bytes least_recording{1ULL << 20U};

struct RecorderSizeValue : BytesValue {
  static void read(Reader& reader, Bytes& value) {
    const Position at = reader.at();
    Bytes told = value;
    BytesValue::read(reader, told);
    if (told < least_recording) return reader.report(at, "the least is 1MiB; or recorder: off");
    value = told;
  }
};
constexpr std::array recorder_fields{
    field<RecorderSizeValue, &DaemonPolicy::recorder_max_size>(
        "max_size", "How large the ring of recorded observations is; the oldest give way."),
};

void read_recorder_off(Reader& reader, DaemonPolicy& daemon) {
  const Position at = reader.at();
  YamlEvent event;
  if (!reader.scalar("a mapping, or off", event)) return;
  if (event.value != "off") return reader.report(at, "expected a mapping, or off");
  daemon.recorder_max_size = Bytes{};
}
constexpr std::array<std::string_view, 1> off_word{"off"};
constexpr TypeSpec off_type{.words = off_word};
constexpr Mapping<DaemonPolicy> recorder_mapping =
    with_short_form<DaemonPolicy, read_recorder_off>(
        mapping<DaemonPolicy>("recorder", "What probes saw, kept for backtests.",
                              recorder_fields),
        off_type, "`off`");

void read_recorder(Reader& reader, DaemonDraft& daemon) {
  reader.read(recorder_mapping, daemon.policy);
}

constexpr std::array daemon_fields{
    field<TextValue, &DaemonDraft::policy, &DaemonPolicy::state_dir>(
        "state_dir", "The folder of the journal and of what services write.",
        {.otherwise = "`/var/lib/heald`; not root: `$XDG_STATE_HOME/heald`"}),
    field<TextValue, &DaemonDraft::policy, &DaemonPolicy::socket>(
        "socket", "Where commands come in.",
        {.otherwise = "`/run/heald/heald.sock`; not root: `$XDG_RUNTIME_DIR/heald/heald.sock`"}),
    field<TelemetryValue, &DaemonDraft::policy, &DaemonPolicy::telemetry>(
        "telemetry", "Where metrics and health are served.", {.otherwise = "`127.0.0.1:4325`"}),
    field<CountValue<1, 10'000>, &DaemonDraft::policy, &DaemonPolicy::start_concurrency>(
        "start_concurrency", "How many services are started at a time."),
    field<OptionalValue<CountValue<1, 100'000>>, &DaemonDraft::policy,
          &DaemonPolicy::actions_per_hour>(
        "actions_per_hour", "How many actions the ladders of all services may take in any hour.",
        {.otherwise = "60, or a tenth of the number of services where that is more"}),
    field<PositiveSpanValue, &DaemonDraft::policy, &DaemonPolicy::shutdown_timeout>(
        "shutdown_timeout", "How long stopping everything may take; then what is left is killed."),
    custom<DaemonDraft, read_journal>("journal",
                                       {.shape = Shape::mapping, .mapping = &journal_mapping},
                                       "How much history is kept."),
    custom<DaemonDraft, read_recorder>("recorder",
                                        {.shape = Shape::mapping, .mapping = &recorder_mapping},
                                        "What probes saw, kept for backtests."),
    field<OptionalValue<ListValue<MentionValue>>, &DaemonDraft::library>(
        "library",
        "Folders, relative to this file, in which entries of the library are looked for: entry "
        "NAME in NAME.yaml. After them come those that heald brings.",
        {.otherwise = "`[/etc/heald/library, /usr/share/heald/rules]`"}),
};

constexpr std::array storm_fields{
    field<ShareValue, &StormPolicy::unhealthy>("unhealthy", "When this share of the group..."),
    field<CountValue<1, 1'000'000>, &StormPolicy::at_least>("at_least",
                                                            "...and at least so many..."),
    field<PositiveSpanValue, &StormPolicy::within>("within", "...turn unhealthy in this time..."),
    field<CountValue<0, 1'000'000>, &StormPolicy::let>("let",
                                                       "...only so many are acted on at a time..."),
    field<SpanValue, &StormPolicy::cool_down>(
        "cool_down", "...until this long after the last verdict of a ladder."),
};
constexpr Mapping<StormPolicy> storm_mapping =
    mapping<StormPolicy>("storm", "When so many fail at once that the cause lies elsewhere.",
                         storm_fields);

constexpr std::array group_fields{
    field<CountValue<1, 1'000'000>, &GroupPolicy::max_concurrent>(
        "max_concurrent", "How many of its services are acted on at a time."),
    field<ShareValue, &GroupPolicy::min_healthy>(
        "min_healthy",
        "No action takes down a service that is still healthy when fewer than this share would be "
        "left. Rounded down; ignored in a group of one."),
    field<MappingValue<storm_mapping>, &GroupPolicy::storm>("storm", "The guard against storms."),
};

void read_exec_receiver(Reader& reader, ReceiverPolicy& receiver) {
  ExecReceiver made;
  reader.read(exec_mapping, made.exec);
  receiver.kind = std::move(made);
}

constexpr std::array receiver_fields{
    field<MappingValue<webhook_mapping>, &ReceiverPolicy::kind>("webhook", "Posts to a URL.",
                                                                {Presence::choice}),
    custom<ReceiverPolicy, read_exec_receiver>(
        "exec", {.shape = Shape::mapping, .mapping = &exec_mapping},
        "Runs a command, which gets the message as JSON on standard input.", {Presence::choice}),
    field<PositiveSpanValue, &ReceiverPolicy::timeout>("timeout", "How long one attempt may take."),
    field<PositiveSpanValue, &ReceiverPolicy::expire>(
        "expire", "How long a message is tried; then it is given up."),
};

// Whether the name is good and new in all files.
bool declare(Reader& reader, const YamlEvent& key, std::string_view kind,
             std::unordered_map<std::string, Position>& known) {
  const auto name = parse_name(key.value);
  if (!name) reader.report(key.at, name.error().message);
  const auto [first, fresh] = known.try_emplace(key.value, key.at);
  if (!fresh) {
    reader.report(key.at, std::string{kind} + " " + quoted(key.value) +
                              " is declared twice, first at " +
                              reader.log().describe(first->second));
  }
  return fresh;
}

void read_daemon(Reader& reader, FileDraft& file) {
  if (file.part != FileDraft::Part::main) {
    reader.report(reader.at(), "the block 'heald' belongs into the main file");
    return reader.skip();
  }
  reader.read(daemon_mapping, file.rules->daemon);
}

void read_groups(Reader& reader, FileDraft& file) {
  if (!reader.enter_mapping("a mapping of groups")) return;
  YamlEvent key;
  while (reader.next_key(key)) {
    GroupPolicy group;
    group.name = key.value;
    const bool fresh = declare(reader, key, "group", file.rules->group_at);
    reader.read(group_mapping, group);
    if (fresh) file.rules->groups.push_back(std::move(group));
  }
}

void read_receivers(Reader& reader, FileDraft& file) {
  if (!reader.enter_mapping("a mapping of receivers")) return;
  YamlEvent key;
  while (reader.next_key(key)) {
    ReceiverPolicy receiver;
    receiver.name = key.value;
    const bool fresh = declare(reader, key, "receiver", file.rules->receiver_at);
    reader.read(receiver_mapping, receiver);
    if (fresh) file.rules->receivers.push_back(std::move(receiver));
  }
}

void read_services(Reader& reader, FileDraft& file) {
  if (!reader.enter_mapping("a mapping of services")) return;
  YamlEvent key;
  while (reader.next_key(key)) {
    Recording body = reader.take_node();
    const std::uint32_t order = file.rules->named++;
    if (has_key(body, use_key)) {
      file.rules->waiting.push_back({key, std::move(body), order});
    } else {
      read_service(reader, key, std::move(body), order, *file.rules);
    }
  }
}

template <const auto& Table>
constexpr TypeSpec table_type{.shape = Shape::mapping, .mapping = &Table};
template <const auto& Table>
constexpr TypeSpec map_type{
    .shape = Shape::map, .item = &table_type<Table>, .name = &NameValue::type};

constexpr std::array file_fields{
    custom<FileDraft, read_daemon>("heald", table_type<daemon_mapping>,
                                   "About heald itself; in the main file only."),
    field<ListValue<MentionValue>, &FileDraft::includes>(
        "include",
        "More rule files, by path or pattern (`conf.d/*.yaml`), relative to this file, read in the "
        "order of their names.",
        {.otherwise = "none"}),
    custom<FileDraft, read_receivers>("receivers", map_type<receiver_mapping>,
                                      "Where messages go, by name.", {.otherwise = "none"}),
    custom<FileDraft, read_groups>("groups", map_type<group_mapping>,
                                   "Services that share limits, by name. `all` is the group of "
                                   "those that name none.",
                                   {.otherwise = "`all`"}),
    custom<FileDraft, read_services>("services", map_type<service_mapping>,
                                     "What should be healthy, by name.", {.otherwise = "none"}),
    custom<FileDraft, read_library_section>(
        "library", map_type<library_mapping>,
        "Services for others to `use`, by name. One that is declared in several places counts as "
        "in the first.",
        {.otherwise = "none"}),
};

}  // namespace

constexpr Mapping<DaemonDraft> daemon_mapping =
    mapping<DaemonDraft>("heald", "The daemon itself.", daemon_fields);

constexpr Mapping<GroupPolicy> group_mapping =
    mapping<GroupPolicy>("group", "Services that share limits.", group_fields);

constexpr Mapping<ReceiverPolicy> receiver_mapping = mapping<ReceiverPolicy>(
    "receiver", "Where messages go. It has exactly one of `webhook`, `exec`.", receiver_fields);

constexpr Mapping<FileDraft> file_mapping =
    mapping<FileDraft>("rule file", "The top level of a file.", file_fields);

}  // namespace heald
