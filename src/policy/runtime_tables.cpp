// Runtimes: our own child, and somebody else's service.

#include <algorithm>

#include "policy/command_fields.hpp"
#include "policy/tables.hpp"
#include "policy/wording.hpp"

namespace heald {

namespace {

using ExitStatuses = ListValue<CountValue<0, 255>>;

constexpr std::array stop_fields{
    field<SignalValue, &StopPolicy::signal>("signal", "Sent to the main process first."),
    field<SpanValue, &StopPolicy::timeout>(
        "timeout", "How long it may take to end; then the whole process group gets SIGKILL."),
};
constexpr Mapping<StopPolicy> stop_mapping =
    mapping<StopPolicy>("stop", "How the process is stopped.", stop_fields);

struct ReloadDraft {
  Signal signal = ProcessRuntime{}.reload;
};
constexpr std::array reload_fields{
    field<SignalValue, &ReloadDraft::signal>("signal", "Sent to the main process."),
};
constexpr Mapping<ReloadDraft> reload_mapping =
    mapping<ReloadDraft>("reload", "How the process is told to reload.", reload_fields);

void read_reload(Reader& reader, ProcessRuntime& process) {
  ReloadDraft draft;
  reader.read(reload_mapping, draft);
  process.reload = draft.signal;
}

constexpr std::array crash_loop_fields{
    field<CountValue<1, 1000>, &ExitPolicy::crash_loop_exits>(
        "exits", "So many exits fail the condition `crash_loop`..."),
    field<PositiveSpanValue, &ExitPolicy::crash_loop_within>("within", "...when in this time."),
};
constexpr Mapping<ExitPolicy> crash_loop_mapping =
    mapping<ExitPolicy>("crash_loop", "When exits are a crash loop.", crash_loop_fields);

void read_crash_loop(Reader& reader, ExitPolicy& exit) { reader.read(crash_loop_mapping, exit); }

constexpr std::array<std::string_view, 2> on_success_words{"restart", "done"};

constexpr std::array exit_fields{
    field<ExitStatuses, &ExitPolicy::success>("success", "Exit statuses that are a success."),
    field<WordValue<on_success_words>, &ExitPolicy::on_success>(
        "on_success",
        "`restart`: an exit is an exit, whatever its status. `done`: after a success the service "
        "has done its work and stays down."),
    field<ExitStatuses, &ExitPolicy::never_restart>(
        "never_restart", "Exit statuses after which no restart or start is tried."),
    custom<ExitPolicy, read_crash_loop>("crash_loop",
                                        {.shape = Shape::mapping, .mapping = &crash_loop_mapping},
                                        "When exits are a crash loop."),
};

enum class LimitUnit : std::uint8_t { count, octets, seconds, microseconds };

struct LimitName {
  std::string_view name;
  LimitUnit unit;
};
constexpr std::array limit_names{
    LimitName{"as", LimitUnit::octets},       LimitName{"core", LimitUnit::octets},
    LimitName{"cpu", LimitUnit::seconds},     LimitName{"data", LimitUnit::octets},
    LimitName{"fsize", LimitUnit::octets},    LimitName{"locks", LimitUnit::count},
    LimitName{"memlock", LimitUnit::octets},  LimitName{"msgqueue", LimitUnit::octets},
    LimitName{"nice", LimitUnit::count},      LimitName{"nofile", LimitUnit::count},
    LimitName{"nproc", LimitUnit::count},     LimitName{"rss", LimitUnit::octets},
    LimitName{"rtprio", LimitUnit::count},    LimitName{"rttime", LimitUnit::microseconds},
    LimitName{"sigpending", LimitUnit::count}, LimitName{"stack", LimitUnit::octets},
};

using LimitNumber = std::optional<std::uint64_t>;

Result<LimitNumber> parse_limit(std::string_view text, LimitUnit unit) {
  using namespace std::chrono;
  if (text == "unlimited") return LimitNumber{};
  if (unit == LimitUnit::count) {
    const auto number = parse_integer(text, 0, INT64_MAX);
    if (number) return LimitNumber{static_cast<std::uint64_t>(*number)};
    return Error{quoted(text) + " is not a whole number, or unlimited"};
  }
  if (unit == LimitUnit::octets) {
    const auto octets = parse_bytes(text);
    if (!octets) return Error{octets.error().message + ", or unlimited"};
    return LimitNumber{octets->count};
  }
  const auto time = parse_duration(text);
  if (!time) return Error{time.error().message + ", or unlimited"};
  if (unit == LimitUnit::microseconds) {
    return LimitNumber{static_cast<std::uint64_t>(duration_cast<microseconds>(*time).count())};
  }
  if (*time % 1s != Duration::zero()) return Error{quoted(text) + " is not whole seconds"};
  return LimitNumber{static_cast<std::uint64_t>(duration_cast<seconds>(*time).count())};
}

/// A limit as it stands in the file; what its numbers count in depends on its name.
struct LimitDraft {
  Mention soft, hard;
};

struct LimitTextValue {
  static constexpr TypeSpec count{.text = "number", .low = 0, .high = INT64_MAX};
  static constexpr std::array<const TypeSpec*, 1> others{&count};
  static constexpr TypeSpec type{.text = "number, size, duration or `unlimited`",
                                 .pattern = limit_pattern,
                                 .others = others};
  static void read(Reader& reader, Mention& value) {
    YamlEvent event;
    if (!reader.scalar("a limit, or unlimited", event)) return;
    value = {std::move(event.value), event.at};
  }
};

constexpr std::array limit_fields{
    field<LimitTextValue, &LimitDraft::soft>("soft", "The limit that counts.",
                                             {Presence::required}),
    field<LimitTextValue, &LimitDraft::hard>("hard", "How far the process may raise it.",
                                             {Presence::required}),
};

void read_one_limit(Reader& reader, LimitDraft& draft) {
  LimitTextValue::read(reader, draft.soft);
  draft.hard = draft.soft;
}

constexpr Mapping<LimitDraft> limit_mapping = with_short_form<LimitDraft, read_one_limit>(
    mapping<LimitDraft>("resource limit", "The soft and the hard limit, where they differ.",
                        limit_fields),
    LimitTextValue::type, "one value for both: number, size, duration or `unlimited`");

// Whether there is a number; an empty text has been reported as missing.
bool take_limit(Reader& reader, LimitUnit unit, const Mention& text, LimitNumber& number) {
  if (text.at.line == 0) return false;
  const auto parsed = parse_limit(text.name, unit);
  if (!parsed) {
    reader.report(text.at, parsed.error().message);
    return false;
  }
  number = *parsed;
  return true;
}

ResourceLimit make_limit(Reader& reader, const YamlEvent& key, LimitUnit unit,
                         const LimitDraft& draft) {
  ResourceLimit limit{key.value, {}, {}};
  const bool good = take_limit(reader, unit, draft.soft, limit.soft);
  if (draft.hard.at == draft.soft.at) {
    limit.hard = limit.soft;
  } else if (take_limit(reader, unit, draft.hard, limit.hard) && good && limit.hard &&
             (!limit.soft || *limit.soft > *limit.hard)) {
    reader.report(key.at, "limit " + quoted(limit.name) + " has a soft limit above its hard one");
  }
  return limit;
}

constexpr auto limit_words = [] {
  std::array<std::string_view, limit_names.size()> words;
  for (std::size_t i = 0; i < words.size(); ++i) words.at(i) = limit_names.at(i).name;
  return words;
}();

struct LimitsValue {
  static constexpr TypeSpec name{.words = limit_words};
  static constexpr TypeSpec limit{.shape = Shape::mapping, .mapping = &limit_mapping};
  static constexpr TypeSpec type{.shape = Shape::map, .item = &limit, .name = &name};

