#include "cli/completion.hpp"

#include <algorithm>

#include "cli/answers.hpp"
#include "cli/client.hpp"

namespace heald {

namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

/// Nobody waits longer for a list of names.
constexpr Duration patience = 500ms;

const VerbShape::Option* find_option(const VerbShape& verb, const std::string& name) {
  for (const auto& option : verb.options) {
    if (std::count(option.names.begin(), option.names.end(), name) != 0) return &option;
  }
  return nullptr;
}

bool is_option(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

/// What the words before the last one amount to.
struct Standing {
  const VerbShape::Option* open = nullptr;  ///< waits for its value
  std::size_t positionals = 0;
  std::string socket;
};

Standing standing(const VerbShape& verb, const Words& words) {
  Standing found;
  for (std::size_t place = 1; place + 1 < words.size(); ++place) {
    const std::string& word = words[place];
    if (found.open != nullptr) {
      if (found.open->names.front() == "--socket") found.socket = word;
      found.open = nullptr;
    } else if (!is_option(word)) {
      ++found.positionals;
    } else if (const auto* option = find_option(verb, word); option && !option->value.empty()) {
      found.open = option;
    } else if (word.starts_with("--socket=")) {
      found.socket = word.substr(std::string_view{"--socket="}.size());
    }
  }
  return found;
}

/// Values by the word that the help has for them.
Completion values(const std::string& kind, const std::function<Words()>& services) {
  const auto of = [](const Words& words) {
    Completion completion;
    for (const auto& word : words) completion.candidates.push_back({word, ""});
    return completion;
  };
  if (kind.starts_with("SERVICE")) return of(services());
  if (kind == "FORMAT") return of({"table", "json"});
  if (kind == "LEVEL") return of({"debug", "info", "warning", "error", "off"});
  if (kind == "SHELL") return of({"bash", "zsh", "fish"});
  const Words files{"FILE", "PATH", "FOLDER", "SCRIPT", "JOURNAL"};
  Completion completion;
  completion.files = std::count(files.begin(), files.end(), kind) != 0;
  return completion;
}

Completion options(const VerbShape& verb, const Words& words) {
  Completion completion;
  for (const auto& option : verb.options) {
    const bool given = std::any_of(words.begin(), words.end() - 1, [&](const std::string& word) {
      return std::count(option.names.begin(), option.names.end(), word) != 0;
    });
    if (!given) completion.candidates.push_back({option.names.front(), option.text});
  }
  return completion;
}

Completion all(const std::vector<VerbShape>& verbs, const Words& words,
               const std::function<Words(const std::string& socket)>& services) {
  Completion completion;
  if (words.size() == 1) {
    for (const auto& verb : verbs) completion.candidates.push_back({verb.name, verb.text});
    return completion;
  }
  const auto verb = std::find_if(verbs.begin(), verbs.end(),
                                 [&](const auto& one) { return one.name == words.front(); });
  if (verb == verbs.end()) return completion;
  const auto before = standing(*verb, words);
  const auto ask = [&] { return services(before.socket); };
  if (before.open != nullptr) return values(before.open->value, ask);
  if (is_option(words.back()) || words.back() == "-") return options(*verb, words);
  if (before.positionals >= verb->positionals.size()) return completion;
  return values(verb->positionals[before.positionals], ask);
}

}  // namespace

Completion complete(const std::vector<VerbShape>& verbs, const Words& words,
                    const std::function<Words(const std::string& socket)>& services) {
  if (words.empty()) return {};
  Completion completion = all(verbs, words, services);
  std::erase_if(completion.candidates, [&](const Candidate& candidate) {
    return !candidate.word.starts_with(words.back());
  });
  return completion;
}

std::vector<std::string> services_of(const std::string& socket) {
  Words names;
  const Client client{socket};
  std::string target = "/v1/status";
  for (;;) {
    const auto answer = client.get(target, patience);
    if (!answer || answer->status != 200) return names;
    const auto page = read_status(answer->body);
    if (!page) return names;
    for (const auto& service : page->services) {
      // A name with a control character in it cannot be a line, nor be typed.
      const bool plain = std::none_of(service.name.begin(), service.name.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
      });
      if (plain) names.push_back(service.name);
    }
    if (!page->next_after) return names;
    target = "/v1/status?after=" + std::to_string(*page->next_after);
  }
}

}  // namespace heald
