#pragma once
// Sickness is never silent: one incident each, and a reason for whatever is not done.

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
    explicit Case(IncidentId opened) : id(opened), open(true) {}
    IncidentId id;
    bool open = false;
    bool would_act = false;          // `observe` has told once
    std::optional<Verdict> verdict;  // the latest since it opened
  };
  void check_record(const Step& step, const Record& record);
  void check_closing(const Step& step, const Record& record);
  void check_service(const Step& step, ServiceId service);
  void check_reason(const Step& step, ServiceId service);
  void check_hold(const Hold& hold);

  std::reference_wrapper<const Requirement> require_;
  std::map<ServiceId, Case> cases_;
  std::map<ServiceId, Guard> held_;  // as the records told
  IncidentId highest_;
  bool ending_ = false;
};

}  // namespace heald::sim
