#include "deadlines.hpp"

#include <algorithm>

#include "heald/assert.hpp"

namespace heald {
namespace {

constexpr std::uint32_t children = 4;

}  // namespace

void Deadlines::grow(std::size_t services) {
  while (heap_.size() < services) {
    const auto next = static_cast<Place>(heap_.size());
    heap_.push_back({never, ServiceId{next}});
    places_.push_back(next);
  }
}

void Deadlines::set(ServiceId service, Instant deadline) {
  const Place place = places_[service.value()];
  const Instant current = heap_[place].deadline;
  if (deadline < current) {
    rise(place, {deadline, service});
  } else if (deadline > current) {
    sink(place, {deadline, service});
  }
}

Instant Deadlines::earliest() const { return heap_.empty() ? never : heap_.front().deadline; }

ServiceId Deadlines::first() const {
  HEALD_ASSERT(!heap_.empty());
  return heap_.front().service;
}

Instant Deadlines::of(ServiceId service) const { return heap_[places_[service.value()]].deadline; }

void Deadlines::put(Place place, const Node& node) {
  heap_[place] = node;
  places_[node.service.value()] = place;
}

void Deadlines::rise(Place place, Node node) {
  while (place > 0) {
    const Place parent = (place - 1) / children;
    if (heap_[parent].deadline <= node.deadline) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, node);
}

void Deadlines::sink(Place place, Node node) {
  const auto size = static_cast<Place>(heap_.size());
  for (;;) {
    const Place first = children * place + 1;
    if (first >= size) break;
    const Place end = std::min(first + children, size);
    Place earliest = first;
    for (Place child = first + 1; child < end; ++child) {
      if (heap_[child].deadline < heap_[earliest].deadline) earliest = child;
    }
    if (node.deadline <= heap_[earliest].deadline) break;
    put(place, heap_[earliest]);
    place = earliest;
  }
  put(place, node);
}

}  // namespace heald
