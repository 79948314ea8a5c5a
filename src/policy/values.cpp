#include "policy/values.hpp"

#include <algorithm>

#include "base/signals.hpp"
#include "policy/address.hpp"
#include "policy/lint.hpp"
#include "policy/wording.hpp"

namespace heald {

namespace {

// Takes a scalar and hands its text to `parse`; keeps the value when there is one.
template <class T, class Parse>
void read_scalar(Reader& reader, T& value, std::string_view expected, Parse parse) {
  YamlEvent event;
  if (!reader.scalar(expected, event)) return;
  auto parsed = parse(std::string_view{event.value});
  if (parsed) {
    value = std::move(*parsed);
  } else {
    reader.report(event.at, parsed.error().message);
  }
}

}  // namespace

void TextValue::read(Reader& reader, std::string& value) {
  YamlEvent event;
  if (!reader.scalar("text", event)) return;
  if (event.value.find('\0') != std::string::npos) {
    return reader.report(event.at, quoted(event.value) + " holds a NUL, which ends a text");
  }
  value = std::move(event.value);
}

void DataValue::read(Reader& reader, std::string& value) {
  YamlEvent event;
  if (reader.scalar("text", event)) value = std::move(event.value);
}

void HexValue::read(Reader& reader, std::string& value) {
  YamlEvent event;
  if (!reader.scalar("octets in hexadecimal digits", event)) return;
  auto octets = parse_hex(event.value);
  if (!octets) return reader.report(event.at, octets.error().message);
  value = *std::move(octets);
}

void read_parsed(Reader& reader, std::string& value, std::string_view expected, ParseText parse) {
  read_scalar(reader, value, expected, parse);
}

void SocketPathValue::read(Reader& reader, std::string& value) {
  read_parsed(reader, value, "the path of a socket", parse_socket_path);
}

void AccountValue::read(Reader& reader, std::string& value) {
  read_parsed(reader, value, "the name of a user or group", parse_account);
}

void PatternValue::read(Reader& reader, std::string& value) {
  read_parsed(reader, value, "a regular expression", parse_pattern);
}

void OctetPatternValue::read(Reader& reader, std::string& value) {
  read_parsed(reader, value, "a regular expression", parse_octet_pattern);
}

void PointerValue::read(Reader& reader, std::string& value) {
  read_parsed(reader, value, "a JSON pointer", parse_pointer);
}

void UrlValue::read(Reader& reader, std::string& value) {
  const Position at = reader.at();
  read_scalar(reader, value, "a URL", [](std::string_view text) -> Result<std::string_view> {
    const auto endpoint = parse_url(text);
    if (!endpoint) return endpoint.error();
    return text;
  });
  lint_text(reader, at, value);
}

void MethodValue::read(Reader& reader, std::string& value) {
  read_parsed(reader, value, "an HTTP method", parse_method);
}

void MentionValue::read(Reader& reader, Mention& value) {
  YamlEvent event;
  if (!reader.scalar("a name", event)) return;
  if (event.value.empty()) return reader.report(event.at, "an empty name");
  value = {std::move(event.value), event.at};
}

void NameValue::read(Reader& reader, std::string& value) {
  read_parsed(reader, value, "a name", parse_name);
}

void FlagValue::read(Reader& reader, bool& value) {
  YamlEvent event;
  if (!reader.scalar("true or false", event)) return;
  const bool word = event.value == "true" || event.value == "false";
  if (word && event.is_bare()) {
    value = event.value == "true";
  } else {
    reader.report(event.at, quoted(event.value) + " is not true or false");
  }
}

void SpanValue::read(Reader& reader, Duration& value) {
  read_scalar(reader, value, "a duration", parse_duration);
}

void PositiveSpanValue::read(Reader& reader, Duration& value) {
  read_scalar(reader, value, "a duration", [](std::string_view text) -> Result<Duration> {
    auto parsed = parse_duration(text);
    if (parsed && *parsed == Duration::zero()) {
      return Error{quoted(text) + " is no time; expected a duration longer than 0s"};
    }
    return parsed;
  });
}

void BytesValue::read(Reader& reader, Bytes& value) {
  read_scalar(reader, value, "a size", parse_bytes);
}

void ShareValue::read(Reader& reader, Share& value) {
  read_scalar(reader, value, "a share", parse_share);
}

void SignalValue::read(Reader& reader, Signal& value) {
  read_scalar(reader, value, "a signal's name", parse_signal);
}

std::string SignalValue::text(Signal value) { return signal_name(value.number); }

void FactorValue::read(Reader& reader, double& value) {
  read_scalar(reader, value, "a number",
              [](std::string_view text) { return parse_number(text, 1, 100); });
}

std::string FactorValue::text(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

void UmaskValue::read(Reader& reader, std::uint32_t& value) {
  read_scalar(reader, value, "a umask", parse_umask);
}

std::optional<std::int64_t> read_integer(Reader& reader, std::int64_t low, std::int64_t high) {
  YamlEvent event;
  if (!reader.scalar("a whole number", event)) return std::nullopt;
  if (!event.is_bare()) {
    reader.report(event.at, quoted(event.value) + " is quoted text; expected a whole number");
    return std::nullopt;
  }
  const auto number = parse_integer(event.value, low, high);
  if (number) return *number;
  reader.report(event.at, number.error().message);
  return std::nullopt;
}

void StatusesValue::read(Reader& reader, std::vector<StatusRange>& value) {
  static constexpr std::string_view expected = "an HTTP status, a range or a list of them";
  value.clear();
  const auto one = [&] { read_scalar(reader, value.emplace_back(), expected, parse_status); };
  if (reader.peek().kind != EventKind::list_start) return one();
  const Position at = reader.at();
  read_list(reader, expected, one);
  if (value.empty()) reader.report(at, "an empty list of statuses; nothing could pass");
}

std::string StatusesValue::text(const std::vector<StatusRange>& value) {
  std::string out;
  for (const StatusRange range : value) out.append(out.empty() ? "" : ", ").append(to_text(range));
  return out;
}

std::optional<std::size_t> read_word(Reader& reader, std::span<const std::string_view> words) {
  YamlEvent event;
  if (!reader.scalar(listed(words), event)) return std::nullopt;
  const auto found = std::ranges::find(words, std::string_view{event.value});
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  reader.report(event.at, quoted(event.value) + " is not known here; expected " + listed(words));
  return std::nullopt;
}

void ArgvValue::read(Reader& reader, Argv& value) {
  static constexpr std::string_view form = "a list of a program and its arguments";
  const YamlEvent& next = reader.peek();
  const Position at = next.at;
  if (next.kind == EventKind::scalar && !next.is_null()) {
    reader.report(at, quoted(next.value) + " is plain text; a command is a list such as [" +
                          "/usr/bin/env, --version], or for a shell to read: shell: \"...\"");
    return reader.skip();
  }
  const bool nothing = next.is_null();
  const bool list = next.kind == EventKind::list_start;
  value.clear();
  read_list(reader, form, [&] {
    const YamlEvent& item = reader.peek();
    const bool text = item.kind == EventKind::scalar && !item.is_null();
    if (value.empty() && text && item.value.empty()) {
      reader.report(item.at, "an empty name of a program");
    }
    const Position item_at = item.at;
    TextValue::read(reader, value.emplace_back());
    lint_text(reader, item_at, value.back());
  });
  value.shrink_to_fit();
  if (nothing || (list && value.empty() && !reader.failed())) {
    reader.report(at, "an empty command; expected " + std::string{form});
  }
}

}  // namespace heald
