#pragma once
// The recorder: what probes saw, all of it, in a ring of bounded size. It is for backtests, not
// for decisions, so it may lose, and says what it lost. docs/journal.md has the format.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "heald/observation.hpp"
#include "heald/policy.hpp"

namespace heald {

struct RecorderStats {
  std::uint64_t recorded = 0;  ///< observations in the ring, or on their way
  std::uint64_t dropped = 0;   ///< there was no room in memory, or the disk took none
};

/// Writes STATE_DIR/observations.ring on a thread of its own. The file is never synced: it
/// survives the death of heald, and after one of the machine what was torn is known by checksums.
class Recorder {
 public:
  Recorder() = default;
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  /// Writes what waits, as far as the disk takes it at once.
  virtual ~Recorder() = default;

  /// Takes an observation as the engine got it at `at`. Never waits and never fails: what finds
  /// no room is counted. Any thread. `policy` names the service and the probe.
  virtual void record(const Observation& observation, Instant at,
                      const std::shared_ptr<const ServicePolicy>& policy) = 0;
  [[nodiscard]] virtual RecorderStats stats() const = 0;
};

struct RecorderOptions {
  Bytes max_size;                       ///< of the ring; one block of 16 KiB at least
  std::size_t most_waiting = 16'384;    ///< observations that may wait in memory
  /// Told, for people, when the disk begins to take nothing and when it works again. On the
  /// recorder's thread.
  std::function<void(const std::string&)> on_change;
};

/// Goes on in the ring that is there. The caller holds the state folder's lock. Errors: the file
/// cannot be opened for writing.
[[nodiscard]] Result<std::unique_ptr<Recorder>> open_recorder(const std::string& state_dir,
                                                              RecorderOptions options);

}  // namespace heald
