#include "journal/ring_writer.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string_view>

#include "base/utf8.hpp"
#include "journal/recording.hpp"

namespace heald {

namespace {

constexpr std::size_t longest_evidence = 256;

std::uint64_t milliseconds_since_1970() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

std::uint64_t nanoseconds(Duration span) {
  return static_cast<std::uint64_t>(std::max(span, Duration{}).count());
}

/// All of it, or errno.
int write_at(int file, std::string_view octets, std::uint64_t offset) {
  const ssize_t wrote = ::pwrite(file, octets.data(), octets.size(), static_cast<off_t>(offset));
  if (wrote < 0) return errno;
  return wrote == static_cast<ssize_t>(octets.size()) ? 0 : ENOSPC;
}

}  // namespace

RingWriter::RingWriter(Fd file, std::uint64_t blocks) : file_(std::move(file)), blocks_(blocks) {
  header_.number = 1;
  header_.pid = static_cast<std::uint32_t>(::getpid());
  header_.opened_ms = milliseconds_since_1970();
  clear();
}

void RingWriter::find_end() { header_.number = next_block_number(file_.get(), blocks_); }

void RingWriter::clear() {
  block_.assign(ring_header_size, '\0');
  written_ = 0;
  names_.clear();
  last_ = Instant{};
  unwritten_ = {};
}

// The number of the probe's name in this block, told in the block before its first use.
std::uint64_t RingWriter::name(const ToRecord& seen, std::string& entry) {
  const std::string& probe = seen.policy->probes[seen.observation.probe.value()].name;
  const auto [found, fresh] = names_.try_emplace({seen.policy->name, probe}, names_.size());
  if (fresh) {
    put_number(entry, static_cast<std::uint64_t>(RingEntry::name));
    put_text(entry, seen.policy->name);
    put_text(entry, probe);
  }
  return found->second;
}

void RingWriter::put(const ToRecord& seen) {
  const Observation& look = seen.observation;
  for (;;) {
    std::string entry;
    const std::uint64_t number = name(seen, entry);
    const Instant before = last_ == Instant{} ? seen.at : last_;
    put_number(entry, static_cast<std::uint64_t>(RingEntry::observation));
    put_number(entry, number);
    put_number(entry, nanoseconds(seen.at - before));
    put_number(entry, nanoseconds(seen.at - look.begun));
    put_number(entry, nanoseconds(look.took));
    put_number(entry, static_cast<std::uint64_t>(look.outcome) * 2 + (look.answered ? 1 : 0));
    put_text(entry, valid_utf8(look.evidence, longest_evidence));
    if (block_.size() + entry.size() <= ring_block_size) return append(seen.at, entry, {1, 0});
    next_block();  // its names begin anew, so the entry is made again
  }
}

void RingWriter::put_dropped(std::uint64_t count) {
  std::string entry;
  put_number(entry, static_cast<std::uint64_t>(RingEntry::dropped));
  put_number(entry, count);
  if (block_.size() + entry.size() > ring_block_size) next_block();
  append(last_, entry, {0, count});
}

void RingWriter::append(Instant at, const std::string& entry, Unwritten what) {
  if (last_ == Instant{}) header_.first_ns = nanoseconds(at.time_since_epoch());
  last_ = at;
  block_ += entry;
  unwritten_.seen += what.seen;
  unwritten_.dropped += what.dropped;
}

/// What the disk did not take of a full block is given up, and told where the next one begins. A
/// block of which nothing was written leaves its number to the next.
void RingWriter::next_block() {
  (void)flush();
  const Unwritten gone = unwritten_;
  lost_ += gone.seen;
  if (written_ > 0) ++header_.number;
  clear();
  if (gone.seen + gone.dropped > 0) put_dropped(gone.seen + gone.dropped);
}

int RingWriter::flush() {
  if (block_.size() == std::max(written_, ring_header_size)) return 0;
  header_.length = static_cast<std::uint32_t>(block_.size() - ring_header_size);
  seal_block(block_, header_);
  const std::string_view block{block_};
  const std::uint64_t offset = header_.number % blocks_ * ring_block_size;
  const std::size_t from = std::max(written_, ring_header_size);
  int error = write_at(file_.get(), block.substr(from), offset + from);
  if (error == 0) error = write_at(file_.get(), block.substr(0, ring_header_size), offset);
  if (error != 0) return error;
  written_ = block_.size();
  unwritten_ = {};
  return 0;
}

}  // namespace heald
