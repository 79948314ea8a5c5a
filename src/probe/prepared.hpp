#pragma once
// Probes of the rules, compiled once per policy and not anew for every look.

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

#include "heald/policy.hpp"
#include "heald/prober.hpp"
#include "probe/look.hpp"

namespace heald {

/// Prepared looks by the policy object that they belong to; what no policy needs any more is
/// dropped in time. Used by one thread.
class PreparedLooks {
 public:
  /// Valid until the next call. A look that is started from it lives as long as the order's policy.
  [[nodiscard]] const PreparedLook& of(const ProbeOrder& order);

 private:
  struct Entry {
    // An object at the same place may be another one: alive means that it is the same.
    std::weak_ptr<const ServicePolicy> policy;
    std::vector<PreparedLook> looks;
  };
  void forget_expired();

  std::unordered_map<const ServicePolicy*, Entry> entries_;
  std::size_t look_through_at_ = 64;  ///< entries; doubles with what is alive
};

}  // namespace heald
