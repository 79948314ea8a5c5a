#pragma once
// Where the services of the library are found.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "heald/life.hpp"
#include "policy/drafts.hpp"
#include "policy/problem.hpp"

namespace heald {

/// Looks in the rule files, then in folders, then in what heald brings; or, when rules are read
/// again, in what was kept of these. An entry NAME outside of the rule files is the one of that
/// name in a file NAME.yaml.
class Library {
 public:
  /// Both must outlive the library.
  Library(const RuleSet& rules, ProblemLog& log) : rules_(rules), log_(log) {}

  /// Looks in these folders too; without, in none.
  void search(std::vector<std::string> folders) { folders_ = std::move(folders); }
  /// Looks only in the files that are kept, from here on.
  void look_in_kept() { kept_.emplace(); }
  void keep(const RuleFile& file);

  /// Nothing where there is none; or none that can be read, which is reported.
  [[nodiscard]] const LibraryDraft* find(const std::string& name);
  /// Whether there is one that cannot be read.
  [[nodiscard]] bool is_broken(const std::string& name) const { return broken_.contains(name); }
  /// All names, for advice.
  [[nodiscard]] std::vector<std::string> names() const;

  /// The files that entries were taken from, in that order. A name like these names no rule file.
  [[nodiscard]] std::vector<RuleFile>& taken() { return taken_; }
  [[nodiscard]] static bool is_library_file(const RuleFile& file);

 private:
  struct Text {
    std::string name, text;
  };
  [[nodiscard]] std::optional<Text> text_of(const std::string& name);
  [[nodiscard]] std::optional<LibraryDraft> read(const std::string& name, const Text& file);

  const RuleSet& rules_;
  ProblemLog& log_;
  std::vector<std::string> folders_;
  std::optional<std::map<std::string, RuleFile>> kept_;
  std::map<std::string, std::optional<LibraryDraft>> found_;
  std::set<std::string> broken_;
  std::vector<RuleFile> taken_;
};

}  // namespace heald
