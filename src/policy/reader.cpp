#include "policy/reader.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/fill_in.hpp"
#include "policy/wording.hpp"

namespace heald {

namespace {

constexpr std::string_view instance_word = "instance";

}  // namespace

std::string to_text(const TypeSpec& type) {
  switch (type.shape) {
    case Shape::list: return "list of " + to_text(*type.item);
    case Shape::map: return "map of name to " + to_text(*type.item);
    case Shape::mapping: return std::string{type.mapping->name};
    case Shape::scalar: break;
  }
  if (!type.words.empty()) return listed(type.words);
  if (type.low == 0 && type.high == 0) return std::string{type.text};
  return std::string{type.text} + ", " + std::to_string(type.low) + " to " +
         std::to_string(type.high);
}

Position SeenKeys::at(std::string_view key) const {
  const auto found = std::ranges::find(fields_, key, &FieldSpec::key);
  const auto index = static_cast<std::size_t>(found - fields_.begin());
  return found != fields_.end() && seen_.at(index) ? at_.at(index) : mapping_;
}

bool SeenKeys::has(std::string_view key) const {
  const auto found = std::ranges::find(fields_, key, &FieldSpec::key);
  return found != fields_.end() && seen_.at(static_cast<std::size_t>(found - fields_.begin()));
}

const YamlEvent& Reader::peek() {
  const YamlEvent& next = stream_.peek();
  const bool value = next.kind == EventKind::scalar && !next.key && !next.filled;
  if (variables_ != nullptr && value && has_placeholders(next.value)) fill_next();
  return stream_.peek();
}

YamlEvent Reader::take() {
  (void)peek();
  return stream_.take();
}

void Reader::skip() { (void)stream_.take_node(); }

void Reader::read_instance(const Recording& node, std::uint32_t instance) {
  instance_ = instance;
  stream_.put_back_copy(node);
}

void Reader::leave_instance() {
  instance_.reset();
  told_ = Told::everything;
}

void Reader::report(Position at, const std::string& message) {
  if (told_ != Told::nothing) log_.add(at, message);
}

void Reader::warn(Position at, const std::string& message) {
  if (told_ == Told::everything) log_.warn(at, message);
}

void Reader::report_missing(Position at, const std::string& message) {
  lacked_ = true;
  if (extent_ == Extent::whole) report(at, message);
}

Result<std::string> Reader::value_of(const Placeholder& found) {
  if (found.name == instance_word) {
    if (instance_) return stands_for(std::to_string(*instance_));
    return Error{"'${instance}' stands for a number only in a service with 'instances'"};
  }
  if (filling_ == Filling::here) return variables_->value(found);
  if (const auto good = variables_->check(found); !good) return good.error();
  return stands_for(std::string{found.whole});
}

void Reader::fill_next() {
  const Escapes escapes = filling_ == Filling::here ? Escapes::undone : Escapes::kept;
  auto filled = fill_in(stream_.peek().value, escapes,
                        [this](const Placeholder& found) { return value_of(found); });
  if (filled) return stream_.fill(*std::move(filled));
  report(stream_.peek().at, filled.error().message);
  stream_.break_next();
}

void Reader::refuse(std::string_view expected) {
  const YamlEvent& found = peek();
  if (found.kind != EventKind::end && found.kind != EventKind::broken) {
    report(found.at, "expected " + std::string{expected} + ", found " + describe(found));
  }
  skip();
}

bool Reader::scalar(std::string_view expected, YamlEvent& taken) {
  if (peek().kind != EventKind::scalar || peek().is_null()) {
    refuse(expected);
    return false;
  }
  taken = take();
  return true;
}

bool Reader::enter_list(std::string_view expected) {
  if (peek().kind == EventKind::list_start) {
    take();
    return true;
  }
  if (peek().is_null()) {
    take();
  } else {
    refuse(expected);
  }
  return false;
}

bool Reader::next_item() {
  if (peek().kind == EventKind::list_end) {
    take();
    return false;
  }
  return peek().kind != EventKind::end;
}

bool Reader::enter_mapping(std::string_view expected) {
  if (peek().kind == EventKind::mapping_start) {
    take();
    return true;
  }
  if (peek().is_null()) {
    take();
  } else {
    refuse(expected);
  }
  return false;
}

bool Reader::next_key(YamlEvent& key) {
  while (peek().kind != EventKind::end) {
    if (peek().kind == EventKind::mapping_end) {
      take();
      return false;
    }
    if (peek().kind != EventKind::scalar) {
      refuse("a key");
    } else if (key = take(); key.plain && key.value == "<<") {
      report(key.at, "merge keys ('<<') are not supported; write the keys out, or give a whole "
                     "value by an alias");
    } else {
      return true;
    }
    skip();
  }
  return false;
}

bool NameSet::add(Reader& reader, const YamlEvent& key, std::string_view kind) {
  const auto [first, fresh] = first_.try_emplace(key.value, key.at);
  if (!fresh) {
    reader.report(key.at, std::string{kind} + " " + quoted(key.value) +
                              " is given twice, first at " + reader.log().describe(first->second));
  }
  return fresh;
}

/// The keys of one mapping with a table.
class KeyReader {
 public:
  KeyReader(Reader& reader, const MappingSpec& table, Position mapping)
      : reader_(reader), table_(table), seen_(table.fields, mapping) {}

