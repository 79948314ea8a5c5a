#include "journal/ring_block.hpp"

#include <boost/crc.hpp>
#include <bit>
#include <cstring>

namespace heald {

namespace {

static_assert(std::endian::native == std::endian::little, "the ring is little-endian");

template <class T>
void store(std::string& block, std::size_t at, T value) {
  std::memcpy(block.data() + at, &value, sizeof value);
}

template <class T>
T fetch(std::string_view block, std::size_t at) {
  T value{};
  std::memcpy(&value, block.data() + at, sizeof value);
  return value;
}

std::uint32_t checksum(std::string_view octets) {
  boost::crc_32_type crc;
  crc.process_bytes(octets.data(), octets.size());
  return crc.checksum();
}

/// No ring reaches it, and there is room above to count on.
constexpr std::uint64_t greatest_number = std::uint64_t{1} << 62U;

// Where the fields of a header are.
constexpr std::size_t at_magic = 0, at_checksum = 4, at_number = 8, at_opened = 16, at_first = 24,
                      at_pid = 32, at_length = 36, at_end = 40;
static_assert(at_end <= ring_header_size);

}  // namespace

void seal_block(std::string& block, const RingHeader& header) {
  store(block, at_magic, ring_magic);
  store(block, at_number, header.number);
  store(block, at_opened, header.opened_ms);
  store(block, at_first, header.first_ns);
  store(block, at_pid, header.pid);
  store(block, at_length, header.length);
  const std::size_t covered = ring_header_size + header.length - at_number;
  store(block, at_checksum, checksum(std::string_view{block}.substr(at_number, covered)));
}

std::optional<RingHeader> open_block(std::string_view block) {
  if (block.size() < ring_header_size) return std::nullopt;
  if (fetch<std::uint32_t>(block, at_magic) != ring_magic) return std::nullopt;
  RingHeader header;
  header.number = fetch<std::uint64_t>(block, at_number);
  header.opened_ms = fetch<std::uint64_t>(block, at_opened);
  header.first_ns = fetch<std::uint64_t>(block, at_first);
  header.pid = fetch<std::uint32_t>(block, at_pid);
  header.length = fetch<std::uint32_t>(block, at_length);
  if (header.length > block.size() - ring_header_size) return std::nullopt;
  const std::size_t covered = ring_header_size + header.length - at_number;
  const std::uint32_t found = checksum(block.substr(at_number, covered));
  if (found != fetch<std::uint32_t>(block, at_checksum)) return std::nullopt;
  const bool ours = header.number > 0 && header.number < greatest_number &&
                    header.first_ns <= static_cast<std::uint64_t>(ring_horizon.count());
  if (!ours) return std::nullopt;
  return header;
}

void put_number(std::string& out, std::uint64_t value) {
  constexpr std::uint64_t low = 0x7f, more = 0x80;
  for (; value > low; value >>= 7U) out.push_back(static_cast<char>((value & low) | more));
  out.push_back(static_cast<char>(value));
}

void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out.append(text);
}

std::uint64_t RingReader::number() {
  constexpr unsigned widest = 63;
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift <= widest && !rest_.empty(); shift += 7) {
    const auto octet = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(octet & 0x7fU) << shift;
    if ((octet & 0x80U) == 0) return value;
  }
  fail();
  return 0;
}

Duration RingReader::span() {
  const std::uint64_t nanoseconds = number();
  if (nanoseconds <= static_cast<std::uint64_t>(ring_horizon.count())) {
    return Duration{static_cast<Duration::rep>(nanoseconds)};
  }
  fail();
  return {};
}

std::string_view RingReader::text() {
  const std::uint64_t length = number();
  if (length > rest_.size()) {
    fail();
    return {};
  }
  const std::string_view taken = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return taken;
}

void RingReader::fail() {
  good_ = false;
  rest_ = {};
}

}  // namespace heald
