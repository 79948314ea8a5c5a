#pragma once
// What the journal holds against what the engine decides again.

#include <optional>
#include <span>
#include <string>

#include "heald/decision.hpp"
#include "heald/state.hpp"
#include "journal/rows.hpp"

namespace heald {

/// One thing that is not the same.
struct Mismatch {
  std::string service;  ///< empty: of no service
  std::string what;     ///< "record 2: text", "state: health"
  std::string expected;  ///< as journaled
  std::string got;       ///< as decided again
};

[[nodiscard]] std::optional<Mismatch> compare(std::span<const RecordRow> journaled,
                                              std::span<const Record> replayed);
[[nodiscard]] std::optional<Mismatch> compare(const Snapshot& journaled, const Snapshot& replayed);

}  // namespace heald
