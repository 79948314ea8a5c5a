#pragma once
// The end of the recorder's ring that grows. On the recorder's thread.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/fd.hpp"
#include "heald/observation.hpp"
#include "heald/policy.hpp"
#include "journal/ring_block.hpp"

namespace heald {

/// An observation on its way to the ring.
struct ToRecord {
  Observation observation;
  Instant at;
  std::shared_ptr<const ServicePolicy> policy;  ///< it has the probe
};

/// Fills one block after the other. What is new is written behind what stands in the block, and the
/// header last: a death of heald in between leaves the block as it was before.
class RingWriter {
 public:
  /// Goes on in `file`, a ring of so many blocks. Nothing is read yet.
  RingWriter(Fd file, std::uint64_t blocks);

  /// Finds the place of the next block: reads the whole ring.
  void find_end();
  void put(const ToRecord& seen);
  /// Tells that so many observations were lost at this place.
  void put_dropped(std::uint64_t count);
  /// Writes what is new of the block. 0, or errno of a disk that did not take it: it is tried again
  /// with the next call, and given up only when the block is full.
  int flush();
  /// How many observations were given up since the last call. The ring tells them, too.
  std::uint64_t take_lost() { return std::exchange(lost_, 0); }

 private:
  struct Unwritten {
    std::uint64_t seen = 0;     ///< observations
    std::uint64_t dropped = 0;  ///< as told by entries that are not on the disk either
  };
  void clear();
  void append(Instant at, const std::string& entry, Unwritten what);
  std::uint64_t name(const ToRecord& seen, std::string& entry);
  void next_block();

  Fd file_;
  std::uint64_t blocks_;
  RingHeader header_;
  std::string block_;
  std::size_t written_ = 0;  ///< octets of the block that are on the disk; 0: nothing of it
  Instant last_{};
  std::map<std::pair<std::string, std::string>, std::uint64_t> names_;  ///< of this block
  Unwritten unwritten_;
  std::uint64_t lost_ = 0;
};

}  // namespace heald
