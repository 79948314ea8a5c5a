#pragma once
// What one datagram of sd_notify(3) says.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "heald/time.hpp"

namespace heald {

/// The assignments that mean something here; the last of a name counts. Everything else that the
/// protocol knows is passed over, as it tells receivers to do.
struct Notice {
  enum class Stage : std::uint8_t { ready, reloading, stopping };
  enum class Watchdog : std::uint8_t { alive, trigger };

  std::optional<Stage> stage;          ///< READY=1, RELOADING=1, STOPPING=1
  std::optional<Watchdog> watchdog;    ///< WATCHDOG=1, WATCHDOG=trigger
  std::optional<std::string> status;   ///< STATUS=, at most 256 bytes of valid UTF-8
  std::optional<Duration> extension;   ///< EXTEND_TIMEOUT_USEC=, at most `longest_extension`
  std::optional<pid_t> main_pid;       ///< MAINPID=
  friend bool operator==(const Notice&, const Notice&) = default;
};

/// A process may ask again before it is over; one word must not hold a deadline off for ever.
inline constexpr Duration longest_extension = std::chrono::hours{1};

/// Never fails: what cannot be understood says nothing.
[[nodiscard]] Notice parse_notice(std::string_view datagram);

}  // namespace heald
