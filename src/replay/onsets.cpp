#include "replay/onsets.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace heald {
namespace {

/// How far apart the same opening may be, where it came by time alone.
constexpr Duration same_time = std::chrono::milliseconds{100};

bool meet(const Onset& left, const Onset& right) {
  return left.first <= right.closed && right.first <= left.closed;
}

Timing timing_of(const Onset& recorded, const Onset& here) {
  if (here.opened < recorded.opened - same_time) return Timing::earlier;
  return here.opened > recorded.opened + same_time ? Timing::later : Timing::same;
}

}  // namespace

std::string_view to_string(Timing timing) {
  static constexpr std::array<std::string_view, 6> words{"same",  "earlier", "later",
                                                         "never", "extra",   "untold"};
  return words.at(static_cast<std::size_t>(timing));
}

std::vector<TimedIncident> compare_onsets(const std::vector<Onset>& recorded,
                                          const std::vector<Onset>& here, Instant until) {
  std::vector<TimedIncident> timed;
  std::vector<bool> paired(here.size(), false);
  for (const Onset& was : recorded) {
    if (was.first > until) continue;
    std::size_t place = 0;
    while (place < here.size() &&
           (paired[place] || here[place].opened > until || !meet(was, here[place]))) {
      ++place;
    }
    if (place < here.size()) {
      paired[place] = true;
      timed.push_back({timing_of(was, here[place]), was, here[place]});
    } else if (was.opened <= until) {
      const bool over = was.closed <= until && was.closed != never;
      timed.push_back({over ? Timing::none : Timing::untold, was, std::nullopt});
    }
  }
  for (std::size_t place = 0; place < here.size(); ++place) {
    if (paired[place] || here[place].opened > until) continue;
    timed.push_back({Timing::extra, std::nullopt, here[place]});
  }
  std::stable_sort(timed.begin(), timed.end(), [](const auto& left, const auto& right) {
    const auto begin = [](const TimedIncident& each) {
      return each.recorded ? each.recorded->first : each.here->first;
    };
    return begin(left) < begin(right);
  });
  return timed;
}

}  // namespace heald
