// Events and states as the journal holds them. What can be read is written as a text that reads
// as the same. The input: one byte for what it is, then JSON.

#include <array>
#include <string>

#include "fuzz/input.hpp"
#include "journal/codec.hpp"

namespace heald::fuzz {

namespace {

constexpr std::array kinds{"policy_loaded",   "restarted",       "process_found",
                           "adoption_finished", "observation",   "action_finished",
                           "action_withheld", "process_exited",  "journal_changed",
                           "stalled",         "operated",        "shutdown_requested",
                           "tick",            "no such kind"};

template <class Decode>
void there_and_back(std::string_view json, Decode decode) {
  const auto read = decode(json);
  if (!read) {
    require(!read.error().message.empty(), "it says what is wrong");
    return;
  }
  const std::string written = encode(*read);
  const auto again = decode(std::string_view{written});
  require(again.has_value(), "what was written can be read");
  require(encode(*again) == written, "and is the same");
}

}  // namespace

void run(std::string_view bytes) {
  Input input{bytes};
  const std::size_t what = input.below(kinds.size() + 2);
  const std::string_view json = input.rest();
  if (what == kinds.size()) return there_and_back(json, decode_service);
  if (what == kinds.size() + 1) return there_and_back(json, decode_daemon);
  there_and_back(json, [&](std::string_view text) {
    return decode_event(kinds.at(what), Instant{}, text);
  });
}

}  // namespace heald::fuzz
