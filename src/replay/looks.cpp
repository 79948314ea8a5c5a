#include "replay/looks.hpp"

#include <chrono>
#include <utility>

namespace heald {
namespace {

/// A heald opens its ring, and then writes to its journal for the first time; so soon at least.
constexpr std::chrono::minutes soon{1};

}  // namespace

Looks::Looks(Recording recording, std::vector<LifeRow> lives)
    : recording_(std::move(recording)), lives_(std::move(lives)) {
  const bool whole = !recording_.lost_beginning();
  const auto first = recording_.next();
  // An earlier heald's look before it tells as well that a life was recorded from its beginning.
  from_beginning_ = whole;
  for (auto entry = first; entry; entry = recording_.next()) {
    const auto start = start_of(entry->life);
    const auto* seen = std::get_if<Recorded>(&entry->item);
    if (start && seen != nullptr) {
      from_beginning_ = whole || entry->life != first->life;
      next_ = Look{*start, *seen};
      return;
    }
  }
}

/// Numbers of processes come round, in a container with every start. The life that began next is
/// meant; where the clock was set meanwhile, the nearest one.
std::optional<std::uint64_t> Looks::start_of(const RecordingLife& life) const {
  std::optional<std::uint64_t> found;
  WallTime::duration nearest = soon;
  for (const LifeRow& row : lives_) {
    const auto apart = std::chrono::abs(row.started - life.opened);
    if (row.pid != life.pid || apart > soon) continue;
    if (row.started >= life.opened) return row.start;
    if (apart > nearest) continue;
    nearest = apart;
    found = row.start;
  }
  return found;
}

void Looks::pop() {
  const Look last = *std::exchange(next_, std::nullopt);
  while (auto entry = recording_.next()) {
    if (const auto* gap = std::get_if<RecordingGap>(&entry->item)) {
      if (!open_) open_ = Hole{.start = last.start, .from = last.seen.at};
      open_->looks += gap->observations;
      open_->blocks += gap->blocks;
      continue;
    }
    const auto start = start_of(entry->life);
    if (!start) continue;
    next_ = Look{*start, std::get<Recorded>(std::move(entry->item))};
    break;
  }
  if (!open_) return;
  if (next_ && next_->start == last.start) open_->to = next_->seen.at;
  holes_.push_back(*std::exchange(open_, std::nullopt));
}

}  // namespace heald
