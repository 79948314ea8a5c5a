#pragma once
// What is to happen, and when.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <variant>
#include <vector>

#include "heald/ids.hpp"
#include "heald/time.hpp"
#include "sim/patient.hpp"

namespace heald::sim {

/// A look that has begun, with what will come of it.
struct PlannedLook {
  ServiceId service;
  ProbeIndex probe;
  ProbeRun run;
  Instant begun{};
  Meeting meeting;
};

/// A heap, the earliest first, and of one instant what was planned first. Looks are nearly all of
/// it, and are held without a function of their own.
class Agenda {
 public:
  struct Item {
    Instant at{};
    std::uint64_t order = 0;
    std::uint64_t life = 0;  ///< of heald, that it dies with; 0: none
    std::variant<PlannedLook, std::function<void()>> what;
  };

  void plan(Instant at, std::uint64_t life,
            std::variant<PlannedLook, std::function<void()>> what) {
    items_.push_back({at, order_++, life, std::move(what)});
    std::push_heap(items_.begin(), items_.end(), after);
  }
  [[nodiscard]] Instant next() const { return items_.empty() ? never : items_.front().at; }
  /// There has to be one.
  [[nodiscard]] Item take() {
    std::pop_heap(items_.begin(), items_.end(), after);
    Item item = std::move(items_.back());
    items_.pop_back();
    return item;
  }

 private:
  static bool after(const Item& a, const Item& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  }
  std::vector<Item> items_;
  std::uint64_t order_ = 0;
};

}  // namespace heald::sim
