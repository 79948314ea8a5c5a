#pragma once
// The ladder: which rung may be taken, how often, how soon, and within which budgets.

#include <map>
#include <string>

#include "sim/book.hpp"
#include "sim/spending.hpp"

namespace heald::sim {

class LadderBook {
 public:
  explicit LadderBook(const Requirement& require) : require_(require) {}

  void before(const Event& event);
  void after(const Step& step);

 private:
  /// What one incident has cost so far, since it began or an operator stepped in.
  struct Climb {
    IncidentId incident;
    std::map<std::string, std::uint32_t> attempts;
    std::uint32_t actions = 0;
    Instant waited_from{};          // the latest verdict or relapse
    Instant slow_from{};            // the latch, or the latest slow retry
    bool latched = false;
    Instant gated_from = never;     // since when a dependency holds it, for a bounded time
    Instant closed{};
    std::string revision;           // of the rules when `waited_from` was set

    /// After an operator's word the ladder begins anew, in the same incident.
    [[nodiscard]] Climb forgiven() const {
      Climb anew;
      anew.incident = incident;
      anew.closed = closed;
      anew.gated_from = gated_from;
      return anew;
    }
  };
  struct Taken {
    ServiceId service;
    std::string rung;
    Cause cause{};
    ActionKind kind{};
  };
  void check_record(const Step& step, const Record& record);
  void check_rung(const Step& step, ServiceId service, const Record& intent);
  void check_order(const Step& step, ServiceId service, const Record& intent);
  void check_budget(const Step& step, ServiceId service, const Record& intent);
  void check_backoff(const Step& step, const Record& intent);
  void check_slow_retry(const Step& step, const RungPolicy& rung, const Record& intent);
  void check_backing_off(const Step& step, ServiceId service);
  void note_end(const Step& step, const Record& record);
  void give_back(ActionId action);
  void check_attempts(const Step& step);
  void check_reset(const Step& step, ServiceId service);
  [[nodiscard]] bool meets(const Step& step, ServiceId service, const RungPolicy& rung) const;
  [[nodiscard]] bool barred(const Step& step, ServiceId service, ActionKind kind) const;

  std::reference_wrapper<const Requirement> require_;
  std::map<ServiceId, Climb> climbs_;
  std::map<ActionId, Taken> taken_;
  std::map<ServiceId, std::vector<Instant>> exits_;
  Spending spending_;
};

}  // namespace heald::sim
