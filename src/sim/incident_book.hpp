#pragma once
// Sickness is never silent: one incident each, a reason for whatever is not done, people told.

#include <map>
#include <optional>
#include <string>

#include "sim/book.hpp"

namespace heald::sim {

class IncidentBook {
 public:
  explicit IncidentBook(const Requirement& require) : require_(require) {}

  void after(const Step& step);
  void heald_died();

 private:
  struct Case {
    Case() = default;
    Case(IncidentId opened, Instant at) : id(opened), open(true), told(at) {}
    IncidentId id;
    bool open = false;
    bool would_act = false;           // `observe` has told once
    bool told_latched = false;        // since it opened, relapsed or an operator stepped in
    std::optional<Verdict> verdict;   // the latest since it opened
    Instant told{};                   // the latest message that was wanted
  };
  void check_record(const Step& step, const Record& record);
  void check_told(const Step& step, ServiceId service, Occasion occasion);
  void check_closing(const Step& step, const Record& record);
  void check_service(const Step& step, ServiceId service);
  void check_reason(const Step& step, ServiceId service);
  void check_reminder(const Step& step, ServiceId service);
  void check_hold(const Hold& hold);

  std::reference_wrapper<const Requirement> require_;
  std::map<ServiceId, Case> cases_;
  std::map<ServiceId, Guard> held_;  // as the records told
  IncidentId highest_;
  Instant ruled_since_{};  // since when these rules are in force
  bool ending_ = false;
};

}  // namespace heald::sim
