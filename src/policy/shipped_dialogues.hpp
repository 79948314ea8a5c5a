#pragma once
// The dialogues that heald brings: src/policy/dialogues.yaml, in the program.

#include <span>
#include <string_view>

#include "policy/event_stream.hpp"

namespace heald {

/// "mysql", "redis"; sorted.
[[nodiscard]] std::span<const std::string_view> shipped_dialogue_names();

/// The list of its steps, as a rule file would have it. `name` is one of the names.
[[nodiscard]] Recording shipped_dialogue(std::string_view name);

/// The file. Its source is written by cmake/embedded_text.cmake.
[[nodiscard]] std::string_view shipped_dialogues_text();

}  // namespace heald
