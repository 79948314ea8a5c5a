#include "policy/load.hpp"

#include <openssl/evp.h>

#include <array>
#include <deque>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "policy/event_stream.hpp"
#include "policy/library.hpp"
#include "policy/lint.hpp"
#include "policy/reader.hpp"
#include "policy/references.hpp"
#include "policy/rule_files.hpp"
#include "policy/service_reading.hpp"
#include "policy/sharing.hpp"
#include "policy/tables.hpp"
#include "policy/use.hpp"
#include "policy/variables.hpp"
#include "policy/wording.hpp"

namespace heald {

namespace {

// SHA-256 over the content of all files, each led by its length, so that moving a line from one
// file to the next is a change.
class Digest {
 public:
  Digest() {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) {
      throw std::runtime_error{"cannot compute a SHA-256 digest"};
    }
  }
  void add(std::string_view text) {
    const std::string length = std::to_string(text.size()) + ":";
    EVP_DigestUpdate(context_.get(), length.data(), length.size());
    EVP_DigestUpdate(context_.get(), text.data(), text.size());
  }
  [[nodiscard]] std::string first_digits() {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::array<unsigned char, EVP_MAX_MD_SIZE> octets{};
    EVP_DigestFinal_ex(context_.get(), octets.data(), nullptr);
    std::string text;
    for (std::size_t i = 0; i < 6; ++i) {
      text.append(1, digits[octets.at(i) >> 4U]).append(1, digits[octets.at(i) & 15U]);
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(),
                                                                   &EVP_MD_CTX_free};
};

/// Where library services are looked for unless the rules say where.
constexpr std::array<std::string_view, 2> default_library{"/etc/heald/library",
                                                          "/usr/share/heald/rules"};

/// The first file that is read is the main one.
FileDraft::Part part_of(std::size_t index) {
  return index == 0 ? FileDraft::Part::main : FileDraft::Part::included;
}

class Loader {
 public:
  void load_file(const std::string& path);
  void load_text(std::string_view text, std::string_view name);
  void load_again(const std::vector<RuleFile>& files);
  [[nodiscard]] Loaded finish();

 private:
  /// A file that was read or is to be, and why.
  struct File {
    std::string path;
    std::string identity;
    std::uint32_t number;     ///< in the log
    std::size_t included_by;  ///< index of a file; 0 for the main one
    Position named_at;        ///< where it is included; for the main one the whole file
  };

  void load(std::size_t index);
  [[nodiscard]] std::vector<std::string> library_folders();
  void use_library();
  void take_variables(std::string_view text);
  std::vector<Mention> read_text(std::string_view text, std::uint32_t number,
                                 FileDraft::Part part);
  void include(std::size_t by, const Mention& pattern);
  void include_file(std::size_t by, const std::string& path, Position at);
  bool closes_cycle(std::size_t by, const std::string& path, const std::string& identity,
                    Position at);

