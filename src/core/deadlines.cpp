#include "deadlines.hpp"

#include <utility>

#include "heald/assert.hpp"

namespace heald {

void Deadlines::grow(std::size_t services) {
  while (heap_.size() < services) {
    const auto next = static_cast<std::uint32_t>(heap_.size());
    deadlines_.push_back(never);
    places_.push_back(next);
    heap_.push_back(next);
  }
}

void Deadlines::set(ServiceId service, Instant deadline) {
  Instant& current = deadlines_[service.value()];
  if (current == deadline) return;
  const bool sooner = deadline < current;
  current = deadline;
  const Place place = places_[service.value()];
  if (sooner) {
    rise(place);
  } else {
    sink(place);
  }
}

Instant Deadlines::earliest() const { return heap_.empty() ? never : deadlines_[heap_.front()]; }

ServiceId Deadlines::first() const {
  HEALD_ASSERT(!heap_.empty());
  return ServiceId{heap_.front()};
}

Instant Deadlines::of(ServiceId service) const { return deadlines_[service.value()]; }

bool Deadlines::before(Place a, Place b) const {
  return deadlines_[heap_[a]] < deadlines_[heap_[b]];
}

void Deadlines::exchange(Place a, Place b) {
  std::swap(heap_[a], heap_[b]);
  places_[heap_[a]] = a;
  places_[heap_[b]] = b;
}

void Deadlines::rise(Place place) {
  while (place > 0) {
    const Place parent = (place - 1) / 2;
    if (!before(place, parent)) return;
    exchange(place, parent);
    place = parent;
  }
}

void Deadlines::sink(Place place) {
  const auto size = static_cast<Place>(heap_.size());
  for (;;) {
    Place smallest = place;
    for (const Place child : {2 * place + 1, 2 * place + 2}) {
      if (child < size && before(child, smallest)) smallest = child;
    }
    if (smallest == place) return;
    exchange(place, smallest);
    place = smallest;
  }
}

}  // namespace heald
