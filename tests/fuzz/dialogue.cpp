// A dialogue with a loopback peer. The input: the size of the pieces, then what is expected,
// then what the peer says, after a line `===`. The verdict must be what a plain search says.

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "fuzz/input.hpp"
#include "fuzz/loopback_peer.hpp"
#include "net/dialogue.hpp"

namespace heald::fuzz {

void run(std::string_view bytes) {
  static boost::asio::io_context context{1};
  static LoopbackPeer peer{context};
  Input input{bytes};
  const std::size_t piece = input.byte();
  DialogueScript script;
  script.target = std::make_shared<const Target>("127.0.0.1", peer.port(), std::nullopt);
  std::string expect{input.section()};
  if (expect.empty()) expect = "\r";
  using Kind = DialogueStep::Kind;
  script.steps = {{Kind::send, "PING\r\n", {}}, {Kind::expect, expect, {}}};
  std::string said{input.rest()};
  if (piece == 0) {  // a long answer: what is expected may lie across the limit
    constexpr std::size_t limit = 65536;
    said.insert(0, limit - std::min(limit, said.size() / 2), 'x');
  }
  peer.script({said}, piece);
  std::optional<DialogueResult> result;
  start_dialogue(context, std::make_shared<const DialogueScript>(script), 5s,
                 [&](DialogueResult got) { result = std::move(got); });
  while (!result) context.run_one();
  context.poll();
  constexpr std::size_t read_limit = 65536;
  const bool there = said.substr(0, read_limit).find(expect) != std::string::npos;
  require(result->failure.has_value() != there, "it succeeds exactly when it was said");
  require(said.starts_with(result->received), "what was received is what was said");
  if (!result->failure) return;
  const bool long_one = said.size() >= read_limit;
  const auto expected = long_one ? NetFailureKind::limit : NetFailureKind::closed;
  require(result->failure->kind == expected, "a failure names its kind");
}

}  // namespace heald::fuzz
