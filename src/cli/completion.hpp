#pragma once
// Completion: what may stand at the end of a command line, and the scripts that ask for it.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace heald {

/// The command line, as far as completion needs to know it.
struct VerbShape {
  struct Option {
    std::vector<std::string> names;  ///< "--output", "-o"
    std::string value;               ///< the word for its value: "FILE"; empty: it takes none
    std::string text;
  };
  std::string name, text;
  std::vector<Option> options;
  std::vector<std::string> positionals;  ///< the words for their values, in their order
};

/// One that may follow; as a line "WORD" or "WORD\tTEXT".
struct Candidate {
  std::string word, text;
};

struct Completion {
  std::vector<Candidate> candidates;
  bool files = false;  ///< the shell knows best
};

/// Completes the last of `words`, which may be empty; those before it stand. `services` is asked
/// for the names of services when one may follow, with the socket that the words name, or "".
[[nodiscard]] Completion complete(
    const std::vector<VerbShape>& verbs, const std::vector<std::string>& words,
    const std::function<std::vector<std::string>(const std::string& socket)>& services);

/// The names, as far as the daemon on this socket tells them at once; nothing when it does not.
[[nodiscard]] std::vector<std::string> services_of(const std::string& socket);

/// The script for "bash", "zsh" or "fish"; empty for anything else.
[[nodiscard]] std::string_view completion_script(std::string_view shell);

}  // namespace heald
