#pragma once
// Makes whole services out of those that `use` the library.
//
// All of it happens to the events of the files, before any table reads them: what comes out is read
// like any service, so that nothing but this knows of the library. Each event that the library
// brings in is told of as of the place where it is used, or where its parameter is given.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/library.hpp"
#include "policy/reader.hpp"
#include "policy/variables.hpp"

namespace heald {

class LibraryUse {
 public:
  /// How deeply library services may use each other.
  static constexpr std::size_t deepest = 8;
  /// Octets of all that the library brings in together, each event counted with its overhead. It is
  /// in memory for one service at a time.
  static constexpr std::size_t expansion_budget = std::size_t{1} << 30U;

  /// Whether library services are looked at by themselves before they are used.
  enum class Check : bool { needless, first };

  /// All must outlive it.
  LibraryUse(Library& library, ProblemLog& log, Variables& variables, Check check);

  /// Tells what is wrong with a service of the library by itself. What only its user gives may be
  /// missing.
  void look_at(const LibraryDraft& entry) { (void)is_good(entry); }

  /// Completes the service and reads it into the rules.
  void read(WaitingService&& service, RuleSet& rules);

 private:
  /// What a parameter is, and which ones that somebody gave had part in it.
  struct Value {
    std::string text;
    bool known = true;
    bool touched = false;  ///< a parameter had part in it
    struct Source {
      Position at;
      std::string_view parameter;
    };
    std::vector<Source> sources;

    void take_part(const Value& other);
  };
  using Values = std::map<std::string_view, Value>;

  [[nodiscard]] std::optional<Recording> complete(Recording&& service);
  [[nodiscard]] std::optional<UseDraft> take_use(Recording& service);
  [[nodiscard]] const LibraryDraft* find(const Mention& name);
  [[nodiscard]] bool is_good(const LibraryDraft& entry);
  [[nodiscard]] bool read_by_itself(const LibraryDraft& entry);
  [[nodiscard]] std::optional<Values> values_for(const LibraryDraft& entry, const UseDraft& use);
  [[nodiscard]] bool give(const LibraryDraft& entry, const UseDraft& use, Values& values);
  [[nodiscard]] Value value_of(const YamlEvent& event, const Values& values);
  [[nodiscard]] Recording filled(const LibraryDraft& entry, const Values& values,
                                 std::optional<Position> user);
  void fill(YamlEvent& event, const LibraryDraft& entry, const Values& values);
  [[nodiscard]] std::optional<Recording> complete_base(const LibraryDraft& entry, Recording&& base,
                                                       Position user);

  Library& library_;
  ProblemLog& log_;
  Check check_;
  EventStream stream_;  ///< of no file: what is read is put there
  Reader reader_;
  std::map<const LibraryDraft*, bool> looked_at_;
  std::vector<const LibraryDraft*> chain_;  ///< that are being completed, the outermost first
  std::size_t charged_ = 0;
};

}  // namespace heald
