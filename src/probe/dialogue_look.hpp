#pragma once
// The probes of TCP ports and unix sockets. The pure part, for its tests.

#include <vector>

#include "heald/examination.hpp"
#include "net/dialogue.hpp"
#include "probe/finding.hpp"

namespace heald {

/// What a dialogue came to: on a fail, what came and what was awaited.
[[nodiscard]] Finding judge_dialogue(const DialogueSteps& rules, const DialogueResult& result);

/// What was awaited, one by one, as far as the dialogue got.
[[nodiscard]] std::vector<LookCheck> checks_of(const DialogueSteps& rules,
                                               const DialogueResult& result);

}  // namespace heald
