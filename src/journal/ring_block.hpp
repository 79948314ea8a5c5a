#pragma once
// A block of the recorder's ring. docs/journal.md, "The recorder", has the format.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heald/time.hpp"

namespace heald {

inline constexpr std::size_t ring_block_size = std::size_t{16} << 10U;
inline constexpr std::size_t ring_header_size = 48;
/// No instant and no span in a ring is greater, so that sums of two stay within an Instant.
inline constexpr Duration ring_horizon = std::chrono::hours{24} * 36525;
inline constexpr std::uint32_t ring_magic = 0x31424f48;  ///< "HOB1"

/// What a ring is called in its state folder.
[[nodiscard]] inline std::string ring_path(const std::string& state_dir) {
  return state_dir + "/observations.ring";
}

/// Kinds of entries in a block.
enum class RingEntry : std::uint8_t { name = 1, observation = 2, dropped = 3 };

struct RingHeader {
  std::uint64_t number = 0;  ///< counts up from 1 over the life of the ring
  std::uint64_t opened_ms = 0;  ///< wall time at which the heald that wrote it opened the ring
  std::uint32_t pid = 0;        ///< of that heald
  std::uint32_t length = 0;     ///< octets after the header
  std::uint64_t first_ns = 0;   ///< engine time that the entries count from
};

/// Writes the header in front of the payload, with the checksum over both.
void seal_block(std::string& block, const RingHeader& header);
/// The header of a whole block; empty: it is torn, was never written, or not by a heald.
[[nodiscard]] std::optional<RingHeader> open_block(std::string_view block);

void put_number(std::string& out, std::uint64_t value);
void put_text(std::string& out, std::string_view text);

/// Takes numbers, spans and texts off the front. Past the end, or where there is what no heald
/// writes, everything is zero and `good` false.
class RingReader {
 public:
  explicit RingReader(std::string_view rest) : rest_(rest) {}
  std::uint64_t number();
  /// Of nanoseconds, up to `ring_horizon`.
  Duration span();
  std::string_view text();
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  void fail();

  std::string_view rest_;
  bool good_ = true;
};

}  // namespace heald
