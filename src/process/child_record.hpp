#pragma once
// The note that a service's process writes about itself before it becomes that service.
//
// heald may be killed at any point between the system call that makes a child and the moment
// when it has noted the child anywhere. So the child itself writes the note, through a
// descriptor that was opened before: whenever the service's program runs, the note exists, and
// a new heald finds the process instead of starting it a second time.

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "heald/ids.hpp"

namespace heald {

/// A process, told apart from every other that ever had or will have its number.
struct ChildRecord {
  ActionId action;  ///< the action that started it
  Generation generation;
  pid_t pid = 0;
  std::uint64_t start_time = 0;  ///< clock ticks since boot: field 22 of /proc/PID/stat
  std::string boot_id;           ///< /proc/sys/kernel/random/boot_id
  friend bool operator==(const ChildRecord&, const ChildRecord&) = default;
};

/// The record as it is written: lines of `key value`, always of the same size, so that one write
/// over the old record leaves nothing of it. The child fills in the two numbers that only it
/// knows, without libc.
struct ChildRecordText {
  static constexpr std::size_t digits = 20;
  static constexpr std::size_t size = 192;
  std::array<char, size> bytes{};
  std::size_t pid_at = 0;         ///< where the pid's digits go
  std::size_t start_time_at = 0;  ///< where the start time's digits go
};

/// The text for a process of this boot, whose pid and start time read 0 until the child fills
/// them in.
[[nodiscard]] ChildRecordText child_record_text(ActionId action, Generation generation);

/// Opens a service's record for writing, creating it; what it held stays until it is overwritten.
[[nodiscard]] Result<Fd> open_child_record(const std::string& path);

/// The record in a file; nothing when there is none, an error when the file holds something else.
[[nodiscard]] Result<std::optional<ChildRecord>> read_child_record(const std::string& path);

/// Replaces a record from outside of the child, in one write.
[[nodiscard]] Result<void> write_child_record(const std::string& path, const ChildRecord& record);

/// Whether the very process of the record runs: same pid, start time and boot, and no zombie.
[[nodiscard]] bool is_alive(const ChildRecord& record);

/// A pidfd of the process of the record, proven to be of that process and not of a later one
/// with its number. Nothing when it is gone.
[[nodiscard]] std::optional<Fd> open_pidfd(const ChildRecord& record);

/// This boot's id; empty when /proc does not tell.
[[nodiscard]] const std::string& boot_id();

}  // namespace heald
