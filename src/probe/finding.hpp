#pragma once
// What a look comes to, and the words for it.

#include <string>
#include <string_view>

#include "heald/observation.hpp"
#include "net/failure.hpp"

namespace heald {

struct Finding {
  Outcome outcome = Outcome::pass;
  bool answered = true;
  std::string evidence;  ///< at most 512 bytes of valid UTF-8; empty on a pass
};

/// The target answered, and not well.
[[nodiscard]] Finding failed(std::string_view evidence);
/// Nothing came back.
[[nodiscard]] Finding silent(std::string_view evidence);
/// The prober could not look.
[[nodiscard]] Finding could_not_look(std::string_view why);
/// What our own fault is, is not the target's.
[[nodiscard]] Finding judge_failure(const NetFailure& failure);

/// What a peer said, on one line: in quotes, cut, with everything that is not to be seen escaped.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace heald
