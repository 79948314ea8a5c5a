#pragma once
// A command line that is run inside the test, with its output caught.

#include <sstream>
#include <string>
#include <vector>

#include "cli/cli.hpp"

namespace heald::test {

struct Printed {
  int status = -1;
  std::string out, err;
};

/// Runs `heald ARGUMENTS…` on a console of the test's; returns the exit status.
inline int heald(const std::vector<std::string>& arguments, Console& console,
                 const Verbs& verbs = {}) {
  std::vector<const char*> words{"heald"};
  for (const auto& argument : arguments) words.push_back(argument.c_str());
  return run_cli(static_cast<int>(words.size()), words.data(), verbs, console);
}

/// Runs `heald ARGUMENTS…`.
inline Printed heald(const std::vector<std::string>& arguments,
                     Console::Paint paint = Console::Paint::plain, const Verbs& verbs = {}) {
  std::ostringstream out;
  std::ostringstream err;
  Console console{out, err, paint};
  Printed printed;
  printed.status = heald(arguments, console, verbs);
  printed.out = out.str();
  printed.err = err.str();
  return printed;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace heald::test
