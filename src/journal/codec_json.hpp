// Expensive: the codec is templates over nlohmann/json; for codec_*.cpp only.
#pragma once
// How each type of value stands in JSON. Include in codec_*.cpp only: it brings nlohmann/json.
//
// A struct is described once, by `fields(visit, value)`, which both directions walk. Each
// `fields` unpacks its struct with a structured binding, so that a field that was added to the
// struct and forgotten here does not compile.

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "heald/ids.hpp"
#include "heald/seldom.hpp"
#include "heald/time.hpp"
#include "journal/words.hpp"

namespace heald::codec {

using Json = nlohmann::ordered_json;

/// Caught where the codec ends, and made a Result there.
struct DecodeError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class S, class T>
concept Same = std::is_same_v<std::remove_const_t<S>, T>;

struct Encoder;
struct Decoder;

/// A struct, through its `fields`.
template <class T>
struct Coder {
  static Json encode(const T& value);
  static void decode(const Json& json, T& value);
};

struct Encoder {
  Json& object;
  template <class T>
  void operator()(const char* key, const T& value) {
    object[key] = Coder<T>::encode(value);
  }
};

struct Decoder {
  const Json& object;
  template <class T>
  void operator()(const char* key, T& value) {
    const auto found = object.find(key);
    if (found == object.end()) throw DecodeError{std::string{key} + " is missing"};
    try {
      Coder<T>::decode(*found, value);
    } catch (const DecodeError& error) {
      throw DecodeError{std::string{key} + ": " + error.what()};
    }
  }
};

template <class T>
Json Coder<T>::encode(const T& value) {
  Json json = Json::object();
  Encoder visit{json};
  fields(visit, value);
  return json;
}

template <class T>
void Coder<T>::decode(const Json& json, T& value) {
  if (!json.is_object()) throw DecodeError{"is not an object"};
  Decoder visit{json};
  fields(visit, value);
}

template <>
struct Coder<bool> {
  static Json encode(bool value) { return value; }
  static void decode(const Json& json, bool& value) {
    if (!json.is_boolean()) throw DecodeError{"is neither true nor false"};
    value = json.get<bool>();
  }
};

template <class T>
  requires std::is_integral_v<T>
struct Coder<T> {
  static Json encode(T value) { return value; }
  static void decode(const Json& json, T& value) {
    if (!json.is_number_integer()) throw DecodeError{"is not a whole number"};
    const bool fits = json.is_number_unsigned() ? std::in_range<T>(json.get<std::uint64_t>())
                                                : std::in_range<T>(json.get<std::int64_t>());
    if (!fits) throw DecodeError{"is out of range"};
    value = json.get<T>();
  }
};

template <>
struct Coder<std::string> {
  static Json encode(const std::string& value) { return value; }
  static void decode(const Json& json, std::string& value) {
    if (!json.is_string()) throw DecodeError{"is not a text"};
    value = json.get<std::string>();
  }
};

template <Word E>
struct Coder<E> {
  static Json encode(E value) { return word_of(value); }
  static void decode(const Json& json, E& value) {
    std::string word;
    Coder<std::string>::decode(json, word);
    const auto found = find_word<E>(word);
    if (!found) throw DecodeError{"has the unknown word \"" + word + "\""};
    value = *found;
  }
};

template <class Tag, class Rep>
struct Coder<Id<Tag, Rep>> {
  static Json encode(Id<Tag, Rep> id) { return id.value(); }
  static void decode(const Json& json, Id<Tag, Rep>& id) {
    Rep value{};
    Coder<Rep>::decode(json, value);
    id = Id<Tag, Rep>{value};
  }
};

/// Nanoseconds.
template <>
struct Coder<Duration> {
  static Json encode(Duration value) { return value.count(); }
  static void decode(const Json& json, Duration& value) {
    Duration::rep count{};
    Coder<Duration::rep>::decode(json, count);
    value = Duration{count};
  }
};

/// Nanoseconds of engine time; `never` is null.
template <>
struct Coder<Instant> {
  static Json encode(Instant value) {
    return value == never ? Json{} : Json(value.time_since_epoch().count());
  }
  static void decode(const Json& json, Instant& value) {
    value = never;
    if (json.is_null()) return;
    Duration since{};
    Coder<Duration>::decode(json, since);
    value = Instant{since};
  }
};

template <class T>
struct Coder<std::optional<T>> {
  static Json encode(const std::optional<T>& value) {
    return value ? Coder<T>::encode(*value) : Json{};
  }
  static void decode(const Json& json, std::optional<T>& value) {
    value.reset();
    if (!json.is_null()) Coder<T>::decode(json, value.emplace());
  }
};

template <class T>
struct Coder<Seldom<T>> {
  static Json encode(const Seldom<T>& value) { return value ? Coder<T>::encode(*value) : Json{}; }
  static void decode(const Json& json, Seldom<T>& value) {
    value.reset();
    if (!json.is_null()) Coder<T>::decode(json, value.emplace());
  }
};

template <class T>
struct Coder<Sparse<T>> {
  static Json encode(const Sparse<T>& value) { return Coder<T>::encode(*value); }
  static void decode(const Json& json, Sparse<T>& value) {
    T read{};
    Coder<T>::decode(json, read);
    value = std::move(read);
  }
};

template <class T>
struct Coder<std::vector<T>> {
  static Json encode(const std::vector<T>& values) {
    Json json = Json::array();
    for (const T& value : values) json.push_back(Coder<T>::encode(value));
    return json;
  }
  static void decode(const Json& json, std::vector<T>& values) {
    if (!json.is_array()) throw DecodeError{"is not a list"};
    values.clear();
    for (const Json& element : json) Coder<T>::decode(element, values.emplace_back());
  }
};

template <class T>
struct Coder<std::map<std::string, T>> {
  static Json encode(const std::map<std::string, T>& values) {
    Json json = Json::object();
    for (const auto& [key, value] : values) json[key] = Coder<T>::encode(value);
    return json;
  }
  static void decode(const Json& json, std::map<std::string, T>& values) {
    if (!json.is_object()) throw DecodeError{"is not an object"};
    values.clear();
    for (const auto& item : json.items()) Coder<T>::decode(item.value(), values[item.key()]);
  }
};

/// Text that is not UTF-8 would throw; its bad bytes are replaced, since it is only for people.
inline std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// `what` names the thing in the error.
template <class T>
Result<T> parse(std::string_view text, const std::string& what) {
  try {
    const Json json = Json::parse(text);
    T value;
    Coder<T>::decode(json, value);
    return value;
  } catch (const DecodeError& error) {
    return Error{"cannot read " + what + ": " + error.what()};
  } catch (const Json::exception& error) {
    return Error{"cannot read " + what + ": " + error.what()};
  }
}

}  // namespace heald::codec

namespace heald {

template <class V, codec::Same<ExitStatus> S>
void fields(V& visit, S& status) {
  auto& [kind, code, oom] = status;
  visit("kind", kind);
  visit("code", code);
  visit("oom", oom);
}

}  // namespace heald
