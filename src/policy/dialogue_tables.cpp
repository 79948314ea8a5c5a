// What is said to TCP ports and unix sockets.

#include <algorithm>
#include <array>

#include "policy/address_fields.hpp"
#include "policy/shipped_dialogues.hpp"
#include "policy/tables.hpp"
#include "policy/wording.hpp"

namespace heald {

namespace {

using Kind = DialogueStep::Kind;

template <Kind What, class Codec>
void read_step(Reader& reader, DialogueStep& step) {
  step.kind = What;
  Codec::read(reader, step.text);
}

constexpr std::string_view starttls_word = "starttls";
constexpr std::array starttls_words{starttls_word};

void read_starttls(Reader& reader, DialogueStep& step) {
  if (read_word(reader, starttls_words)) step.kind = Kind::starttls;
}

struct AwaitedValue : DataValue {
  static constexpr TypeSpec type{
      .text = "text", .form = Form::any_text, .pattern = not_empty_pattern};
};

constexpr std::array step_fields{
    custom<DialogueStep, read_step<Kind::send, DataValue>>(
        "send", DataValue::type, "What to send.", {Presence::choice}),
    custom<DialogueStep, read_step<Kind::send, HexValue>>(
        "send_hex", HexValue::type, "Octets to send.", {Presence::choice}),
    custom<DialogueStep, read_step<Kind::expect, DataValue>>(
        "expect", AwaitedValue::type, "Text that must come.", {Presence::choice}),
    custom<DialogueStep, read_step<Kind::expect, HexValue>>(
        "expect_hex", HexValue::type, "Octets that must come.", {Presence::choice}),
    custom<DialogueStep, read_step<Kind::matches, OctetPatternValue>>(
        "matches", OctetPatternValue::type,
        "A regular expression (RE2) that what comes must match.",
        {Presence::choice}),
};

void check_step(Reader& reader, DialogueStep& step, const SeenKeys& seen) {
  if (seen.has("expect") && step.text.empty()) {
    reader.report(seen.at("expect"), "'expect' is empty: nothing could be awaited");
  }
}

constexpr TypeSpec starttls_type{.words = starttls_words};

constexpr Mapping<DialogueStep> step_mapping = with_short_form<DialogueStep, read_starttls>(
    with_check<DialogueStep, check_step>(mapping<DialogueStep>(
        "step",
        "One thing that is said or awaited. What a step awaits is looked for in what came after "
        "the text that the one before it took. `starttls`: TLS is spoken from here on, by the "
        "rules of `tls`.",
        step_fields)),
    starttls_type, "`starttls`");

/// A list of steps, or the name of one that heald brings.
struct DialogueValue {
  static constexpr TypeSpec steps{.shape = Shape::list, .item = &MappingValue<step_mapping>::type};
  static constexpr std::array<const TypeSpec*, 1> others{&steps};
  static constexpr TypeSpec type{.text = "name, or list of steps", .others = others};

  static void read(Reader& reader, DialogueSteps& dialogue) {
    if (reader.peek().kind != EventKind::scalar) return read_steps(reader, dialogue);
    const auto names = shipped_dialogue_names();
    const auto index = read_word(reader, names);
    if (!index) return;
    reader.read_again(shipped_dialogue(names[*index]));
    read_steps(reader, dialogue);
  }

