// The recorder's ring, read back. The input: blocks, each with a true checksum or a wrong one,
// whole or cut; or the octets of a file. Reading ends, whatever they are, and goes on past what is
// torn.

#include "journal/recording.hpp"

#include <algorithm>
#include <string>

#include "fuzz/input.hpp"
#include "journal/recorder.hpp"
#include "journal/ring_block.hpp"
#include "support/temporary_folder.hpp"

namespace heald::fuzz {

namespace {

std::string some_block(Input& input) {
  RingHeader header;
  const bool huge = input.one_in(8);
  header.number = input.number(huge ? 8 : 1);
  header.opened_ms = input.number(huge ? 8 : 2);
  header.first_ns = input.number(huge ? 8 : 4);
  header.pid = static_cast<std::uint32_t>(input.number(2));
  const std::string_view payload = input.section();
  header.length = static_cast<std::uint32_t>(payload.size());
  std::string block(ring_header_size, '\0');
  block.append(payload).resize(ring_block_size);
  seal_block(block, header);
  if (input.one_in(8)) block[input.number(2) % block.size()] ^= 1;
  return block;
}

std::string some_ring(Input& input) {
  if (input.one_in(8)) return std::string{input.rest()};
  std::string ring;
  for (int blocks = 0; blocks < 8 && !input.empty(); ++blocks) ring += some_block(input);
  return ring;
}

}  // namespace

void run(std::string_view bytes) {
  static const test::TemporaryFolder folder;
  Input input{bytes};
  const std::string ring = some_ring(input);
  folder.write("observations.ring", ring);
  auto recording = Recording::open(ring_path(folder.path()));
  require(recording.has_value(), "a file that is there can be read");
  // An entry takes an octet at least, and before each block there may be a gap.
  std::size_t most = ring.size() + ring.size() / ring_block_size + 1;
  while (const auto entry = recording->next()) require(most-- > 0, "reading ends");

  auto recorder = open_recorder(folder.path(), {Bytes{ring_block_size * 4}, 16, {}});
  require(recorder.has_value(), "a recorder goes on in whatever is there");
}

}  // namespace heald::fuzz
