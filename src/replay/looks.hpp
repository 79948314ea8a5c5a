#pragma once
// What the recorder kept, as the lives of the journal lived it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "journal/event_log.hpp"
#include "journal/recording.hpp"

namespace heald {

/// A recorded look, in the life of heald that took it in.
struct Look {
  std::uint64_t start = 0;  ///< that life, as the journal counts them
  Recorded seen;
};

/// Something that the recorder has lost.
struct Hole {
  std::uint64_t start = 0;  ///< the life that lost it
  Instant from{};           ///< the last look known before it; `Instant{}`: none of that life
  Instant to = never;       ///< the first one after it; `never`: none of that life
  std::uint64_t looks = 0;   ///< at least so many
  std::uint64_t blocks = 0;  ///< or blocks that are torn, or gave way
};

/// The looks of a recording in their order. Those of lives that the journal has forgotten are
/// passed over.
class Looks {
 public:
  Looks(Recording recording, std::vector<LifeRow> lives);

  /// The next one; null: there is none. It stays the next one until `pop`.
  [[nodiscard]] const Look* next() const { return next_ ? &*next_ : nullptr; }
  void pop();
  /// The recording reaches back to the beginning of the life that its first look is of.
  [[nodiscard]] bool from_beginning() const { return from_beginning_; }
  /// Known as far as was popped.
  [[nodiscard]] const std::vector<Hole>& holes() const { return holes_; }

 private:
  [[nodiscard]] std::optional<std::uint64_t> start_of(const RecordingLife& life) const;

  Recording recording_;
  std::vector<LifeRow> lives_;
  bool from_beginning_ = false;
  std::optional<Look> next_;
  std::optional<Hole> open_;  ///< its end is not known yet
  std::vector<Hole> holes_;
};

}  // namespace heald
