#include "policy/library.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "policy/library_tables.hpp"
#include "policy/load.hpp"
#include "policy/reader.hpp"
#include "policy/rule_files.hpp"
#include "policy/scalars.hpp"
#include "policy/shipped_library.hpp"
#include "policy/wording.hpp"

namespace heald {

namespace {

constexpr std::string_view suffix = ".yaml";
constexpr std::string_view brought = "built-in/";
// No path to a regular file ends like this.
constexpr char library_mark = '/';
constexpr std::size_t largest_library_file = std::size_t{1} << 20U;

std::string entry_of(std::string_view file) {
  const std::size_t slash = file.rfind('/');
  std::string_view name = slash == std::string_view::npos ? file : file.substr(slash + 1);
  if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
  return std::string{name};
}

bool is_there(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

void add_names(const std::string& folder, std::set<std::string>& names) {
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator{folder, error}) {
    const std::string name = file.path().filename();
    if (name.ends_with(suffix)) names.insert(entry_of(name));
  }
}

}  // namespace

bool Library::is_library_file(const RuleFile& file) { return file.name.ends_with(library_mark); }

void Library::keep(const RuleFile& file) {
  std::string name = file.name.substr(0, file.name.size() - 1);
  const std::string entry = entry_of(name);
  kept_->try_emplace(entry, RuleFile{std::move(name), file.text});
}

const LibraryDraft* Library::find(const std::string& name) {
  if (const auto own = rules_.library.find(name); own != rules_.library.end()) return &own->second;
  const auto [found, fresh] = found_.try_emplace(name);
  // Only a name is sure not to lead out of the folders.
  if (fresh && parse_name(name)) {
    if (const auto file = text_of(name)) found->second = read(name, *file);
  }
  return found->second ? &*found->second : nullptr;
}

std::optional<Library::Text> Library::text_of(const std::string& name) {
  if (kept_) {
    const auto found = kept_->find(name);
    if (found == kept_->end()) return std::nullopt;
    return Text{found->second.name, found->second.text};
  }
  for (const std::string& folder : folders_) {
    const std::string path = std::filesystem::path{folder} / (name + std::string{suffix});
    if (!is_there(path)) continue;
    auto text = read_rule_file(path, largest_library_file);
    if (text) return Text{path, *std::move(text)};
    log_.add({log_.add_file(path), 0, 0}, text.error().message);
    broken_.insert(name);
    return std::nullopt;
  }
  for (const ShippedFile& file : shipped_library()) {
    if (entry_of(file.name) != name) continue;
    return Text{std::string{brought}.append(file.name), std::string{file.text}};
  }
  return std::nullopt;
}

std::optional<LibraryDraft> Library::read(const std::string& name, const Text& file) {
  const std::uint32_t number = log_.add_file(file.name);
  const std::size_t problems = log_.size();
  EventStream stream{file.text, number, log_};
  Reader reader{stream, log_};
  RuleSet rules;
  FileDraft draft{&rules, FileDraft::Part::included, {}};
  YamlEvent key;
  if (reader.enter_mapping("a mapping (rule file)")) {
    while (reader.next_key(key)) {
      key.value == library_key ? read_library_section(reader, draft) : reader.skip();
    }
  }
  const auto found = rules.library.find(name);
  if (log_.size() == problems && found == rules.library.end()) {
    log_.add({number, 0, 0},
             "there is no library service " + heald::quoted(name) + " in this file");
  }
  if (log_.size() != problems) {
    broken_.insert(name);
    return std::nullopt;
  }
  taken_.push_back({file.name + library_mark, file.text});
  return std::move(found->second);
}

std::vector<std::string> Library::names() const {
  std::set<std::string> names;
  for (const auto& [name, entry] : rules_.library) names.insert(name);
  for (const std::string& folder : folders_) add_names(folder, names);
  for (const ShippedFile& file : shipped_library()) names.insert(entry_of(file.name));
  return {names.begin(), names.end()};
}

}  // namespace heald
