#pragma once
// Incidents as recorded against those that new rules would have opened.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heald/time.hpp"

namespace heald {

/// An incident opened, or opened again by a relapse.
struct Onset {
  Instant first{};  ///< its first symptom
  Instant opened{};
  Instant closed = never;
  WallTime wall{};  ///< when it was opened
  std::string symptom;
};

enum class Timing : std::uint8_t {
  same,
  earlier,
  later,
  none,     ///< never: it was over before the new rules would have opened one
  extra,    ///< nothing was opened then: the new rules alone would have
  untold,   ///< the claims end before the new rules would have opened one: later, or never
};
[[nodiscard]] std::string_view to_string(Timing timing);

struct TimedIncident {
  Timing timing = Timing::same;
  std::optional<Onset> recorded, here;
  bool in_gap = false;  ///< the recorder lost looks while it went on: `here` may be too late
};

/// One sickness is one pair: two incidents that have time in common. `until`: where the claims end
/// (`never`: nowhere); what began after it is not compared. Both in the order of their opening.
[[nodiscard]] std::vector<TimedIncident> compare_onsets(const std::vector<Onset>& recorded,
                                                        const std::vector<Onset>& here,
                                                        Instant until);

}  // namespace heald
