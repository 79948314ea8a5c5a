#include "policy/merge.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace heald {

namespace {

/// A key and its value, by their places in a recording.
struct Entry {
  std::size_t key, value, end;
};

std::vector<Entry> entries_of(const Recording& events, std::size_t begin) {
  std::vector<Entry> entries;
  std::size_t at = begin + 1;
  while (at < events.size() && events[at].kind != EventKind::mapping_end) {
    // A key may be a whole node, which is no key to anybody; it is reported when it is read.
    const std::size_t value = end_of_node(events, at);
    if (value >= events.size()) break;
    const std::size_t end = end_of_node(events, value);
    entries.push_back({at, value, end});
    at = end;
  }
  return entries;
}

const FieldSpec* field_of_key(const TypeSpec* type, std::string_view key) {
  if (type == nullptr || type->shape != Shape::mapping) return nullptr;
  const auto fields = type->mapping->fields;
  const auto found = std::ranges::find(fields, key, &FieldSpec::key);
  return found == fields.end() ? nullptr : &*found;
}

const TypeSpec* type_of_value(const TypeSpec* type, std::string_view key) {
  if (type != nullptr && type->shape == Shape::map) return type->item;
  const FieldSpec* field = field_of_key(type, key);
  return field == nullptr ? nullptr : &field->type;
}

bool is_choice(const TypeSpec* type, std::string_view key) {
  const FieldSpec* field = field_of_key(type, key);
  return field != nullptr && field->presence == Presence::choice;
}

class Merge {
 public:
  Merge(Recording& base, Recording& over) : base_(base), over_(over) {}

  void mapping(std::size_t base, std::size_t over, const TypeSpec* type);
  [[nodiscard]] Recording take() { return std::move(out_); }

 private:
  void both(const Entry& base, const Entry& over, const TypeSpec* type);
  void copy(Recording& from, std::size_t begin, std::size_t end);

  Recording& base_;
  Recording& over_;
  Recording out_;
};

// Recursion is bounded: the stream refuses what is nested more deeply than EventStream::deepest.
void Merge::mapping(std::size_t base, std::size_t over, const TypeSpec* type) {
  const std::vector<Entry> laid_over = entries_of(over_, over);
  std::map<std::string_view, std::size_t> first;
  bool chosen = false;
  for (std::size_t i = 0; i < laid_over.size(); ++i) {
    const YamlEvent& key = over_[laid_over[i].key];
    if (!key.key) continue;
    first.try_emplace(key.value, i);
    chosen = chosen || is_choice(type, key.value);
  }
  std::vector<bool> used(laid_over.size());
  copy(over_, over, over + 1);
  for (const Entry& entry : entries_of(base_, base)) {
    const std::string_view key = base_[entry.key].value;
    if (const auto found = first.find(key); found != first.end()) {
      used[found->second] = true;
      both(entry, laid_over[found->second], type_of_value(type, key));
    } else if (!chosen || !is_choice(type, key)) {
      copy(base_, entry.key, entry.end);
    }
  }
  for (std::size_t i = 0; i < laid_over.size(); ++i) {
    if (!used[i]) copy(over_, laid_over[i].key, laid_over[i].end);
  }
  out_.push_back({.kind = EventKind::mapping_end, .at = out_.back().at});
}

void Merge::both(const Entry& base, const Entry& over, const TypeSpec* type) {
  if (over_[over.value].is_null()) return;
  const bool mappings = base_[base.value].kind == EventKind::mapping_start &&
                        over_[over.value].kind == EventKind::mapping_start;
  // What a table does not know as a mapping is a value, whatever it is made of.
  const bool known = type != nullptr && type->shape != Shape::scalar;
  if (!mappings || !known) return copy(over_, over.key, over.end);
  copy(over_, over.key, over.value);
  mapping(base.value, over.value, type);
}

void Merge::copy(Recording& from, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) out_.push_back(from[i]);
}

}  // namespace

Recording merged(Recording&& base, Recording&& over, const TypeSpec& type) {
  Merge merge{base, over};
  merge.mapping(0, 0, &type);
  return merge.take();
}

}  // namespace heald
