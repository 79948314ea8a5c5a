#include "backoff.hpp"

#include <algorithm>
#include <cmath>

#include "hash.hpp"

namespace heald {

Duration backoff_delay(const BackoffPolicy& policy, std::uint32_t taken, std::uint64_t seed,
                       std::string_view service) {
  if (taken == 0) return Duration::zero();
  // The exponent is bounded: past it every factor above 1 has long reached any `max`.
  const double growth = std::pow(policy.factor, std::min<std::uint32_t>(taken - 1, 1000));
  const double plain = std::min(static_cast<double>(policy.initial.count()) * growth,
                                static_cast<double>(policy.max.count()));
  const double side = 2 * random_share(seed, {service, "backoff", taken}) - 1;
  return Duration{static_cast<Duration::rep>(plain * (1 + policy.jitter.value * side))};
}

}  // namespace heald
