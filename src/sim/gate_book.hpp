#pragma once
// What must not be acted upon now: paused, frozen, observed, gated, too many at once, stopped by
// an operator, out of order.

#include <map>
#include <optional>
#include <set>

#include "sim/book.hpp"

namespace heald::sim {

class GateBook {
 public:
  explicit GateBook(const Requirement& require) : require_(require) {}

  void before(const Event& event);
  void after(const Step& step);
  void heald_died();
  [[nodiscard]] bool shutting_down() const { return shutdown_at_.has_value(); }

 private:
  void note_operation(const Step& step, const Operated& word);
  void note_stopped(const Step& step, ServiceId service);
  void note_started(const Step& step, const Operated& word);
  void check_act(const Step& step, const ActCommand& command);
  void check_gates(const Step& step, ServiceId service, const ActionState& action);
  void check_dependencies(const Step& step, ServiceId service);
  void check_start_order(const Step& step, ServiceId service);
  void check_stop_order(const Step& step, ServiceId service);
  void check_places(const Step& step, ServiceId service, const ActionState& action);
  void check_storm(const Step& step, ServiceId service);
  [[nodiscard]] std::string group_at_verdict(const Step& step, ServiceId service) const;
  void note_groups(const Step& step);
  void note_storm(const Step& step, const Record& record);
  void check_holds(const Step& step);
  void check_hold(const Step& step, ServiceId service);
  void check_counts(const Step& step);
  void check_shutdown(const Step& step);
  [[nodiscard]] bool paused(ServiceId service, Instant now) const;

  struct Storm {
    bool on = false;
    Instant quiet_at{};       // the cool-down, as it was at the latest verdict or the beginning
    std::set<ServiceId> let;  // those acted upon in it
  };

  std::reference_wrapper<const Requirement> require_;
  std::set<ServiceId> stopped_;           // by an operator, and not started since
  std::map<ServiceId, Instant> paused_;   // until when
  std::optional<Instant> frozen_;         // until when
  std::optional<bool> unconfirmed_;       // as heald began with it, and no operator confirmed yet
  std::map<std::string, Storm> storms_;   // by group
  struct Turn {
    std::string group;
    Instant at;
  };
  std::map<ServiceId, Turn> sickened_;    // when it last turned unhealthy
  std::map<ServiceId, std::string> groups_;  // under the rules in force
  std::optional<Instant> shutdown_at_;    // when it was asked for
  bool shut_down_ = false;
};

}  // namespace heald::sim
