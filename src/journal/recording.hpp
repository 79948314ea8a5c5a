#pragma once
// The recorder's ring, read back.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "heald/observation.hpp"

namespace heald {

/// An observation as the engine got it. Its service, probe and run numbers are not told: they
/// hang on the rules of that time.
struct Recorded {
  std::string service, probe;
  Instant at{};
  Observation observation;
};

/// What was lost at this place.
struct RecordingGap {
  std::uint64_t observations = 0;  ///< at least so many
  std::uint64_t blocks = 0;        ///< or blocks that are torn, or gave way
};

/// The heald that recorded.
struct RecordingLife {
  std::int64_t pid = 0;
  WallTime opened{};
  friend bool operator==(const RecordingLife&, const RecordingLife&) = default;
};

/// Reads a ring from its oldest block on, whether or not a heald writes to it: a block that gives
/// way meanwhile is a gap.
class Recording {
 public:
  using Item = std::variant<Recorded, RecordingGap>;
  struct Entry {
    RecordingLife life;
    Item item;
  };

  /// Of a file. Errors: it cannot be read.
  [[nodiscard]] static Result<Recording> open(const std::string& path);

  /// Empty: there is no more.
  [[nodiscard]] std::optional<Entry> next();
  /// Older blocks gave way: what comes first is not the beginning.
  [[nodiscard]] bool lost_beginning() const {
    return !places_.empty() && places_.front().number > 1;
  }

 private:
  struct Place {
    std::uint64_t number = 0;
    std::uint64_t offset = 0;
  };
  Recording(Fd file, std::vector<Place> places)
      : file_(std::move(file)), places_(std::move(places)) {}
  void load(const Place& place);

  Fd file_;
  std::vector<Place> places_;
  std::size_t next_place_ = 0;
  std::uint64_t last_number_ = 0;
  std::vector<Entry> entries_;  ///< of the block, the last first
};

/// The ring beside a journal; `journal` is the file or the state folder.
[[nodiscard]] std::string ring_beside(const std::string& journal);

/// The number of the block that comes next in a ring of so many blocks. A torn block in its place
/// keeps its own, so that it is told as a gap.
[[nodiscard]] std::uint64_t next_block_number(int file, std::uint64_t blocks);

}  // namespace heald
