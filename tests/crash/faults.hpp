#pragma once
// The page of memory by which a test steers the shim inside heald, and reads what it counted.
// tests/crash/shim.py has the same layout.

#include <array>
#include <atomic>
#include <cstdint>

namespace heald::test {

/// What a point of the program is about to do, or has just done.
enum class Call : std::uint8_t {
  write,      ///< write, pwrite
  sync,       ///< fsync, fdatasync
  truncate,   ///< ftruncate
  allocate,   ///< fallocate, posix_fallocate
  name,       ///< rename, unlink
  spawn,      ///< clone, before it
  spawned,    ///< clone, after it: the child has executed its program, or has ended
  signal,     ///< a signal to a process or a group, before it
  signaled,   ///< and after it
  note,       ///< the child is about to write its record
  noted,      ///< the child has written it
  execute,    ///< the child is about to execute its program
  lock,       ///< flock
};

/// What happens at the points from `first` to `last`.
enum class Fault : std::uint64_t {
  none,
  kill,   ///< heald gets SIGKILL before the call
  tear,   ///< a write is done by half, then heald gets SIGKILL; other calls: as `kill`
  fail,   ///< the call fails with `error`
  halve,  ///< a write is done by half and says so
  strand, ///< as `kill`; the child whose call it is waits until there is another fault
};

/// Shared with the test, which may write at any time. A point is a call of `calls` on `files`.
struct Faults {
  static constexpr std::size_t remembered = 8192;

  std::atomic<std::uint64_t> points;  ///< so many were passed
  std::atomic<std::uint64_t> hits;    ///< so many of them met the fault
  std::atomic<std::uint64_t> first;   ///< from 1
  std::atomic<std::uint64_t> last;
  std::atomic<Fault> fault;
  std::atomic<std::uint64_t> error;  ///< an errno
  std::atomic<std::uint64_t> calls;  ///< one bit for each Call
  std::atomic<std::uint64_t> files;  ///< one bit for each file, see shim.cpp
  std::atomic<std::int64_t> wall_shift_ns;  ///< is added to CLOCK_REALTIME
  /// What each point was: the call, the file, the size.
  std::array<std::atomic<std::uint64_t>, remembered> trace;
};

}  // namespace heald::test
