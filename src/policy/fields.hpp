#pragma once
// The tables that say which keys a mapping has, what each holds, and what it means.
//
// One table serves the reader, its messages, the reference in docs/rules.md and whatever else wants
// to know the shape of a rule file; nothing about a key is written down twice. A default is taken
// from the type that the field fills, so that it cannot differ from what the engine sees.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "heald/shared.hpp"
#include "policy/problem.hpp"

namespace heald {

class Reader;
struct YamlEvent;
struct MappingSpec;

enum class Shape : std::uint8_t { scalar, list, map, mapping };

/// What a scalar may be where it stands without quotes.
enum class Form : std::uint8_t {
  text,      ///< never what YAML and JSON take for a number or a truth word
  any_text,  ///< those too, as the text that they are: the value of a variable
  number,    ///< from `low` to `high`, with or without a fraction
  flag,
  anything,  ///< any value at all, lists and mappings too
};

/// What a value looks like, for messages, for documentation and for the schema.
struct TypeSpec {
  Shape shape = Shape::scalar;
  std::string_view text = {};            ///< of a scalar: "duration"
  const TypeSpec* item = nullptr;        ///< of a list or a map: each element's
  const MappingSpec* mapping = nullptr;  ///< of a mapping
  bool in_part = false;                  ///< of a mapping: nothing in it must be given
  std::int64_t low = 0, high = 0;        ///< of a whole number; both 0: not one
  std::span<const std::string_view> words = {};  ///< the only values, where they are words
  Form form = Form::text;
  /// The regular expression (ECMA 262) that a scalar's text fits; empty: any text. What it lets
  /// through may still be refused where no expression can tell: a sum that grows too large.
  std::string_view pattern = {};
  const TypeSpec* name = nullptr;   ///< of a map: its names'; a scalar with a pattern or words
  const TypeSpec* first = nullptr;  ///< of a list that must not be empty: its first item's
  std::span<const TypeSpec* const> others = {};  ///< other ways to write the value
};

/// "list of durations" is written "list of duration": the parts are fixed texts.
[[nodiscard]] std::string to_text(const TypeSpec& type);

enum class Presence : std::uint8_t {
  optional,
  required,
  choice,  ///< exactly one of the mapping's choices must be given
  some,    ///< at least one of those that are marked so must be given
};

/// One key of a mapping.
struct FieldSpec {
  std::string_view key;
  TypeSpec type;
  std::string_view doc;
  Presence presence = Presence::optional;
  std::string_view otherwise;               ///< the default in words, where no value tells it
  std::string (*default_text)() = nullptr;  ///< the default as it would be written
  /// Reads the value into its place in the target; takes exactly one node off the reader.
  void (*read)(Reader& reader, void* target) = nullptr;
  const void* owner = nullptr;  ///< names the target's type, see `owner_of`
};

/// Which keys a mapping had, for checks across them.
class SeenKeys {
 public:
  static constexpr std::size_t most = 40;

  SeenKeys(std::span<const FieldSpec> fields, Position mapping)
      : fields_(fields), mapping_(mapping) {}
  /// Where the mapping begins.
  [[nodiscard]] Position mapping() const { return mapping_; }
  /// Where the key stands; the mapping's own place when it is not there.
  [[nodiscard]] Position at(std::string_view key) const;
  [[nodiscard]] bool has(std::string_view key) const;

