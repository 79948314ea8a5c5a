#pragma once
// When what stands in a log came there. Private to this room.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "heald/time.hpp"

namespace heald {

/// From `position` on, bytes of the log came at this time. Positions count all that the service
/// ever printed, so that they go on over rotations.
struct LogMark {
  std::uint64_t position = 0;
  std::optional<WallTime> at;  ///< empty: nobody was looking
};

/// The marks of one file. The first one says where the file begins, the last one where what heald
/// has seen of it ends.
class LogTimes {
 public:
  /// Errors: it cannot be opened, or made where it is not there.
  [[nodiscard]] static Result<LogTimes> open(const std::string& path);
  /// For reading only; nothing: it is not there.
  [[nodiscard]] static std::optional<LogTimes> find(const std::string& path);

  [[nodiscard]] std::size_t count() const { return count_; }
  /// Of the file, in octets.
  [[nodiscard]] std::uint64_t size() const;
  /// `index` < `count()`.
  [[nodiscard]] LogMark mark(std::size_t index) const;
  /// The marks that say when the bytes of [`first`, `last`) came, in their order.
  [[nodiscard]] std::vector<LogMark> between(std::uint64_t first, std::uint64_t last) const;

  /// Of an empty file: where the log begins. False: not written; then note nothing.
  [[nodiscard]] bool begin(std::uint64_t base);
  /// What came since the last mark came at this time, and ends there. What cannot be written is
  /// part of the next note.
  void note(std::optional<WallTime> at, std::uint64_t end);

 private:
  explicit LogTimes(Fd file);
  void write(std::size_t index, const LogMark& mark);
  /// The last mark at or before the position.
  [[nodiscard]] std::size_t index_of(std::uint64_t position) const;

  Fd file_;
  std::size_t count_ = 0;
};

}  // namespace heald