  ProblemLog log_;
  Variables variables_;
  RuleSet rules_;
  Library library_{rules_, log_};
  LibraryUse::Check library_check_ = LibraryUse::Check::first;
  Digest digest_;
  std::deque<File> files_;
  std::unordered_set<std::string> included_;  ///< identities
  std::vector<RuleFile> read_;  ///< what was read, in its order
  std::size_t octets_ = 0;
  bool complete_ = true;  ///< every file was read to its end
};

void Loader::load_file(const std::string& path) {
  const std::uint32_t number = log_.add_file(path);
  files_.push_back({path, identity_of(path), number, 0, {number, 0, 0}});
  // Files that are included join at the end while this goes on.
  for (std::size_t index = 0; index < files_.size() && !log_.full(); ++index) load(index);
  library_.search(library_folders());
}

std::vector<std::string> Loader::library_folders() {
  if (!rules_.daemon.library) return {default_library.begin(), default_library.end()};
  std::vector<std::string> folders;
  for (const Mention& folder : *rules_.daemon.library) {
    folders.push_back(std::filesystem::path{files_.front().path}.parent_path() / folder.name);
    std::error_code error;
    if (folder.name.empty() || std::filesystem::is_directory(folders.back(), error)) continue;
    log_.add(folder.at, "there is no folder " + heald::quoted(folders.back()));
  }
  return folders;
}

// Entries may stand behind those that use them, and in another file.
void Loader::use_library() {
  LibraryUse use{library_, log_, variables_, library_check_};
  if (library_check_ == LibraryUse::Check::first) {
    for (const auto& [name, entry] : rules_.library) use.look_at(entry);
  }
  for (WaitingService& service : rules_.waiting) {
    if (!log_.full()) use.read(std::move(service), rules_);
  }
  restore_order(rules_);
}

void Loader::load(std::size_t index) {
  const File& file = files_[index];
  auto text = read_rule_file(file.path, largest_rules - octets_);
  if (!text) {
    complete_ = false;
    return log_.add(file.named_at, text.error().message);
  }
  octets_ += text->size();
  const auto part = part_of(index);
  for (const Mention& pattern : read_text(*text, file.number, part)) {
    include(index, pattern);
  }
  read_.push_back({files_[index].path, *std::move(text)});
}

void Loader::load_text(std::string_view text, std::string_view name) {
  const std::uint32_t number = log_.add_file(std::string{name});
  if (text.size() > largest_rules) {
    return log_.add({number, 0, 0}, "the rules are larger than " +
                                        std::to_string(largest_rules >> 20U) + " MiB");
  }
  for (const Mention& pattern : read_text(text, number, FileDraft::Part::main)) {
    log_.add(pattern.at,
             "cannot include " + heald::quoted(pattern.name) + ": these rules are no file");
  }
}

void Loader::load_again(const std::vector<RuleFile>& files) {
  // Rules that took nothing have no such entry; here and now they must take nothing either.
  take_variables("{}");
  library_check_ = LibraryUse::Check::needless;
  library_.look_in_kept();
  for (const RuleFile& file : files) {
    if (file.name == variables_file) {
      take_variables(file.text);
    } else if (Library::is_library_file(file)) {
      library_.keep(file);
    }
  }
  for (std::size_t index = 0; index < files.size(); ++index) {
    if (files[index].name == variables_file || Library::is_library_file(files[index])) continue;
    (void)read_text(files[index].text, log_.add_file(files[index].name), part_of(index));
  }
}

void Loader::take_variables(std::string_view text) {
  auto variables = Variables::remembered(text);
  if (variables) {
    variables_ = *std::move(variables);
  } else {
    log_.add({log_.add_file("the variables"), 0, 0}, variables.error().message);
  }
}

std::vector<Mention> Loader::read_text(std::string_view text, std::uint32_t number,
                                       FileDraft::Part part) {
  digest_.add(text);
  EventStream stream{text, number, log_};
  Reader reader{stream, log_, &variables_};
  FileDraft draft{&rules_, part, {}};
  const bool nothing = reader.peek().kind == EventKind::end || reader.peek().is_null();
  if (nothing && part == FileDraft::Part::main && !stream.failed()) {
    // A file cut to nothing must not stop everything on the next reload.
    log_.add({number, 1, 1}, "the rules are empty; expected at least 'services: {}'");
  } else if (!nothing) {
    reader.read(file_mapping, draft);
    // What follows the top level's value, a second document, is found on the way to the end.
    while (reader.take().kind != EventKind::end) {
    }
  }
  complete_ = complete_ && !stream.failed();
  return std::move(draft.includes);
}

void Loader::include(std::size_t by, const Mention& pattern) {
  if (pattern.name.empty()) return;
  const auto found = find_included(files_[by].path, pattern.name);
  if (!found) return log_.add(pattern.at, found.error().message);
  for (const std::string& path : *found) include_file(by, path, pattern.at);
}

void Loader::include_file(std::size_t by, const std::string& path, Position at) {
  const std::string identity = identity_of(path);
  if (closes_cycle(by, path, identity, at)) return;
  // Patterns may overlap; a file counts once.
  if (!included_.insert(identity).second) return;
  files_.push_back({path, identity, log_.add_file(path), by, at});
}

bool Loader::closes_cycle(std::size_t by, const std::string& path, const std::string& identity,
                          Position at) {
  std::string chain = path;
  for (std::size_t index = by;; index = files_[index].included_by) {
    chain.insert(0, files_[index].path + " -> ");
    if (files_[index].identity == identity) {
      log_.add(at, "include cycle: " + chain);
      return true;
    }
    if (index == 0) return false;
  }
}

Loaded Loader::finish() {
  // With a part of the rules missing, names would be missed that are there.
  if (complete_) use_library();
  if (complete_) expand_instances(rules_, log_);
  if (complete_) check_references(rules_, log_);
  if (complete_) check_cycles(rules_, log_);
  if (!log_.empty()) return {std::nullopt, log_.take(), {}, {}};
  lint_rules(rules_, log_);
  for (RuleFile& file : library_.taken()) {
    digest_.add(file.text);
    read_.push_back(std::move(file));
  }
  if (std::string used = variables_.used(); !used.empty()) {
    digest_.add(used);
    read_.push_back({std::string{variables_file}, std::move(used)});
  }
  Policy policy;
  policy.revision = digest_.first_digits();
  policy.daemon = std::move(rules_.daemon.policy);
  if (!rules_.group_at.contains("all")) {
    GroupPolicy all;
    all.name = "all";
    policy.groups.push_back(std::move(all));
  }
  for (GroupPolicy& group : rules_.groups) policy.groups.push_back(std::move(group));
  policy.receivers = std::move(rules_.receivers);
  share_equal_parts(rules_.services);
  policy.services.assign(std::make_move_iterator(rules_.services.begin()),
                         std::make_move_iterator(rules_.services.end()));
  return {std::move(policy), {}, log_.take_warnings(), std::move(read_)};
}

}  // namespace

Loaded load_rules(const std::string& path) {
  Loader loader;
  loader.load_file(path);
  return loader.finish();
}

Loaded parse_rules(std::string_view text, std::string_view name) {
  Loader loader;
  loader.load_text(text, name);
  return loader.finish();
}

Loaded parse_rule_files(const std::vector<RuleFile>& files) {
  Loader loader;
  loader.load_again(files);
  return loader.finish();
}

}  // namespace heald
