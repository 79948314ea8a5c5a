#pragma once
// What readers of a journal make of what SQLite throws.

#include <exception>

#include "base/result.hpp"
#include "journal/database.hpp"

namespace heald {

/// What `ask` gives, or that the journal cannot be read and why.
template <class Ask>
auto answered(const Database& database, Ask ask) -> Result<decltype(ask())> {
  try {
    return ask();
  } catch (const std::exception& error) {
    return Error{"cannot read the journal " + database.path() + ": " + error.what()};
  }
}

}  // namespace heald
