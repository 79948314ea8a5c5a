#pragma once
// What new rules set off: nothing is restarted without a cause, nor before what it depends on; and
// what left the rules stops in order.

#include <cstdint>
#include <map>
#include <memory>
#include <set>

#include "sim/book.hpp"

namespace heald::sim {

class ReloadBook {
 public:
  explicit ReloadBook(const Requirement& require) : require_(require) {}

  void after(const Step& step);

 private:
  void note_rules(const Step& step);
  void note_operation(const Step& step);
  void note_verdict(const Step& step, const Record& record);
  void check_act(const Step& step, const ActCommand& command);
  void check_order(const Step& step, ServiceId service);
  void check_stop(const Step& step, ServiceId service);
  void want(ServiceId service) { wanted_[service] = step_; }

  std::reference_wrapper<const Requirement> require_;
  std::map<ServiceId, std::shared_ptr<const ServicePolicy>> rules_;  // the latest of each service
  /// The latest of when it was a process of ours.
  std::map<ServiceId, std::shared_ptr<const ServicePolicy>> process_rules_;
  std::uint64_t step_ = 0;  // of those at one instant each counts
  /// The step since which a restart by convergence has a cause.
  std::map<ServiceId, std::uint64_t> wanted_;
  /// The step in which a start began that serves every cause until then.
  std::map<ServiceId, std::uint64_t> served_;
  std::set<ServiceId> first_;            // those whose dependents' restarts have to wait
};

}  // namespace heald::sim