 private:
  static void read_steps(Reader& reader, DialogueSteps& dialogue) {
    ListValue<MappingValue<step_mapping>>::read(reader, dialogue);
  }
};

/// `send` and `expect` are the first and the last step, in whatever order they stand.
template <class Probe>
void read_send(Reader& reader, Probe& probe) {
  std::string text;
  DataValue::read(reader, text);
  if (!text.empty()) probe.dialogue.insert(probe.dialogue.begin(), {Kind::send, std::move(text)});
}
template <class Probe, Kind What, class Codec>
void read_awaited(Reader& reader, Probe& probe) {
  std::string text;
  Codec::read(reader, text);
  if (!text.empty()) probe.dialogue.push_back({What, std::move(text)});
}

template <class Probe>
consteval std::array<FieldSpec, 4> dialogue_fields() {
  return {
      custom<Probe, read_send<Probe>>("send", DataValue::type, "What to send after connecting.",
                                      {.otherwise = "nothing"}),
      custom<Probe, read_awaited<Probe, Kind::expect, DataValue>>(
          "expect", DataValue::type, "Text that must come back; without it, connecting is enough.",
          {.otherwise = "nothing"}),
      custom<Probe, read_awaited<Probe, Kind::matches, OctetPatternValue>>(
          "matches", OctetPatternValue::type,
          "A regular expression (RE2) that what comes back must match.", {.otherwise = "nothing"}),
      field<DialogueValue, &Probe::dialogue>(
          "dialogue",
          "What is said and awaited in turn, or the name of a dialogue that heald brings: "
          "see the [dialogues](probes.md#dialogues).",
          {.otherwise = "`send`, then `expect` or `matches`"}),
  };
}

constexpr auto tcp_fields = join(
    std::array{address_field<TcpProbe>("Where to connect.")},
    dialogue_fields<TcpProbe>(),
    std::array{field<MappingValue<tls_mapping>, &TcpProbe::tls>(
        "tls",
        "Speaks TLS, also with `{}`: all defaults. Where the dialogue has a step `starttls`, only "
        "from there on.",
        {.otherwise = "plain TCP"})});

constexpr auto unix_fields = join(
    std::array{field<SocketPathValue, &UnixProbe::path>(
        "path", "The socket's path, absolute; `@NAME` for one that is in no folder (abstract).",
        {Presence::required})},
    dialogue_fields<UnixProbe>());

bool has_starttls(const DialogueSteps& dialogue) {
  return std::ranges::any_of(dialogue, [](const DialogueStep& step) {
    return step.kind == Kind::starttls;
  });
}

void check_keys(Reader& reader, const SeenKeys& seen) {
  for (const std::string_view key : {"send", "expect", "matches"}) {
    if (seen.has("dialogue") && seen.has(key)) {
      reader.report(seen.at(key), "'dialogue' has all that is said; " + quoted(key) +
                                      " does not go with it");
    }
  }
  if (seen.has("expect") && seen.has("matches")) {
    reader.report(seen.at("matches"), "either 'expect' or 'matches'; for both write a 'dialogue'");
  }
}

void check_tcp(Reader& reader, TcpProbe& probe, const SeenKeys& seen) {
  check_keys(reader, seen);
  const auto times = std::ranges::count(probe.dialogue, Kind::starttls, &DialogueStep::kind);
  if (times > 1) reader.report(seen.at("dialogue"), "'starttls' stands twice in it");
  if (times > 0 && !probe.tls) probe.tls = TlsPolicy{};
}

void check_unix(Reader& reader, UnixProbe& probe, const SeenKeys& seen) {
  check_keys(reader, seen);
  if (has_starttls(probe.dialogue)) {
    reader.report(seen.at("dialogue"), "TLS is not spoken over unix sockets");
  }
}

void read_path(Reader& reader, UnixProbe& probe) { SocketPathValue::read(reader, probe.path); }

}  // namespace

constexpr Mapping<TcpProbe> tcp_probe_mapping = with_short_form<TcpProbe, read_address<TcpProbe>>(
    with_check<TcpProbe, check_tcp>(
        mapping<TcpProbe>("tcp probe", "Connects; what comes back tells.", tcp_fields)),
    AddressValue<TcpProbe>::type, "HOST:PORT");

constexpr Mapping<UnixProbe> unix_probe_mapping = with_short_form<UnixProbe, read_path>(
    with_check<UnixProbe, check_unix>(mapping<UnixProbe>(
        "unix probe", "Connects to a unix stream socket; what comes back tells.", unix_fields)),
    SocketPathValue::type, "a path");

}  // namespace heald
