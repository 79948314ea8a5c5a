// The ladder.

#include <algorithm>

#include "policy/tables.hpp"
#include "policy/wording.hpp"

namespace heald {

namespace {

using TimeoutValue = OptionalValue<PositiveSpanValue>;
constexpr FieldOptions rungs_own{.otherwise = "the rung's"};
constexpr std::string_view timeout_doc = "The same as the rung's `timeout`.";

constexpr std::array plain_fields{
    field<TimeoutValue, &PlainActionDraft::timeout>("timeout", timeout_doc, rungs_own)};
constexpr Mapping<PlainActionDraft> plain_mapping =
    mapping<PlainActionDraft>("action", "Takes nothing but a time limit.", plain_fields);

constexpr std::array signal_fields{
    field<SignalValue, &SignalDraft::signal>("signal", "The signal's name.",
                                             {Presence::required}),
    field<TimeoutValue, &SignalDraft::timeout>("timeout", timeout_doc, rungs_own),
};
void read_signal_name(Reader& reader, SignalDraft& draft) {
  SignalValue::read(reader, draft.signal);
}
constexpr Mapping<SignalDraft> signal_mapping = with_short_form<SignalDraft, read_signal_name>(
    mapping<SignalDraft>("signal action", "Signals the service's main process.", signal_fields),
    SignalValue::type, "a signal's name");

constexpr std::array notify_fields{
    field<ListValue<MentionValue>, &NotifyActionDraft::to>(
        "to", "Receivers, by name.", {.otherwise = "the service's `notify: to`"}),
    field<TextValue, &NotifyActionDraft::message>("message", "Text to put before the facts.",
                                                  {.otherwise = "none"}),
    field<TimeoutValue, &NotifyActionDraft::timeout>("timeout", timeout_doc, rungs_own),
};
constexpr Mapping<NotifyActionDraft> notify_action_mapping =
    mapping<NotifyActionDraft>("notify action", "Tells people.", notify_fields);

template <class Made>
void read_plain(Reader& reader, RungDraft& draft) {
  PlainActionDraft action;
  reader.read(plain_mapping, action);
  draft.action = Made{};
  draft.action_timeout = action.timeout;
}

template <class Made>
void read_command(Reader& reader, RungDraft& draft) {
  CommandDraft action;
  reader.read(command_action_mapping, action);
  draft.action = Made{std::move(action.exec)};
  draft.action_timeout = action.timeout;
}

void read_signal(Reader& reader, RungDraft& draft) {
  SignalDraft action;
  reader.read(signal_mapping, action);
  draft.action = SignalAction{action.signal};
  draft.action_timeout = action.timeout;
}

void read_http(Reader& reader, RungDraft& draft) {
  HttpActionDraft action;
  reader.read(http_action_mapping, action);
  draft.action = std::move(action.http);
  draft.action_timeout = action.timeout;
}

void read_notify(Reader& reader, RungDraft& draft) {
  NotifyActionDraft action;
  reader.read(notify_action_mapping, action);
  draft.action = NotifyAction{{}, std::move(action.message)};
  draft.to = std::move(action.to);
  draft.action_timeout = action.timeout;
}

template <const auto& Table>
constexpr TypeSpec table_type{.shape = Shape::mapping, .mapping = &Table};

constexpr FieldOptions choice{Presence::choice};

constexpr std::array action_fields{
    custom<RungDraft, read_plain<RestartAction>>(
        "restart", table_type<plain_mapping>, "Stops and starts the service.", choice),
    custom<RungDraft, read_plain<StartAction>>(
        "start", table_type<plain_mapping>, "Starts it, where it is down.", choice),
    custom<RungDraft, read_plain<StopAction>>("stop", table_type<plain_mapping>, "Stops it.",
                                              choice),
    custom<RungDraft, read_plain<ReloadAction>>(
        "reload", table_type<plain_mapping>, "Has it read its configuration again.", choice),
    custom<RungDraft, read_signal>("signal", table_type<signal_mapping>,
                                   "Sends a signal to its main process.", choice),
    custom<RungDraft, read_command<ExecAction>>("exec", table_type<command_action_mapping>,
                                                "Runs a command.", choice),
    custom<RungDraft, read_http>("http", table_type<http_action_mapping>, "Makes a request.",
                                 choice),
    custom<RungDraft, read_command<ReprovisionAction>>(
        "reprovision", table_type<command_action_mapping>,
        "Stops the service, runs a command that rebuilds what it needs, and starts it.", choice),
    custom<RungDraft, read_notify>("notify", table_type<notify_action_mapping>, "Tells people.",
                                   choice),
};

constexpr std::array rung_fields{
    field<NameValue, &RungDraft::rung, &RungPolicy::name>(
        "name", "What records and messages call the rung; unique in its ladder.",
        {.otherwise = "the action's word"}),
    field<ListValue<MentionValue>, &RungDraft::on>(
        "on",
        "Takes the rung only for these: names of probes, and for a process `process`, `exited`, "
        "`oom` and `crash_loop`.",
        {.otherwise = "any failure"}),
    field<OptionalValue<CountValue<1, 1000>>, &RungDraft::attempts>(
        "attempts", "How often it is tried in one incident.",
        {.otherwise = "3 for restart and start, else 1"}),
    field<TimeoutValue, &RungDraft::timeout>("timeout", "How long the action itself may take.",
                                             {.otherwise = "1m"}),
    field<MappingValue<verify_mapping>, &RungDraft::verify>(
        "verify", "What proves that it helped.", {.otherwise = "see *verify*"}),
    field<OptionalValue<FlagValue>, &RungDraft::destructive>(
        "destructive", "Whether it may lose something; if so, it is never part of the slow retry.",
        {.otherwise = "true for reprovision, else false"}),
};

constexpr auto all_rung_fields = join(action_fields, rung_fields);

constexpr std::array verify_fields{
    field<ListValue<MentionValue>, &VerifyDraft::probes>(
        "probes", "The conditions that must pass. That of the process always belongs.",
        {.otherwise = "those that the rung was chosen for"}),
    field<OptionalValue<SpanValue>, &VerifyDraft::within>(
        "within", "How long to wait for them to pass, from the end of the start period.",
        {.otherwise = "30s; 0s for notify"}),
    field<OptionalValue<SpanValue>, &VerifyDraft::stable_for>(
        "stable_for", "How long they must then go on passing.",
        {.otherwise = "10s; 0s for notify"}),
};

// The words of actions that need no more than their name.
constexpr std::array<std::string_view, 5> bare_words{"restart", "start", "stop", "reload",
                                                     "notify"};
constexpr TypeSpec bare_type{.words = bare_words};

Action bare_action(std::size_t index) {
  switch (index) {
    case 0: return RestartAction{};
    case 1: return StartAction{};
    case 2: return StopAction{};
    case 3: return ReloadAction{};
    default: return NotifyAction{};
  }
}

// A rung that is only its action's name.
void read_bare(Reader& reader, RungDraft& draft) {
  const YamlEvent event = reader.take();
  const auto bare = std::ranges::find(bare_words, std::string_view{event.value});
  if (bare != bare_words.end()) {
    draft.action = bare_action(static_cast<std::size_t>(bare - bare_words.begin()));
    return;
  }
  std::vector<std::string_view> words;
  for (const FieldSpec& spec : action_fields) words.push_back(spec.key);
  if (std::ranges::find(words, std::string_view{event.value}) != words.end()) {
    return reader.report(event.at, "the action " + quoted(event.value) +
                                       " needs to be told more; write '" + event.value +
                                       ": ...' with its parameters");
  }
  reader.report(event.at, quoted(event.value) + " is not an action" +
                              suggestion(event.value, words));
}

void check_timeouts(Reader& reader, RungDraft& draft, const SeenKeys& seen) {
  if (draft.timeout && draft.action_timeout) {
    reader.report(seen.at("timeout"),
                  "'timeout' is given for the rung, and for its action too; give it once");
  }
}

}  // namespace

constexpr Mapping<VerifyDraft> verify_mapping =
    mapping<VerifyDraft>("verify", "What proves an action.", verify_fields);

constexpr Mapping<RungDraft> rung_mapping = with_short_form<RungDraft, read_bare>(
    with_check<RungDraft, check_timeouts>(mapping<RungDraft>(
        "rung", "One step of the ladder: exactly one action, and when and how it is taken.",
        all_rung_fields)),
    bare_type, "an action's name");

}  // namespace heald
