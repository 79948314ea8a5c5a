#pragma once
// What the process of a service has said about itself, all in all.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "process/notice.hpp"

namespace heald {

using Moment = std::chrono::steady_clock::time_point;

struct SelfReport {
  enum class Stage : std::uint8_t {
    starting,  ///< it has not said READY=1 yet
    untold,    ///< it was taken over, and may have said so while nobody listened
    ready,
    reloading,
    stopping,
  };
  enum class Watchdog : std::uint8_t { expected, triggered };

  Stage stage = Stage::starting;
  Watchdog watchdog = Watchdog::expected;
  Moment since{};        ///< when it was started or taken over
  Moment heard{};        ///< the last keep-alive; before the first, `since`
  Moment extended_to{};  ///< until when it asked to be waited for
  std::string status;    ///< its own words for people
  /// Another process than its own that it wanted followed; 0: none. heald follows the process that
  /// it started, whose exit status it gets and whose number cannot be another's: a service has to
  /// stay in the foreground.
  pid_t refused_main_pid = 0;
  /// The last one that spoke and was not believed, since it is none of the service's; 0: none.
  pid_t stranger = 0;
  friend bool operator==(const SelfReport&, const SelfReport&) = default;
};

/// A process whose own words begin now.
[[nodiscard]] SelfReport begin_report(SelfReport::Stage stage, Moment now);

/// Whether anything that people are shown is another one now.
enum class Told : std::uint8_t { nothing_new, news };

/// Takes one datagram of the process `self`, or of one that it has started.
Told fold(SelfReport& report, const Notice& notice, pid_t self, Moment now);

/// "ready", "reloading"; empty while nothing was said.
[[nodiscard]] std::string_view to_string(SelfReport::Stage stage);

/// For people: "ready: 12 workers, 3 busy"; empty while there is nothing to tell.
[[nodiscard]] std::string describe(const SelfReport& report);

}  // namespace heald
