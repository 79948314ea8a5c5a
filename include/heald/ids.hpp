#pragma once
// Names for things that would otherwise all be integers.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace heald {

/// A number that names one kind of thing. Two tags never compare or convert.
template <class Tag, class Rep>
class Id {
 public:
  using rep = Rep;
  constexpr Id() = default;
  explicit constexpr Id(Rep value) : value_(value) {}
  [[nodiscard]] constexpr Rep value() const { return value_; }
  friend constexpr auto operator<=>(Id, Id) = default;

 private:
  Rep value_{};
};

/// A service's slot in the engine. Given at the first sight of a name, kept over reloads,
/// restarts and removal, never reused for another name.
using ServiceId = Id<struct ServiceTag, std::uint32_t>;

/// A probe's place in its service's `probes` (declaration order) under the policy in force.
using ProbeIndex = Id<struct ProbeTag, std::uint32_t>;

/// Tells one run of a probe from the others; an observation that names another is late and
/// is dropped. Unique over the life of the engine.
using ProbeRun = Id<struct ProbeRunTag, std::uint64_t>;

/// An incident; counts up over the life of a state folder. 0 stands for none.
using IncidentId = Id<struct IncidentTag, std::uint64_t>;

/// One attempt to act; counts up over the life of a state folder. 0 stands for none.
using ActionId = Id<struct ActionTag, std::uint64_t>;

/// One text for one receiver; counts up over the life of a state folder. 0 stands for none.
using MessageId = Id<struct MessageTag, std::uint64_t>;

/// The how-manieth process of a service: each start that the engine orders is one more.
/// 0 stands for none.
using Generation = Id<struct GenerationTag, std::uint64_t>;

}  // namespace heald

template <class Tag, class Rep>
struct std::hash<heald::Id<Tag, Rep>> {
  std::size_t operator()(heald::Id<Tag, Rep> id) const noexcept {
    return std::hash<Rep>{}(id.value());
  }
};
