#pragma once
// A value for each probe of each service.

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "heald/ids.hpp"

namespace heald::sim {

using ProbeKey = std::pair<ServiceId, ProbeIndex>;

/// Found by position: the books are asked at every look, and a simulated day has 864,000 of them.
template <class Value>
class PerProbe {
 public:
  /// Made when there was none.
  Value& operator[](const ProbeKey& key) {
    std::optional<Value>& place = at(key);
    if (!place) place.emplace();
    return *place;
  }
  /// False: there was one already, and it was replaced.
  bool insert_or_assign(const ProbeKey& key, Value value) {
    std::optional<Value>& place = at(key);
    const bool first = !place;
    place = std::move(value);
    return first;
  }
  [[nodiscard]] Value* find(const ProbeKey& key) {
    if (!reaches(key)) return nullptr;
    std::optional<Value>& place = rows_[key.first.value()][key.second.value()];
    return place ? &*place : nullptr;
  }
  [[nodiscard]] const Value* find(const ProbeKey& key) const {
    return const_cast<PerProbe*>(this)->find(key);
  }
  [[nodiscard]] bool contains(const ProbeKey& key) const { return find(key) != nullptr; }

  void erase(const ProbeKey& key) {
    if (reaches(key)) rows_[key.first.value()][key.second.value()].reset();
  }
  void erase(ServiceId service) {
    if (service.value() < rows_.size()) rows_[service.value()].clear();
  }
  void clear() { rows_.clear(); }

  /// Calls `visit(probe, value)` for each that the service has.
  template <class Visit>
  void each_of(ServiceId service, const Visit& visit) {
    if (service.value() >= rows_.size()) return;
    auto& row = rows_[service.value()];
    for (std::uint32_t place = 0; place < row.size(); ++place) {
      if (row[place]) visit(ProbeIndex{place}, *row[place]);
    }
  }
  /// Calls `visit(key, value)` for each.
  template <class Visit>
  void each(const Visit& visit) {
    for (std::uint32_t slot = 0; slot < rows_.size(); ++slot) {
      const ServiceId service{slot};
      each_of(service, [&](ProbeIndex probe, Value& value) {
        visit(ProbeKey{service, probe}, value);
      });
    }
  }

 private:
  [[nodiscard]] bool reaches(const ProbeKey& key) const {
    const auto [service, probe] = key;
    return service.value() < rows_.size() && probe.value() < rows_[service.value()].size();
  }
  std::optional<Value>& at(const ProbeKey& key) {
    const auto [service, probe] = key;
    if (service.value() >= rows_.size()) rows_.resize(service.value() + 1);
    auto& row = rows_[service.value()];
    if (probe.value() >= row.size()) row.resize(probe.value() + 1);
    return row[probe.value()];
  }

  std::vector<std::vector<std::optional<Value>>> rows_;
};

}  // namespace heald::sim