  static void read(Reader& reader, std::vector<ResourceLimit>& limits) {
    read_names(reader, "a mapping of limits", "limit", [&](const YamlEvent& key) {
      const auto* found = std::ranges::find(limit_names, std::string_view{key.value},
                                            &LimitName::name);
      if (found == limit_names.end()) {
        reader.report(key.at,
                      "unknown limit " + quoted(key.value) + suggestion(key.value, limit_words));
        return reader.skip();
      }
      LimitDraft draft;
      reader.read(limit_mapping, draft);
      limits.push_back(make_limit(reader, key, found->unit, draft));
    });
  }
};

constexpr Bytes least_log{64ULL << 10U};

struct LogSizeValue : BytesValue {
  static void read(Reader& reader, Bytes& value) {
    const Position at = reader.at();
    Bytes told = value;
    BytesValue::read(reader, told);
    if (told < least_log) return reader.report(at, "the least is 64KiB");
    value = told;
  }
};

constexpr std::array<std::string_view, 3> ready_words{"started", "probe", "notify"};
constexpr std::array<std::string_view, 3> output_words{"file", "inherit", "journald"};
constexpr std::array<std::string_view, 2> shutdown_words{"stop", "leave"};

constexpr std::array log_fields{
    field<LogSizeValue, &LogPolicy::max_size>(
        "max_size", "How large the file may grow that is written; then a new one is begun."),
    field<CountValue<0, 1000>, &LogPolicy::files>("files", "How many older files are kept."),
};
constexpr Mapping<LogPolicy> log_mapping =
    mapping<LogPolicy>("log", "How much of its output is kept.", log_fields);

constexpr auto process_fields = join(
    command_fields<ProcessRuntime, &ProcessRuntime::exec>(),
    std::array{
        field<ListValue<ArgvValue>, &ProcessRuntime::pre_start>(
            "pre_start",
            "Commands to run before each start, as the same user; each must exit with 0.",
            {.otherwise = "none"}),
        field<MappingValue<stop_mapping>, &ProcessRuntime::stop>("stop", "How it is stopped."),
        field<ListValue<ArgvValue>, &ProcessRuntime::post_stop>(
            "post_stop",
            "Commands to run once it has ended, as the same user: when heald has stopped it, or "
            "before a restart or a reprovision starts it again. What they fail with is told, and "
            "hinders nothing; one that hangs gets half of the time that the action has left.",
            {.otherwise = "none"}),
        field<WordValue<shutdown_words>, &ProcessRuntime::on_shutdown>(
            "on_shutdown",
            "What becomes of it when heald ends: `stop`, or `leave` it to the next heald, which "
            "takes it over as it runs."),
        custom<ProcessRuntime, read_reload>(
            "reload", {.shape = Shape::mapping, .mapping = &reload_mapping},
            "How it is told to reload."),
        field<WordValue<ready_words>, &ProcessRuntime::ready>(
            "ready",
            "When it counts as up: `started`, as soon as it runs; `probe`, when all its probes "
            "pass; `notify`, when it has said READY=1 over sd_notify and all its probes pass. "
            "`notify` adds a probe `notify`, with 90s to get ready, unless a probe of that kind is "
            "declared."),
        field<WordValue<output_words>, &ProcessRuntime::output>(
            "output",
            "Where its output goes: `file`, to STATE_DIR/logs/SERVICE.log; `journald`, to the "
            "journal of systemd, under its name; `inherit`, to heald's own."),
        field<MappingValue<log_mapping>, &ProcessRuntime::log>(
            "log", "How much is kept of what goes to the file."),
        field<OptionalValue<UmaskValue>, &ProcessRuntime::umask>(
            "umask", "Its file mode creation mask: `0027`.", {.otherwise = "heald's own"}),
        field<LimitsValue, &ProcessRuntime::limits>(
            "limits",
            "Resource limits by their names in setrlimit(2), lower case without RLIMIT_: `nofile: "
            "65536`, `core: unlimited`, `memlock: 64MiB`.",
            {.otherwise = "heald's own"}),
        field<MappingValue<exit_mapping>, &ProcessRuntime::exit>("exit", "What its exits mean."),
    });

constexpr FieldOptions cannot{.otherwise = "cannot be done"};

constexpr std::array external_fields{
    field<OptionalValue<MappingValue<exec_mapping>>, &ExternalRuntime::start>(
        "start", "The command that starts it.", cannot),
    field<OptionalValue<MappingValue<exec_mapping>>, &ExternalRuntime::stop>(
        "stop", "The command that stops it.", cannot),
    field<OptionalValue<MappingValue<exec_mapping>>, &ExternalRuntime::restart>(
        "restart", "The command that restarts it.", {.otherwise = "`stop`, then `start`"}),
    field<OptionalValue<MappingValue<exec_mapping>>, &ExternalRuntime::reload>(
        "reload", "The command that has it reload.", cannot),
};

void check_process(Reader& reader, ProcessRuntime& process, const SeenKeys& seen) {
  // KILL and STOP cannot be caught: as a stop signal one leaves no time, the other never ends.
  const std::string stop = SignalValue::text(process.stop.signal);
  if (stop == "SIGSTOP" || stop == "SIGCONT") {
    reader.report(seen.at("stop"), quoted(stop) + " does not end a process");
  }
}

}  // namespace

constexpr Mapping<ExitPolicy> exit_mapping =
    mapping<ExitPolicy>("exit", "What the exits of a process mean.", exit_fields);

constexpr Mapping<ProcessRuntime> process_mapping = with_check<ProcessRuntime, check_process>(
    mapping<ProcessRuntime>("process", "heald's own child.", process_fields));

constexpr Mapping<ExternalRuntime> external_mapping = mapping<ExternalRuntime>(
    "external",
    "A service that something else runs. heald looks, and acts through these commands.",
    external_fields);

}  // namespace heald