  void key(const YamlEvent& key, void* target);
  void finish(void* target);

 private:
  void unknown(const YamlEvent& key);
  void duplicate(const YamlEvent& key, std::size_t index);
  bool crowded(const YamlEvent& key, std::size_t index);
  void check_choices(Presence kind, std::string_view needs);
  [[nodiscard]] std::vector<std::string_view> keys(Presence only) const;
  [[nodiscard]] std::vector<std::string_view> keys() const;
  [[nodiscard]] bool present(std::size_t index) const {
    return seen_.seen_.at(index) || meant_.at(index);
  }

  Reader& reader_;
  const MappingSpec& table_;
  SeenKeys seen_;
  std::array<bool, SeenKeys::most> meant_{};  ///< misspelt: reported once, and not as missing too
};

void KeyReader::key(const YamlEvent& key, void* target) {
  const auto found = std::ranges::find(table_.fields, std::string_view{key.value}, &FieldSpec::key);
  if (found == table_.fields.end()) {
    unknown(key);
    return reader_.skip();
  }
  const auto index = static_cast<std::size_t>(found - table_.fields.begin());
  if (seen_.seen_.at(index)) {
    duplicate(key, index);
    return reader_.skip();
  }
  if (crowded(key, index)) return reader_.skip();
  seen_.seen_.at(index) = true;
  seen_.at_.at(index) = key.at;
  found->read(reader_, target);
}

void KeyReader::unknown(const YamlEvent& key) {
  const std::vector<std::string_view> known = keys();
  const std::string_view meant = nearest(key.value, known);
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (!meant.empty() && known[i] == meant) meant_.at(i) = true;
  }
  const std::string advice =
      known.empty() ? "; no keys are known here" : suggestion(key.value, known);
  reader_.report(key.at, "unknown key " + quoted(key.value) + " in " + std::string{table_.name} +
                             advice);
}

void KeyReader::duplicate(const YamlEvent& key, std::size_t index) {
  reader_.report(key.at, "key " + quoted(key.value) + " is given twice, first at " +
                             reader_.log().describe(seen_.at_.at(index)));
}

// A second choice where one must be made.
bool KeyReader::crowded(const YamlEvent& key, std::size_t index) {
  if (table_.fields[index].presence != Presence::choice) return false;
  for (std::size_t i = 0; i < table_.fields.size(); ++i) {
    if (table_.fields[i].presence != Presence::choice || !seen_.seen_.at(i)) continue;
    reader_.report(key.at, quoted(key.value) + " stands beside " + quoted(table_.fields[i].key) +
                               "; " + std::string{table_.name} + " takes only one of " +
                               listed(keys(Presence::choice)));
    return true;
  }
  return false;
}

void KeyReader::finish(void* target) {
  if (reader_.failed()) return;
  for (std::size_t i = 0; i < table_.fields.size(); ++i) {
    const FieldSpec& spec = table_.fields[i];
    if (spec.presence != Presence::required || present(i)) continue;
    reader_.report_missing(seen_.mapping(), std::string{table_.name} + " lacks the key " +
                                                quoted(spec.key) + " (" + to_text(spec.type) +
                                                ")");
  }
  check_choices(Presence::choice, " needs one of ");
  check_choices(Presence::some, " needs at least one of ");
  if (table_.check != nullptr) table_.check(reader_, target, seen_);
}

void KeyReader::check_choices(Presence kind, std::string_view needs) {
  const std::vector<std::string_view> choices = keys(kind);
  if (choices.empty()) return;
  for (std::size_t i = 0; i < table_.fields.size(); ++i) {
    if (table_.fields[i].presence == kind && present(i)) return;
  }
  reader_.report_missing(seen_.mapping(),
                         std::string{table_.name}.append(needs).append(listed(choices)));
}

std::vector<std::string_view> KeyReader::keys(Presence only) const {
  std::vector<std::string_view> found;
  for (const FieldSpec& spec : table_.fields) {
    if (spec.presence == only) found.push_back(spec.key);
  }
  return found;
}

std::vector<std::string_view> KeyReader::keys() const {
  std::vector<std::string_view> found;
  for (const FieldSpec& spec : table_.fields) found.push_back(spec.key);
  return found;
}

void Reader::read_mapping(const MappingSpec& table, void* target) {
  const YamlEvent& next = peek();
  const ShortForm& other = table.short_form;
  const bool short_scalar = other.read != nullptr && other.type->shape == Shape::scalar &&
                            next.kind == EventKind::scalar && !next.is_null();
  const bool short_list = other.read != nullptr && other.type->shape == Shape::list &&
                          next.kind == EventKind::list_start;
  if (short_scalar || short_list) return other.read(*this, target);
  const Position at = next.at;
  const bool nothing = next.is_null();
  if (next.kind != EventKind::mapping_start && !nothing) {
    std::string expected = "a mapping (" + std::string{table.name} + ")";
    if (other.read != nullptr) expected.append(" or ").append(other.text);
    return refuse(expected);
  }
  KeyReader keys{*this, table, at};
  if (enter_mapping("a mapping")) {
    YamlEvent key;
    while (next_key(key)) keys.key(key, target);
  }
  keys.finish(target);
}

}  // namespace heald
