// What a fault script may say.

#include <array>

#include "drill/drafts.hpp"
#include "policy/rules_reference.hpp"
#include "policy/wording.hpp"
#include "sim/fault_words.hpp"

namespace heald {

namespace {

using namespace sim;

constexpr std::string_view probe_doc = "The probe that notices it.";
constexpr FieldOptions every_probe{.otherwise = "every probe"};

template <class T>
constexpr FieldSpec probe_field =
    field<NameValue, &T::probe>("probe", probe_doc, every_probe);

/// The words of the rule files for `of` and `cured_by`, in the order of ActionKind.
constexpr std::array<std::string_view, 9> action_words{
    "restart", "start", "stop", "reload", "signal", "exec", "http", "reprovision", "notify"};

/// A signal, also by its number: a fault that is written down knows no names of signals.
struct AnySignalValue {
  static constexpr TypeSpec type{.text = "signal, or its number"};
  static void read(Reader& reader, Signal& value) {
    if (const auto number = parse_integer(reader.peek().value, 1, 64)) {
      reader.take();
      value.number = static_cast<int>(*number);
    } else {
      SignalValue::read(reader, value);
    }
  }
};

struct CrashDraft {
  std::optional<int> status;
  std::optional<Signal> signal;
  bool oom = false;
  Duration again_after = Crash{}.again_after;
};

void check_crash(Reader& reader, CrashDraft& draft, const SeenKeys& seen) {
  if (draft.status && draft.signal) {
    reader.report(seen.at("signal"), "'signal' stands beside 'status'; a process ends by one");
  }
}

constexpr std::array crash_fields{
    field<OptionalValue<CountValue<0, 255>>, &CrashDraft::status>(
        "status", "The exit status.", {.otherwise = "1"}),
    field<OptionalValue<AnySignalValue>, &CrashDraft::signal>("signal", "The signal that ends it.",
                                                           {.otherwise = "none"}),
    field<FlagValue, &CrashDraft::oom>("oom", "Whether the kernel ended it for its memory."),
    field<SpanValue, &CrashDraft::again_after>(
        "again_after", "How long after each start it ends again, until it is cured."),
};
constexpr Mapping<CrashDraft> crash_mapping =
    with_check<CrashDraft, check_crash>(mapping<CrashDraft>(
        "crash", "It ends. An external service is down, and refuses its probes.", crash_fields));

constexpr std::array hang_fields{probe_field<Hang>};
constexpr Mapping<Hang> hang_mapping = mapping<Hang>(
    "hang", "It runs, and its probes get no answer within their timeout.", hang_fields);

constexpr std::array bad_fields{probe_field<AnswerBadly>};
constexpr Mapping<AnswerBadly> bad_mapping =
    mapping<AnswerBadly>("bad answer", "It answers its probes, and the answer is bad.", bad_fields);

constexpr std::array flap_fields{
    field<PositiveSpanValue, &Flap::sick>("sick", "How long it answers badly."),
    field<SpanValue, &Flap::well>("well", "How long it is well, until it answers badly again."),
    probe_field<Flap>,
};
constexpr Mapping<Flap> flap_mapping =
    mapping<Flap>("flapping", "It is sick and well by turns.", flap_fields);

constexpr std::array slow_fields{
    field<PositiveSpanValue, &SlowDown::by>("by", "How much longer each answer takes."),
    probe_field<SlowDown>,
};
constexpr Mapping<SlowDown> slow_mapping = mapping<SlowDown>(
    "slowness",
    "Its answers take longer: past the probe's `timeout` there is none, past its `latency` it is "
    "a bad one.",
    slow_fields);

constexpr std::array leak_fields{
    field<PositiveSpanValue, &Leak::well_for>("well_for", "How long it is well after each start."),
    field<WordValue<leak_words>, &Leak::then>("then", "What happens then."),
};
constexpr Mapping<Leak> leak_mapping =
    mapping<Leak>("leak", "It is well for a while after each start, and then fails.", leak_fields);

constexpr Mapping<FailToStart> no_start_mapping =
    mapping<FailToStart>("start failure", "Its starts fail. What runs goes on running.", {});
constexpr Mapping<NeedDependencies> needs_mapping = mapping<NeedDependencies>(
    "need", "It ends 200 ms after a start, unless everything it depends on is well by then.", {});

constexpr std::array slow_start_fields{
    field<PositiveSpanValue, &StartSlowly::takes>("takes", "How long it refuses its probes."),
};
constexpr Mapping<StartSlowly> slow_start_mapping =
    mapping<StartSlowly>("slow start", "It refuses its probes after each start.",
                         slow_start_fields);

constexpr std::array actions_fields{
    field<WordValue<actions_words>, &ActionsGo::how>(
        "go",
        "`fail`: nothing is done. `half_succeed`: done, but nothing is cured. `time_out`: nothing "
        "is done, in all their time. `never_report`: done, but heald never hears of it. "
        "`report_late`, `report_twice`: heard of later, or once more."),
    field<ListValue<WordValue<action_words>>, &ActionsGo::of>("of", "Which actions.",
                                                              {.otherwise = "all"}),
    field<PositiveSpanValue, &ActionsGo::later>("later", "How much later a report comes."),
};
constexpr Mapping<ActionsGo> actions_mapping = mapping<ActionsGo>(
    "course of actions", "The actions on it do not go as they should.", actions_fields);

constexpr std::array probes_fields{
    field<WordValue<probes_words>, &ProbesGo::how>(
        "go",
        "`pass`, `fail`: that is what they say, true or not. `silent`: no answer comes through. "
        "`unknown`: the prober itself fails. `late`: the truth, but later."),
    field<PositiveSpanValue, &ProbesGo::later>("later", "How much later, for `late`."),
    field<NameValue, &ProbesGo::probe>("probe", "Which probe.", every_probe),
};
constexpr Mapping<ProbesGo> probes_mapping =
    mapping<ProbesGo>("course of probes", "Its probes do not tell the truth.", probes_fields);

constexpr std::array kill_fields{
    field<PositiveSpanValue, &KillHeald::down_for>("down_for", "How long it is away."),
    field<WordValue<in_flight_words>, &KillHeald::in_flight>(
        "in_flight", "What becomes of actions in flight: nothing, or done and unheard of; "
                     "`unwritten`: a process has just ended and was started anew, and that is not "
                     "in the journal."),
    field<WordValue<boot_words>, &KillHeald::boot>(
        "boot", "Whether it comes back in the same boot, or the machine was rebooted."),
};
constexpr Mapping<KillHeald> kill_mapping = mapping<KillHeald>(
    "death of heald", "heald is killed, and comes back from its journal.", kill_fields);

constexpr Mapping<FailJournal> journal_mapping = mapping<FailJournal>(
    "journal failure", "The journal cannot be written, as when the disk is full.", {});
constexpr Mapping<Stall> stall_mapping = mapping<Stall>(
    "stall", "heald or the whole machine stands still, for as long as `lasting` says.", {});

constexpr std::array jump_fields{
    field<PositiveSpanValue, &JumpClock::by>("by", "How far it jumps ahead.")};
constexpr Mapping<JumpClock> jump_mapping =
    mapping<JumpClock>("jump of the clock", "Time jumps ahead, unnoticed.", jump_fields);

struct OperateDraft {
  Operate word;
  bool dependents = false;
};
constexpr std::array operate_fields{
    field<WordValue<operation_words>, &OperateDraft::word, &Operate::operation>(
        "do", "What the operator says.", {Presence::required}),
    field<FlagValue, &OperateDraft::dependents>("with_dependents",
                                                "The services that depend on it too."),
    field<OptionalValue<PositiveSpanValue>, &OperateDraft::word, &Operate::lasting>(
        "for", "How long, of pause and freeze.", {.otherwise = "1h"}),
};
constexpr Mapping<OperateDraft> operate_mapping =
    mapping<OperateDraft>("operator's word", "An operator commands.", operate_fields);

template <class Kind, const auto& Table>
void read_kind(Reader& reader, FaultDraft& draft) {
  Kind kind;
  draft.at = reader.at();
  draft.known = true;
  reader.read(Table, kind);
  draft.fault.kind = std::move(kind);
}

void read_crash(Reader& reader, FaultDraft& draft) {
  CrashDraft crash;
  draft.at = reader.at();
  draft.known = true;
  reader.read(crash_mapping, crash);
  ExitStatus status{.kind = ExitStatus::Kind::exited, .code = crash.status.value_or(1),
                    .oom = crash.oom};
  if (crash.signal) {
    status.kind = ExitStatus::Kind::signaled;
    status.code = crash.signal->number;
  }
  draft.fault.kind = Crash{status, crash.again_after};
}

void read_operate(Reader& reader, FaultDraft& draft) {
  OperateDraft operate;
  draft.at = reader.at();
  draft.known = true;
  reader.read(operate_mapping, operate);
  if (operate.dependents) operate.word.dependents = Operated::Dependents::include;
  draft.fault.kind = operate.word;
}

void read_reload(Reader& reader, FaultDraft& draft) {
  draft.at = reader.at();
  draft.known = true;
  MentionValue::read(reader, draft.reload);
  draft.fault.kind = ReloadRules{};
}

void read_service(Reader& reader, FaultDraft& draft) {
  MentionValue::read(reader, draft.services.emplace_back());
}

void read_services(Reader& reader, FaultDraft& draft) {
  ListValue<MentionValue>::read(reader, draft.services);
}

template <const auto& Table>
constexpr TypeSpec table_type{.shape = Shape::mapping, .mapping = &Table};
constexpr FieldOptions choice{Presence::choice};

template <class Kind, const auto& Table>
consteval FieldSpec kind_field(std::string_view word) {
  return custom<FaultDraft, read_kind<Kind, Table>>(word, table_type<Table>, Table.doc, choice);
}

constexpr std::array kind_fields{
    custom<FaultDraft, read_crash>("crash", table_type<crash_mapping>, crash_mapping.doc, choice),
    kind_field<Hang, hang_mapping>("hang"),
    kind_field<AnswerBadly, bad_mapping>("answer_badly"),
    kind_field<Flap, flap_mapping>("flap"),
    kind_field<SlowDown, slow_mapping>("slow_down"),
    kind_field<Leak, leak_mapping>("leak"),
    kind_field<FailToStart, no_start_mapping>("fail_to_start"),
    kind_field<NeedDependencies, needs_mapping>("need_dependencies"),
    kind_field<StartSlowly, slow_start_mapping>("start_slowly"),
    kind_field<ActionsGo, actions_mapping>("actions"),
    kind_field<ProbesGo, probes_mapping>("probes"),
    kind_field<KillHeald, kill_mapping>("kill_heald"),
    kind_field<FailJournal, journal_mapping>("fail_journal"),
    kind_field<Stall, stall_mapping>("stall"),
    kind_field<JumpClock, jump_mapping>("jump_clock"),
    custom<FaultDraft, read_operate>("operate", table_type<operate_mapping>, operate_mapping.doc,
                                     choice),
    custom<FaultDraft, read_reload>("reload", TypeSpec{.text = "file"},
                                    "Other rules are put in force. Beside the script.", choice),
};

void check_services(Reader& reader, FaultDraft&, const SeenKeys& seen) {
  if (seen.has("service") && seen.has("services")) {
    reader.report(seen.at("services"), "'services' stands beside 'service'; give one of them");
  }
}

constexpr std::array circumstance_fields{
    field<SpanValue, &FaultDraft::fault, &Fault::at>("at", "When it begins."),
    custom<FaultDraft, read_service>("service", TypeSpec{.text = "name"}, "Whom it hits.",
                                     {.otherwise = "every service"}),
    custom<FaultDraft, read_services>("services", ListValue<MentionValue>::type,
                                      "The same, of several.", {.otherwise = "every service"}),
    field<OptionalValue<PositiveSpanValue>, &FaultDraft::fault, &Fault::lasting>(
        "lasting", "When it is over by itself, counted from `at`.",
        {.otherwise = "until it is cured"}),
    field<OptionalValue<ListValue<MentionValue>>, &FaultDraft::cured_by>(
        "cured_by",
        "What ends it: kinds of actions, or rungs by name. `[]`: nothing does.",
        {.otherwise = "see *what cures*"}),
};
constexpr auto fault_fields = join(kind_fields, circumstance_fields);

constexpr Mapping<FaultDraft> fault_mapping =
    with_check<FaultDraft, check_services>(mapping<FaultDraft>(
        "fault", "One thing that goes wrong: exactly one kind, and when, whom and how long.",
        fault_fields));

constexpr std::array script_fields{
    field<ListValue<MappingValue<fault_mapping>>, &ScriptDraft::faults>(
        "faults", "What goes wrong.", {Presence::required}),
    field<OptionalValue<PositiveSpanValue>, &ScriptDraft::script, &FaultScript::length>(
        "for", "How long the rehearsal is.", {.otherwise = "an hour past the last fault"}),
    field<OptionalValue<CountValue<0, INT64_MAX>>, &ScriptDraft::script, &FaultScript::seed>(
        "seed", "Spreads probes and jitters back-off; equal seeds play alike.",
        {.otherwise = "1"}),
    field<OptionalValue<SpanValue>, &ScriptDraft::script, &FaultScript::settling>(
        "settle",
        "How long everything runs before the clock of the script starts. `0s`: the script begins "
        "with heald's own start, and faults at `0s` are true before it.",
        {.otherwise = "2m"}),
};

}  // namespace

constexpr Mapping<ScriptDraft> script_mapping =
    mapping<ScriptDraft>("fault script", "The file's top level.", script_fields);

std::string faults_reference() { return reference_of(script_mapping); }

}  // namespace heald
