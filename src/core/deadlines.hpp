#pragma once
// When each service wants to be looked at again.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "heald/ids.hpp"
#include "heald/time.hpp"

namespace heald {

/// A binary heap of one deadline for each service, with each service's place in it, so that a
/// deadline is moved rather than added: the heap never outgrows the services, and nothing in it
/// is stale. A timer wheel would be faster, but rounds; a lazy heap grows with every observation.
class Deadlines {
 public:
  /// Makes room for services up to this count. They start at `never`.
  void grow(std::size_t services);
  void set(ServiceId service, Instant deadline);
  [[nodiscard]] Instant earliest() const;
  /// The service with the earliest deadline. There has to be one.
  [[nodiscard]] ServiceId first() const;
  [[nodiscard]] Instant of(ServiceId service) const;

 private:
  using Place = std::uint32_t;
  [[nodiscard]] bool before(Place a, Place b) const;
  void exchange(Place a, Place b);
  void rise(Place place);
  void sink(Place place);

  std::vector<Instant> deadlines_;  // by service
  std::vector<Place> places_;       // by service
  std::vector<std::uint32_t> heap_;  // services, the earliest first
};

}  // namespace heald
