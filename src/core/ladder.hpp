#pragma once
// Which rung comes next.

#include <string>
#include <string_view>
#include <vector>

#include "heald/policy.hpp"
#include "heald/state.hpp"

namespace heald {

/// What is wrong with a service right now.
struct Symptoms {
  std::vector<std::string_view> failing;  ///< conditions that fail and make it unhealthy
  bool exited = false;      ///< its process is gone
  bool oom = false;         ///< … because the kernel wanted its memory
  bool crash_loop = false;  ///< … and not for the first time
  bool barred = false;      ///< its exit status forbids restart and start
  [[nodiscard]] bool any() const { return !failing.empty(); }
};

/// Whether the runtime has the means for this kind of action at all.
[[nodiscard]] bool can_carry_out(const ServicePolicy& policy, ActionKind kind);

/// Whether the action starts the service anew, so that the start period applies.
[[nodiscard]] bool starts_service(const ServicePolicy& policy, ActionKind kind);

/// Whether the action takes the service down, be it for a moment.
[[nodiscard]] bool takes_down(ActionKind kind);

/// Why a rung is passed over; empty: it is not.
[[nodiscard]] std::string passed_over(const RungPolicy& rung, const Incident& incident,
                                      const Symptoms& symptoms);

/// The first rung whose `on` meets a symptom and that has attempts left; null: none.
[[nodiscard]] const RungPolicy* next_rung(const ServicePolicy& policy, const Incident& incident,
                                          const Symptoms& symptoms);

/// Whether the rung restarts what has ended, however it did.
[[nodiscard]] bool restarts_at_exit(const RungPolicy& rung);

/// The first rung that the slow retry may take: it destroys nothing, and may help by itself. A
/// service that is down is helped by a start alone, and nothing is by a stop.
[[nodiscard]] const RungPolicy* slow_rung(const ServicePolicy& policy, const Symptoms& symptoms);

/// The names of the conditions that a rung taken now is judged on.
[[nodiscard]] std::vector<std::string> judged_on(const ServicePolicy& policy,
                                                 const RungPolicy& rung, const Symptoms& symptoms);

}  // namespace heald
