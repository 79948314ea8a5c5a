#include "runtime/board.hpp"

#include <algorithm>
#include <utility>

namespace heald {

void Board::publish(std::shared_ptr<const ServicePage> page) {
  const std::size_t slot = page->id.value();
  const std::lock_guard lock{mutex_};
  if (slot >= pages_.size()) {
    pages_.resize(slot + 1);
    readings_.resize(slot + 1);
  }
  auto& shown = pages_[slot];
  const bool fresh = !shown;
  if (!shown || shown->policy != page->policy) {
    readings_[slot].assign(page->policy ? page->policy->probes.size() : 0, ProbeReading{});
  }
  // Swapped rather than assigned: the old page is freed by the caller's argument, after the lock.
  shown.swap(page);
  if (fresh) slots_.insert(static_cast<std::uint32_t>(slot));  // its name is found on its page
}

void Board::publish(std::shared_ptr<const DaemonPage> page) {
  const std::lock_guard lock{mutex_};
  daemon_.swap(page);
}

void Board::publish(ServiceId service, ProbeIndex probe, const ProbeReading& reading) {
  const std::lock_guard lock{mutex_};
  if (service.value() >= readings_.size()) return;
  auto& readings = readings_[service.value()];
  if (probe.value() < readings.size()) readings[probe.value()] = reading;
}

std::shared_ptr<const DaemonPage> Board::daemon() const {
  const std::lock_guard lock{mutex_};
  return daemon_;
}

std::shared_ptr<const ServicePage> Board::find(std::string_view name) const {
  const std::lock_guard lock{mutex_};
  const auto found = slots_.find(name);
  return found == slots_.end() ? nullptr : pages_[*found];
}

std::vector<std::shared_ptr<const ServicePage>> Board::slice(std::size_t first,
                                                             std::size_t count) const {
  std::vector<std::shared_ptr<const ServicePage>> result;
  const std::lock_guard lock{mutex_};
  const std::size_t begin = std::min(first, pages_.size());
  const std::size_t end = begin + std::min(count, pages_.size() - begin);
  result.reserve(end - begin);
  for (std::size_t slot = begin; slot < end; ++slot) {
    if (pages_[slot] && pages_[slot]->policy) result.push_back(pages_[slot]);
  }
  return result;
}

std::size_t Board::slots() const {
  const std::lock_guard lock{mutex_};
  return pages_.size();
}

ProbeReading Board::reading(ServiceId service, ProbeIndex probe) const {
  const std::lock_guard lock{mutex_};
  if (service.value() >= readings_.size()) return {};
  const auto& readings = readings_[service.value()];
  return probe.value() < readings.size() ? readings[probe.value()] : ProbeReading{};
}

}  // namespace heald
