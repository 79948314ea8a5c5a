#include "replay/deeds.hpp"

#include <algorithm>
#include <utility>

namespace heald {
namespace {

bool does_the_same(const Deed& left, const Deed& right) {
  if (left.kind != right.kind) return false;
  return !left.action || !right.action || *left.action == *right.action;
}

/// The latest at which the recorded one is the same.
Instant latest_counterpart(const Deed& here) {
  return here.by_time ? here.at + longest_delay : here.at;
}

}  // namespace

std::optional<Parting> Deeds::here(Deed deed) {
  const auto other = recorded_.extract(deed.service);
  if (!other.empty()) return meet(deed, other.mapped());
  here_.insert_or_assign(deed.service, deed);
  return std::nullopt;
}

std::optional<Parting> Deeds::recorded(Deed deed) {
  const auto other = here_.extract(deed.service);
  if (!other.empty()) return meet(other.mapped(), deed);
  recorded_.insert_or_assign(deed.service, deed);
  return std::nullopt;
}

std::optional<Parting> Deeds::meet(const Deed& here, const Deed& recorded) {
  const bool in_time = here.at <= recorded.at && recorded.at <= latest_counterpart(here);
  if (!in_time || !does_the_same(here, recorded)) {
    return Parting{here.service, std::min(here.at, recorded.at), here, recorded};
  }
  same_[recorded.id] = here.id;
  return std::nullopt;
}

std::optional<Parting> Deeds::recorded_ended(ActionId recorded) {
  for (const auto& [service, deed] : recorded_) {
    if (deed.id != recorded) continue;
    Parting parting{service, deed.at, std::nullopt, deed};
    recorded_.erase(service);
    return parting;
  }
  return std::nullopt;
}

void Deeds::recorded_withheld(ActionId recorded) {
  std::erase_if(recorded_, [&](const auto& waiting) { return waiting.second.id == recorded; });
}

std::vector<Parting> Deeds::expire(Instant now) {
  std::vector<Parting> partings;
  std::erase_if(here_, [&](const auto& waiting) {
    const Deed& deed = waiting.second;
    if (now <= latest_counterpart(deed)) return false;
    partings.push_back({deed.service, deed.at, deed, std::nullopt});
    return true;
  });
  std::erase_if(recorded_, [&](const auto& waiting) {
    const Deed& deed = waiting.second;
    if (now <= deed.at) return false;
    partings.push_back({deed.service, deed.at, std::nullopt, deed});
    return true;
  });
  return partings;
}

std::optional<ActionId> Deeds::here_of(ActionId recorded) const {
  const auto found = same_.find(recorded);
  if (found == same_.end()) return std::nullopt;
  return found->second;
}

}  // namespace heald
