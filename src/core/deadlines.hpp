#pragma once
// When each service wants to be looked at again.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "heald/ids.hpp"
#include "heald/time.hpp"

namespace heald {

/// A heap of one deadline for each service, with each service's place in it, so that a deadline is
/// moved rather than added: the heap never outgrows the services, and nothing in it is stale. A
/// timer wheel would be faster, but rounds; a lazy heap grows with every observation. Four
/// children to a node, with their deadlines beside them, make few cache misses of a long way down.
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
  struct Node {
    Instant deadline;
    ServiceId service;
  };
  void put(Place place, const Node& node);
  void rise(Place place, Node node);
  void sink(Place place, Node node);

  std::vector<Node> heap_;     // the earliest first
  std::vector<Place> places_;  // by service
};

}  // namespace heald
