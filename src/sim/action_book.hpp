#pragma once
// Every action: a durable intent before it, none beside it, one verdict after it.

#include <map>
#include <optional>
#include <set>

#include "sim/book.hpp"

namespace heald::sim {

class ActionBook {
 public:
  explicit ActionBook(const Requirement& require) : require_(require) {}

  void before(const Event& event);
  void after(const Step& step);
  void heald_died();

 private:
  struct Order {
    ServiceId service;
    bool process = false;
    bool starts = false;
    ActionKind kind{};
    Generation generation;
  };
  void check_act(const Step& step, const ActCommand& command);
  void check_record(const Record& record);
  void check_stale(const Step& step);
  void check_kept(const Step& step);
  void note_end(const Order& order, const ActionReport& report);

  std::reference_wrapper<const Requirement> require_;
  std::map<ActionId, Order> unanswered_;     // ordered, and not heard of
  std::map<ServiceId, ActionId> open_;       // without a verdict
  std::set<ActionId> ended_;                 // with a verdict
  std::map<ServiceId, Generation> running_;  // children that live, as far as heald was told
  std::map<ServiceId, Generation> latest_;   // the highest generation heard of
  ActionId highest_;
  bool stale_ = false;  // the event being taken in was answered before, or is of another life
};

}  // namespace heald::sim
