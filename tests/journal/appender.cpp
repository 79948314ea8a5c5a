// Appends to the journal of a folder until it is killed, and writes the number of each entry to
// standard output once it is told to be durable.

#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "journal/entries.hpp"

int main(int argc, char** argv) {
  using namespace heald;
  if (argc != 2) return EXIT_FAILURE;
  JournalOptions options = test::small_options();
  auto opened = open_journal(argv[1], std::move(options));
  if (!opened) {
    std::cerr << opened.error().message << '\n';
    return EXIT_FAILURE;
  }
  for (std::int64_t i = 1;; ++i) {
    opened->journal->append(test::entry(i), [i](const std::string& why_not) {
      if (!why_not.empty()) std::_Exit(EXIT_FAILURE);
      if (::write(STDOUT_FILENO, &i, sizeof i) != sizeof i) std::_Exit(EXIT_FAILURE);
    });
    constexpr std::int64_t at_once = 16;
    if (i % at_once == 0) opened->journal->flush();
  }
}