 private:
  friend class KeyReader;
  std::span<const FieldSpec> fields_;
  Position mapping_;
  std::array<Position, most> at_{};
  std::array<bool, most> seen_{};
};

/// The other way to write a mapping: `http: URL` for `http: {url: URL}`.
struct ShortForm {
  const TypeSpec* type = nullptr;  ///< a scalar's or a list's
  std::string_view text;           ///< "a URL", for messages and documentation
  void (*read)(Reader& reader, void* target) = nullptr;
};

/// A mapping with a fixed set of keys.
struct MappingSpec {
  std::string_view name;  ///< "http probe", for messages and documentation
  std::string_view doc;
  std::span<const FieldSpec> fields;
  const void* owner = nullptr;
  ShortForm short_form;
  /// With this key, nothing else must be given: it stands for what is missing. Empty: no such key.
  std::string_view completed_by = {};
  /// What no single key can tell; called after the keys were read.
  void (*check)(Reader& reader, void* target, const SeenKeys& seen) = nullptr;
};

namespace detail {
template <class T>
inline constexpr char owner_tag = 0;

template <class>
struct MemberPointer;
template <class Owner_, class Value_>
struct MemberPointer<Value_ Owner_::*> {
  using Owner = Owner_;
};
template <auto First, auto...>
struct PathOwner {
  using type = typename MemberPointer<decltype(First)>::Owner;
};

template <class T>
constexpr T& reach(T& object) {
  return object;
}
template <auto First, auto... Rest, class T>
constexpr auto& reach(T& object) {
  return reach<Rest...>(object.*First);
}

/// The value itself, where it may be shared.
template <class T>
constexpr T& own(T& value) {
  return value;
}
template <class T>
T& own(Shared<T>& value) {
  return value.own();
}
template <class T>
constexpr const T& get(const T& value) {
  return value;
}
template <class T>
const T& get(const Shared<T>& value) {
  return value.get();
}
}  // namespace detail

/// An address that stands for a type, to tell at compile time that tables and targets fit.
template <class T>
[[nodiscard]] constexpr const void* owner_of() {
  return &detail::owner_tag<T>;
}

struct FieldOptions {
  Presence presence = Presence::optional;
  std::string_view otherwise = {};
};

/// A key whose value goes to the member of an Owner that the path of member pointers leads to (to
/// the owner itself where it is empty), read and written by a codec of values.hpp.
template <class Owner, class Codec, auto... Path>
[[nodiscard]] consteval FieldSpec field_of(std::string_view key, std::string_view doc,
                                           FieldOptions options = {}) {
  FieldSpec spec;
  spec.key = key;
  spec.type = Codec::type;
  spec.doc = doc;
  spec.presence = options.presence;
  spec.otherwise = options.otherwise;
  spec.owner = owner_of<Owner>();
  spec.read = [](Reader& reader, void* target) {
    Codec::read(reader, detail::own(detail::reach<Path...>(*static_cast<Owner*>(target))));
  };
  using Member = std::remove_reference_t<decltype(detail::reach<Path...>(std::declval<Owner&>()))>;
  if constexpr (requires(const Member& member) { Codec::text(detail::get(member)); }) {
    spec.default_text = [] {
      const Owner untouched{};
      return Codec::text(detail::get(detail::reach<Path...>(untouched)));
    };
  }
  return spec;
}

/// The same, with the owner told by the path.
template <class Codec, auto... Path>
[[nodiscard]] consteval FieldSpec field(std::string_view key, std::string_view doc,
                                        FieldOptions options = {}) {
  return field_of<typename detail::PathOwner<Path...>::type, Codec, Path...>(key, doc, options);
}

/// A key that a function of its own reads into the target.
template <class Owner, void (*Read)(Reader&, Owner&)>
[[nodiscard]] consteval FieldSpec custom(std::string_view key, TypeSpec type, std::string_view doc,
                                         FieldOptions options = {}) {
  FieldSpec spec;
  spec.key = key;
  spec.type = type;
  spec.doc = doc;
  spec.presence = options.presence;
  spec.otherwise = options.otherwise;
  spec.owner = owner_of<Owner>();
  spec.read = [](Reader& reader, void* target) { Read(reader, *static_cast<Owner*>(target)); };
  return spec;
}

/// A table that fills a T.
template <class T>
struct Mapping : MappingSpec {
  using Target = T;
};

/// Makes a table. Does not compile when a field belongs to another type, or a key stands twice.
template <class T>
[[nodiscard]] consteval Mapping<T> mapping(std::string_view name, std::string_view doc,
                                           std::span<const FieldSpec> fields) {
  if (fields.size() > SeenKeys::most) throw "more keys than SeenKeys holds";
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].owner != owner_of<T>()) throw "a field of another type";
    for (std::size_t j = 0; j < i; ++j) {
      if (fields[i].key == fields[j].key) throw "a key stands twice";
    }
  }
  Mapping<T> table;
  table.name = name;
  table.doc = doc;
  table.fields = fields;
  table.owner = owner_of<T>();
  return table;
}

/// The table, with another way to write it.
template <class T, void (*Read)(Reader&, T&)>
[[nodiscard]] consteval Mapping<T> with_short_form(Mapping<T> table, const TypeSpec& type,
                                                   std::string_view text) {
  table.short_form = {&type, text, [](Reader& reader, void* target) {
                        Read(reader, *static_cast<T*>(target));
                      }};
  return table;
}

/// The table, with a check across its keys.
template <class T, void (*Check)(Reader&, T&, const SeenKeys&)>
[[nodiscard]] consteval Mapping<T> with_check(Mapping<T> table) {
  table.check = [](Reader& reader, void* target, const SeenKeys& seen) {
    Check(reader, *static_cast<T*>(target), seen);
  };
  return table;
}

/// The table, with a key that stands for all that is missing.
template <class T>
[[nodiscard]] consteval Mapping<T> completed_by(Mapping<T> table, std::string_view key) {
  table.completed_by = key;
  return table;
}

/// Several groups of fields as one array.
template <std::size_t... Sizes>
[[nodiscard]] consteval auto join(const std::array<FieldSpec, Sizes>&... groups) {
  std::array<FieldSpec, (Sizes + ...)> all;
  std::size_t next = 0;
  const auto append = [&](const auto& group) {
    for (const FieldSpec& spec : group) all[next++] = spec;
  };
  (append(groups), ...);
  return all;
}

}  // namespace heald
