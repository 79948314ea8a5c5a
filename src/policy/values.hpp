#pragma once
// Codecs: how each type of value is read, described, and written as a default.
//
// A codec has a `type` for documentation, a `read` that takes exactly one node, and, where a
// default can be written, a `text`.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heald/policy.hpp"
#include "policy/fields.hpp"
#include "policy/patterns.hpp"
#include "policy/reader.hpp"
#include "policy/scalars.hpp"

namespace heald {

/// A name that stands somewhere, to be looked up once everything is read.
struct Mention {
  std::string name;
  Position at;
};

// --- Text --------------------------------------------------------------------------------

/// Any text that a program can be given: no NUL.
struct TextValue {
  static constexpr TypeSpec type{
      .text = "text", .form = Form::any_text, .pattern = R"(^[^\u0000]*$)"};
  static void read(Reader& reader, std::string& value);
  static std::string text(const std::string& value) { return value; }
};

/// Octets, to be sent as they are.
struct DataValue {
  static constexpr TypeSpec type{.text = "text", .form = Form::any_text};
  static void read(Reader& reader, std::string& value);
};

/// The same in hexadecimal digits, for what no text can hold.
struct HexValue {
  static constexpr TypeSpec type{
      .text = "hexadecimal digits", .form = Form::any_text, .pattern = hex_pattern};
  static void read(Reader& reader, std::string& value);
};

using ParseText = Result<std::string_view> (*)(std::string_view);

/// Reads text that a function of scalars.hpp accepts.
void read_parsed(Reader& reader, std::string& value, std::string_view expected, ParseText parse);

struct AccountValue {
  static constexpr TypeSpec type{.text = "name", .pattern = account_pattern};
  static void read(Reader& reader, std::string& value);
};
struct PatternValue {
  static constexpr TypeSpec type{.text = "regular expression", .form = Form::any_text};
  static void read(Reader& reader, std::string& value);
};
/// For what may be any octets, and must come.
struct OctetPatternValue {
  static constexpr TypeSpec type = PatternValue::type;
  static void read(Reader& reader, std::string& value);
};
struct PointerValue {
  static constexpr TypeSpec type{.text = "JSON pointer", .pattern = pointer_pattern};
  static void read(Reader& reader, std::string& value);
};
struct UrlValue {
  static constexpr TypeSpec type{.text = "URL", .pattern = url_pattern};
  static void read(Reader& reader, std::string& value);
};
/// A unix socket's.
struct SocketPathValue {
  static constexpr TypeSpec type{
      .text = "path", .form = Form::any_text, .pattern = socket_path_pattern};
  static void read(Reader& reader, std::string& value);
};
struct MethodValue {
  static constexpr TypeSpec type{
      .text = "HTTP method", .form = Form::any_text, .pattern = method_pattern};
  static void read(Reader& reader, std::string& value);
  static std::string text(const std::string& value) { return value; }
};
/// A name that refers to something else.
struct MentionValue {
  static constexpr TypeSpec type{
      .text = "name", .form = Form::any_text, .pattern = not_empty_pattern};
  static void read(Reader& reader, Mention& value);
};
/// The name of what is being declared.
struct NameValue {
  static constexpr TypeSpec type{.text = "name", .form = Form::any_text, .pattern = name_pattern};
  static void read(Reader& reader, std::string& value);
};

// --- Numbers and units -------------------------------------------------------------------

struct FlagValue {
  static constexpr std::string_view truth_words[] = {"true", "false"};
  static constexpr TypeSpec type{.words = truth_words, .form = Form::flag};
  static void read(Reader& reader, bool& value);
  static std::string text(bool value) { return value ? "true" : "false"; }
};

struct SpanValue {
  static constexpr TypeSpec type{.text = "duration", .pattern = duration_pattern};
  static void read(Reader& reader, Duration& value);
  static std::string text(Duration value) { return to_text(value); }
};

/// A duration that must not be zero.
struct PositiveSpanValue : SpanValue {
  static constexpr TypeSpec type{.text = "duration", .pattern = positive_duration_pattern};
  static void read(Reader& reader, Duration& value);
};

struct BytesValue {
  static constexpr TypeSpec type{.text = "size", .pattern = bytes_pattern};
  static void read(Reader& reader, Bytes& value);
  static std::string text(Bytes value) { return to_text(value); }
};

struct ShareValue {
  static constexpr TypeSpec type{.text = "share", .pattern = share_pattern};
  static void read(Reader& reader, Share& value);
  static std::string text(Share value) { return to_text(value); }
};

struct SignalValue {
  static constexpr TypeSpec type{.text = "signal", .pattern = signal_pattern};
  static void read(Reader& reader, Signal& value);
  static std::string text(Signal value);
};

struct FactorValue {
  static constexpr TypeSpec type{
      .text = "number", .low = 1, .high = 100, .form = Form::number};
  static void read(Reader& reader, double& value);
  static std::string text(double value);
};

struct UmaskValue {
  /// As YAML 1.2 and JSON see 0027: leading zeros are gone.
  static constexpr TypeSpec unquoted{.text = "octal digits", .low = 0, .high = 777};
  static constexpr std::array<const TypeSpec*, 1> others{&unquoted};
  static constexpr TypeSpec type{
      .text = "octal digits", .pattern = umask_pattern, .others = others};
  static void read(Reader& reader, std::uint32_t& value);
};

/// Reads a whole number within bounds; nothing when it was none, and reported.
[[nodiscard]] std::optional<std::int64_t> read_integer(Reader& reader, std::int64_t low,
                                                       std::int64_t high);

template <std::int64_t Low, std::int64_t High>
struct CountValue {
  static constexpr TypeSpec type{.text = "whole number", .low = Low, .high = High};
  template <class Number>
  static void read(Reader& reader, Number& value) {
    if (const auto number = read_integer(reader, Low, High)) value = static_cast<Number>(*number);
  }
  template <class Number>
  static std::string text(Number value) {
    return std::to_string(value);
  }
};

/// HTTP statuses: one, a range, or a list of them.
struct StatusesValue {
  static constexpr TypeSpec number{.text = "status", .low = 100, .high = 599};
  static constexpr std::array<const TypeSpec*, 1> unquoted{&number};
  static constexpr TypeSpec one{
      .text = "status or range", .pattern = status_pattern, .others = unquoted};
  static constexpr TypeSpec several{.shape = Shape::list, .item = &one, .first = &one};
  static constexpr std::array<const TypeSpec*, 2> others{&number, &several};
  static constexpr TypeSpec type{.text = "status, range of statuses, or a list of them",
                                 .pattern = status_pattern,
                                 .others = others};
  static void read(Reader& reader, std::vector<StatusRange>& value);
  static std::string text(const std::vector<StatusRange>& value);
};

// --- Words -------------------------------------------------------------------------------

/// Reads one of the words, and gives its index; nothing when it was none, and reported.
[[nodiscard]] std::optional<std::size_t> read_word(Reader& reader,
                                                   std::span<const std::string_view> words);

/// An enumeration whose values are, in order from 0, these words.
template <const auto& Words>
struct WordValue {
  static constexpr TypeSpec type{.words = Words};
  template <class Enum>
  static void read(Reader& reader, Enum& value) {
    if (const auto index = read_word(reader, Words)) value = static_cast<Enum>(*index);
  }
  template <class Enum>
  static std::string text(Enum value) {
    return std::string{Words[static_cast<std::size_t>(value)]};
  }
};

// --- Composed ----------------------------------------------------------------------------

template <class Codec>
struct ListValue {
  static constexpr TypeSpec type{.shape = Shape::list, .item = &Codec::type};
  template <class Item>
  static void read(Reader& reader, std::vector<Item>& value) {
    value.clear();
    read_list(reader, to_text(type), [&] { Codec::read(reader, value.emplace_back()); });
    value.shrink_to_fit();
  }
  template <class Item>
  static std::string text(const std::vector<Item>& value)
    requires requires(const Item& item) { Codec::text(item); }
  {
    std::string out;
    for (const Item& item : value) out.append(out.empty() ? "" : ", ").append(Codec::text(item));
    return "[" + out + "]";
  }
};

template <class Codec>
struct OptionalValue {
  static constexpr TypeSpec type = Codec::type;
  template <class T, template <class> class Optional>
  static void read(Reader& reader, Optional<T>& value) {
    Codec::read(reader, value.emplace());
  }
};

/// A mapping with a table, into its target, or into a variant or optional that can hold it.
template <const auto& Table>
struct MappingValue {
  using Target = typename std::remove_cvref_t<decltype(Table)>::Target;
  static constexpr TypeSpec type{.shape = Shape::mapping, .mapping = &Table};
  static void read(Reader& reader, Target& value) { reader.read(Table, value); }
  template <class Holder>
  static void read(Reader& reader, Holder& value) {
    Target made{};
    reader.read(Table, made);
    value = std::move(made);
  }
};

/// A program and its arguments. Refuses plain text, which would need a shell to be taken apart.
struct ArgvValue {
  static constexpr TypeSpec program{
      .text = "text", .form = Form::any_text, .pattern = program_pattern};
  static constexpr TypeSpec type{
      .shape = Shape::list, .item = &TextValue::type, .first = &program};
  static void read(Reader& reader, Argv& value);
};

}  // namespace heald
