#pragma once
// Reads nodes off an event stream, by the tables of fields.hpp.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "policy/event_stream.hpp"
#include "policy/fields.hpp"
#include "policy/problem.hpp"
#include "policy/variables.hpp"

namespace heald {

/// Takes nodes off the stream. What does not fit is reported and passed over, and reading goes
/// on behind it, so that one run finds every mistake.
class Reader {
 public:
  /// All must outlive the reader. Without variables placeholders are plain text.
  Reader(EventStream& stream, ProblemLog& log, Variables* variables = nullptr)
      : stream_(stream), log_(log), variables_(variables) {}

  /// The next event, its placeholders replaced; what cannot be is reported.
  [[nodiscard]] const YamlEvent& peek();
  [[nodiscard]] Position at() const { return stream_.peek().at; }
  YamlEvent take();
  /// Passes over one node.
  void skip();

  /// A whole node, placeholders and all.
  [[nodiscard]] Recording take_node() { return stream_.take_node(); }
  /// Has a node read next that was taken.
  void read_again(Recording&& node) { stream_.put_back(std::move(node)); }
  /// The same, over and over, with a number that `${instance}` stands for.
  void read_instance(const Recording& node, std::uint32_t instance);
  /// No `${instance}` from here on, and everything is told.
  void leave_instance();

  /// Reads a value with `read` that only its user fills in: of placeholders none but the number of
  /// an instance is replaced, whether the variables are set is checked all the same.
  template <class Read>
  void read_unfilled(Read&& read) {
    filling_ = Filling::by_its_user;
    read();
    filling_ = Filling::here;
  }
  /// Reads what is meant for people, or for later: placeholders are plain text.
  template <class Read>
  void read_plain(Read&& read) {
    Variables* const variables = std::exchange(variables_, nullptr);
    read();
    variables_ = variables;
  }

  /// Whether all that a mapping needs must be there.
  enum class Extent : bool { whole, part };
  void expect(Extent extent) { extent_ = extent; }
  /// Tells of a key that is missing; of a part, only remembers it.
  void report_missing(Position at, const std::string& message);
  /// Whether anything was missing.
  [[nodiscard]] bool lacked() const { return lacked_; }

  /// What reaches the log.
  enum class Told : std::uint8_t { everything, problems, nothing };
  void tell(Told told) { told_ = told; }
  /// Whether the file ended early; what is missing then is not worth a report.
  [[nodiscard]] bool failed() const { return stream_.failed(); }

  void report(Position at, const std::string& message);
  void warn(Position at, const std::string& message);
  /// Reports "expected WHAT, found …" about the next node, and passes over it.
  void refuse(std::string_view expected);
  [[nodiscard]] const ProblemLog& log() const { return log_; }

  /// Takes a scalar that is something; else reports what was expected, and gives false.
  bool scalar(std::string_view expected, YamlEvent& taken);

  /// Goes into a list; nothing at all counts as an empty one. Gives false when there is nothing
  /// to go into.
  bool enter_list(std::string_view expected);
  /// Whether another item follows, which the caller must take; leaves the list when none does.
  bool next_item();

  /// The same for a mapping.
  bool enter_mapping(std::string_view expected);
  /// Takes the next key, whose value the caller must take; leaves the mapping when none follows.
  bool next_key(YamlEvent& key);

  /// Fills the target by a table.
  template <class T>
  void read(const Mapping<T>& table, T& target) {
    read_mapping(table, &target);
  }

 private:
  void read_mapping(const MappingSpec& table, void* target);

  enum class Filling : bool { here, by_its_user };

  void fill_next();
  [[nodiscard]] Result<std::string> value_of(const Placeholder& found);

  EventStream& stream_;
  ProblemLog& log_;
  Variables* variables_;
  Filling filling_ = Filling::here;
  std::optional<std::uint32_t> instance_;
  Told told_ = Told::everything;
  Extent extent_ = Extent::whole;
  bool lacked_ = false;
};

/// The keys of a mapping whose keys are names, to tell those that stand twice.
class NameSet {
 public:
  /// Whether the key is new; else reports it, with the place of the first.
  bool add(Reader& reader, const YamlEvent& key, std::string_view kind);

 private:
  std::map<std::string, Position, std::less<>> first_;
};

/// Calls `item` before each item of a list; it must take the item.
template <class Item>
void read_list(Reader& reader, std::string_view expected, Item&& item) {
  if (!reader.enter_list(expected)) return;
  while (reader.next_item()) item();
}

/// Calls `entry` with each new key of a mapping of names; it must take the value.
template <class Entry>
void read_names(Reader& reader, std::string_view expected, std::string_view kind, Entry&& entry) {
  if (!reader.enter_mapping(expected)) return;
  NameSet names;
  YamlEvent key;
  while (reader.next_key(key)) {
    if (names.add(reader, key, kind)) {
      entry(key);
    } else {
      reader.skip();
    }
  }
}

}  // namespace heald
