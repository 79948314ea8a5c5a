// What a rule asserts about a body, against a body that somebody else sends. The input: one byte
// that says which assertions there are, then their texts and the body, each after a line `===`.

#include <string>

#include "fuzz/input.hpp"
#include "probe/body_check.hpp"

namespace heald::fuzz {

void run(std::string_view bytes) {
  Input input{bytes};
  const std::uint8_t which = input.byte();
  BodyAssertion wanted;
  if ((which & 1U) != 0) wanted.contains = input.section();
  if ((which & 2U) != 0) wanted.matches = input.section();
  if ((which & 4U) != 0) {
    wanted.json.emplace();
    wanted.json->pointer = input.section();
    wanted.json->equals = input.section();
  }
  const auto check = BodyCheck::compile(wanted);
  if (!check) {
    require(!check.error().message.empty(), "it says what cannot be read");
    return;
  }
  const std::string_view body = input.rest();
  const auto complaint = (*check)->complaint(body);
  require(complaint == (*check)->complaint(body), "equal bodies are judged alike");
  if (wanted.contains && body.find(*wanted.contains) == std::string_view::npos) {
    require(complaint.has_value(), "what is missing is complained of");
  }
  constexpr std::size_t longest = 512;
  const std::size_t pointer = wanted.json ? wanted.json->pointer.size() : 0;
  require(!complaint || complaint->size() <= longest + pointer, "a complaint is short");
}

}  // namespace heald::fuzz
